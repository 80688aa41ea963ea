// SPDX-License-Identifier: Apache-2.0
#include "dash/build_find.h"

#include <errno.h>
#include <string.h>

#define SAID 3 // builds that an error names

// The latest that may be seen; NULL: there is none.
static const struct sj_build *find(const struct sj_dash_call *call, const struct sj_build *builds,
                                   size_t count)
{
    while (count-- > 0) {
        if (builds[count].id[0] && sj_dash_may_see(call, &builds[count])) {
            return &builds[count];
        }
    }
    return NULL;
}

static int say_none(const struct sj_dash_call *call, const char *id, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(1024);
    const struct sj_db_filter filter = {.project = call->filter.project};
    size_t count = 0;
    int status = sj_db_builds(call->site->db, &filter, &builds, &count);
    for (size_t said = 0; status == 0 && said < SAID;) {
        const struct sj_build *build = find(call, builds, count);
        if (!build) {
            break;
        }
        sj_buf_addf(&names, "%s'%.100s'", said > 0 ? ", " : "", build->id);
        count = (size_t)(build - builds);
        said++;
    }
    return names.len > 0
               ? sj_fail_plain(err, -ENOENT, "there is no build '%.100s'; the latest ones are %s",
                               id, sj_buf_text(&names))
               : sj_fail_plain(err, -ENOENT, "there is no build '%.100s', nor another", id);
}

int sj_dash_build_find(const struct sj_dash_call *call, struct sj_build *out, struct sj_err *err)
{
    const char *id = call->query->subject[0] ? call->query->subject[0] : "last";
    bool is_last = strcmp(id, "last") == 0;
    const struct sj_db_filter filter = {
        .project = call->filter.project,
        .branch = is_last ? call->filter.branch : NULL,
        .job = is_last ? call->filter.job : NULL,
        .id = is_last ? NULL : id,
    };
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    int status = sj_db_builds(call->site->db, &filter, &builds, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    const struct sj_build *build = find(call, builds, count);
    if (!build) {
        return say_none(call, id, err);
    }
    *out = *build;
    return 0;
}
