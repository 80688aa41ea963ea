// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Files of the dashboard that are built into the program, compressed: scripts, styles, pictures.
 * The table is made at build time by the script that src/dash/meson.build names.
 */
#pragma once

#include <stddef.h>

/** A file. */
struct sj_asset {
    const char *name;          /**< in addresses: /dash/asset/NAME, with its content's key in it */
    const char *base;          /**< name without the key: "dash.js" */
    const char *type;          /**< Content-Type */
    const char *etag;          /**< with its quotes */
    const unsigned char *gzip; /**< bytes, compressed */
    size_t gzip_len;           /**< how many */
    size_t raw_len;            /**< bytes when inflated */
};

/** All files. @param count takes how many @return the first */
const struct sj_asset *sj_assets(size_t *count);

/** Find a file. @param name name in addresses @return file, or NULL */
const struct sj_asset *sj_asset_find(const char *name);

/** A file's address. @param base name without the key @return "/dash/asset/…", or "" */
const char *sj_asset_link(const char *base);
