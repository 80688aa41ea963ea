// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Text in the request's memory, and names of files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <scrubjay/toolchain.h>

/**
 * Copy a text of known length.
 *
 * @param request whose memory is used
 * @param data    text
 * @param len     its length in bytes
 * @return NUL-terminated copy
 *
 * Reentrant.
 */
const char *sj_cc_copy(const struct sj_request *request, const char *data, size_t len);

/**
 * Join two texts.
 *
 * @param request whose memory is used
 * @param head    first text
 * @param tail    second text
 * @return NUL-terminated, new
 *
 * Reentrant.
 */
const char *sj_cc_join(const struct sj_request *request, const char *head, const char *tail);

/**
 * The part of a path behind its last slash.
 *
 * @param path path
 * @return inside path
 *
 * Reentrant.
 */
const char *sj_cc_base_name(const char *path);

/**
 * Put another suffix in place of a path's own; add it when there is none.
 *
 * @param request whose memory is used
 * @param path    path
 * @param suffix  with its dot
 * @return NUL-terminated, new
 *
 * Reentrant.
 */
const char *sj_cc_with_suffix(const struct sj_request *request, const char *path,
                              const char *suffix);

/**
 * Whether a text begins with another.
 *
 * @param text   longer text
 * @param prefix shorter text
 * @return true when it does
 *
 * Reentrant.
 */
bool sj_cc_begins(const char *text, const char *prefix);

/**
 * Whether a path is a directory or something below it.
 *
 * @param path      absolute path
 * @param directory absolute path; a slash at its end is ignored
 * @return true when it is
 *
 * Reentrant.
 */
bool sj_cc_is_below(const char *path, const char *directory);
