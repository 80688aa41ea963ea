// SPDX-License-Identifier: Apache-2.0
#include "analyze/view.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_view_load(struct sj_db *db, struct sj_repo *repo, struct sj_history *history,
                 const struct sj_view_filter *filter, unsigned outcomes, struct sj_view *out,
                 struct sj_err *err)
{
    return -ENOSYS;
}

void sj_view_release(struct sj_view *view)
{
}

const struct sj_sample *sj_view_find(const struct sj_view *view, size_t build, uint32_t unit)
{
    return NULL;
}

const struct sj_sample *sj_view_reference(const struct sj_view *view, size_t build,
                                          const struct sj_sample *sample, size_t *at)
{
    return NULL;
}
