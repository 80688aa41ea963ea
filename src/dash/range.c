// SPDX-License-Identifier: Apache-2.0
#include "dash/range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/ground.h"

static bool is_equal(const char *wanted, const char *text)
{
    return !wanted || strcmp(wanted, text) == 0;
}

static bool is_of_space(const char *wanted, const struct sj_build *build)
{
    return !wanted || sj_str_eq(sj_dash_space_of(build->labels), sj_str_of(wanted));
}

bool sj_dash_is_wanted(const struct sj_dash_call *call, const struct sj_build *build)
{
    const struct sj_view_filter *filter = &call->filter;
    return is_equal(filter->project, build->project) && is_equal(filter->branch, build->branch) &&
           is_equal(filter->job, build->job) &&
           is_equal(call->query->parameter[SJ_DASH_MACHINE], build->machine) &&
           is_of_space(call->query->parameter[SJ_DASH_SPACE], build) &&
           build->start_ns >= filter->since_ns &&
           (filter->until_ns == 0 || build->start_ns < filter->until_ns);
}

int sj_dash_range_load(const struct sj_dash_call *call, struct sj_dash_range *out,
                       struct sj_err *err)
{
    struct sj_dash_query query = *call->query;
    struct sj_dash_call everything = *call;
    query.parameter[SJ_DASH_MACHINE] = NULL;
    query.parameter[SJ_DASH_SPACE] = NULL;
    query.parameter[SJ_DASH_TOOLCHAIN] = NULL;
    everything.query = &query;
    everything.filter = (struct sj_view_filter){.project = call->filter.project};
    *out = (struct sj_dash_range){0};
    int status = sj_dash_view(&everything, 0, &out->all, err);
    if (status < 0) {
        return status;
    }
    out->is_wanted = sj_calloc(out->all.build_count + 1, sizeof *out->is_wanted);
    for (size_t i = 0; i < out->all.build_count; i++) {
        out->is_wanted[i] = sj_dash_is_wanted(call, &out->all.builds[i].build);
        out->count += out->is_wanted[i];
    }
    return 0;
}

void sj_dash_range_release(struct sj_dash_range *range)
{
    if (range) {
        sj_view_release(&range->all);
        free(range->is_wanted);
        *range = (struct sj_dash_range){0};
    }
}

size_t sj_dash_rows(const struct sj_dash_call *call, size_t fallback, size_t limit)
{
    uint64_t max = call->query->max;
    return max == 0 ? fallback : max < limit ? (size_t)max : limit;
}

void sj_dash_say_left(const struct sj_dash_call *call, size_t shown, size_t count, const char *what)
{
    if (shown < count) {
        char text[200];
        char all[24];
        // Who has asked for all that is ever shown gets no more.
        size_t most = count < SJ_DASH_ROWS_MAX ? count : SJ_DASH_ROWS_MAX;
        bool has_more = call->query->max < most;
        (void)snprintf(text, sizeof text, "%zu of %zu %s are shown%s", shown, count, what,
                       has_more ? ": show all" : "");
        (void)snprintf(all, sizeof all, "%zu", most);
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link_with(call->query, SJ_DASH_MAX, all);
        if (has_more) {
            sj_doc_link(call->doc, href, text);
        } else {
            sj_doc_note(call->doc, text);
        }
    }
}
