// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Paths in logs, judged by their letters alone: the files may be on another machine.
 */
#pragma once

#include "base/buf.h"

/**
 * Make a path absolute and plain: without "." and "..", double slashes and a slash at its end.
 *
 * @param folder what it is relative to; NULL or itself relative: a relative path stays as it is
 * @param path   path
 * @param out    cleared; takes the path
 */
void sj_trace_path_full(const char *folder, const char *path, struct sj_buf *out);

/**
 * Write a path as the record database does: relative to the root where it lies below it.
 *
 * @param root absolute, plain; NULL: not known
 * @param path absolute, plain; another one stays as it is
 * @return the path, or the part of it below the root
 */
const char *sj_trace_path_below(const char *root, const char *path);
