// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which paths a unified diff changes: what git, diff -u and format-patch write. Content is passed
 * over, line by line as the hunks count them, so that nothing in it is taken for a header.
 * Source: git, Documentation/diff-generate-patch.txt; POSIX, diff, "Unified Output Format".
 */
#pragma once

#include "analyze/changes.h"
#include "base/err.h"

#define SJ_PATCH_LIMIT ((size_t)256 << 20) /**< longest diff that is read */

/**
 * Read a diff.
 *
 * @param data bytes, untrusted
 * @param len  how many
 * @param out  paths are added, and the set sorted; of a diff that is refused, too: the caller
 *             releases it
 * @param err  names the line and what is wrong with it
 * @return 0 (no bytes at all are no change) or -EBADMSG: broken off, no diff at all, or a path that
 *         cannot be one of the repository's
 */
int sj_patch_read(const char *data, size_t len, struct sj_changes *out, struct sj_err *err);
