// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "base/str.h"
#include "dash/asset.h"

enum {
    ALL_MAX = 150 * 1000 // bytes, compressed
};

Test(asset, all_are_small_and_can_be_found)
{
    size_t count;
    size_t sum = 0;
    const struct sj_asset *assets = sj_assets(&count);
    for (size_t i = 0; i < count; i++) {
        const struct sj_asset *asset = &assets[i];
        cr_assert_eq(sj_asset_find(asset->name), asset);
        const char *name = sj_skip_prefix(sj_asset_link(asset->base), "/dash/asset/");
        cr_assert_str_eq(name, asset->name);
        cr_assert(asset->gzip_len > 18 && asset->gzip[0] == 0x1f && asset->gzip[1] == 0x8b);
        // No time and no name in the head: the same input gives the same bytes.
        cr_assert(asset->gzip[3] == 0 && asset->gzip[4] == 0 && asset->gzip[7] == 0);
        cr_assert_gt(asset->raw_len, 0);
        sum += asset->gzip_len;
    }
    cr_assert_lt(sum, ALL_MAX);
}

Test(asset, what_is_not_there_is_not_found)
{
    cr_assert_null(sj_asset_find("dash.css"));
    cr_assert_null(sj_asset_find(""));
    cr_assert_str_eq(sj_asset_link("other.js"), "");
    cr_assert_str_neq(sj_asset_link("dash.css"), "");
    cr_assert_str_neq(sj_asset_link("early.js"), "");
}
