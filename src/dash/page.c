// SPDX-License-Identifier: Apache-2.0
#include "dash/page.h"

#include <errno.h>
#include <stddef.h>

static const struct sj_dash_page *const pages[] = {
    &sj_page_overview, &sj_page_builds,  &sj_page_build,  &sj_page_commits, &sj_page_commit,
    &sj_page_compare,  &sj_page_headers, &sj_page_header, &sj_page_misses,  &sj_page_units,
    &sj_page_unit,     &sj_page_cache,   &sj_page_tokens, &sj_page_status,
};

const struct sj_dash_page *const *sj_dash_pages(size_t *count)
{
    *count = sizeof pages / sizeof pages[0];
    return pages;
}

#pragma GCC diagnostic ignored "-Wunused-parameter"

int sj_dash_view(const struct sj_dash_call *call, unsigned outcomes, struct sj_view *out,
                 struct sj_err *err)
{
    return -ENOSYS;
}

bool sj_dash_may_see(const struct sj_dash_call *call, const struct sj_build *build)
{
    return false;
}

void sj_dash_notes(const struct sj_dash_call *call, const struct sj_view *view)
{
}

char *sj_dash_link_commit(const struct sj_dash_call *call, uint32_t commit)
{
    return NULL;
}

char *sj_dash_link_unit(const struct sj_dash_call *call, uint32_t unit)
{
    return NULL;
}
