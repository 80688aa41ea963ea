// SPDX-License-Identifier: Apache-2.0
#include "dash/asset.h"

const struct sj_asset *sj_assets(size_t *count)
{
    *count = 0;
    return NULL;
}

const struct sj_asset *sj_asset_find(const char *name)
{
    (void)name;
    return NULL;
}

const char *sj_asset_link(const char *base)
{
    (void)base;
    return "";
}
