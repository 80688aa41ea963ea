// SPDX-License-Identifier: Apache-2.0
#include "analyze/narrow.h"

#include "base/mem.h"

static void copy_builds(const struct sj_view *view, const bool *is_wanted, struct sj_view *out)
{
    SJ_AUTO(sj_auto_free) uint32_t *moved = sj_calloc(view->build_count + 1, sizeof *moved);
    uint32_t count = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        moved[i] = is_wanted[i] ? count++ : UINT32_MAX;
    }
    out->builds = sj_calloc((size_t)count + 1, sizeof *out->builds);
    out->is_context = sj_calloc((size_t)count + 1, sizeof *out->is_context);
    out->build_count = count;
    for (size_t i = 0; i < view->build_count; i++) {
        if (moved[i] == UINT32_MAX) {
            continue;
        }
        struct sj_view_build *build = &out->builds[moved[i]];
        *build = view->builds[i];
        // The nearest one along the references that comes along.
        while (build->reference != UINT32_MAX && moved[build->reference] == UINT32_MAX) {
            build->reference = view->builds[build->reference].reference;
        }
        if (build->reference != UINT32_MAX) {
            build->reference = moved[build->reference];
        }
        out->is_context[moved[i]] = view->is_context[i];
    }
}

int sj_view_narrow(const struct sj_view *view, const bool *is_wanted, unsigned outcomes,
                   struct sj_view *out, struct sj_err *err)
{
    struct sj_view part = {
        .db = view->db,
        .repo = view->repo,
        .history = view->history,
        .project = view->project,
    };
    copy_builds(view, is_wanted, &part);
    size_t size = 0;
    for (size_t i = 0; i < part.build_count; i++) {
        struct sj_view_build *build = &part.builds[i];
        build->first = part.sample_count;
        int status = sj_db_samples(part.db, build->build.number, outcomes, &part.samples,
                                   &part.sample_count, &size);
        if (status < 0) {
            sj_view_release(&part);
            return sj_fail(err, status, "cannot read the records of build '%.128s'",
                           build->build.id);
        }
        build->count = part.sample_count - build->first;
    }
    *out = part;
    return 0;
}
