// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Contents of files that logs name without a hash: looked at where they still lie as they were when
 * the unit began.
 */
#pragma once

#include <stdbool.h>

#include "key/keymap.h"

/** Files that were looked at. Zeroed: none. */
struct sj_trace_contents {
    struct sj_keymap map;              /**< from paths to numbers of files */
    struct sj_trace_content *contents; /**< files */
    size_t count;                      /**< length of contents */
};

/** Free contents. @param contents contents, zeroed or NULL */
void sj_trace_contents_release(struct sj_trace_contents *contents);

/**
 * Find the content that a file had at a time.
 *
 * @param contents  looked at so far
 * @param path      absolute
 * @param before_ns the file must not have changed since; CLOCK_REALTIME
 * @param out       takes its XXH3-128; untouched when it is not known
 * @return whether it is known
 */
bool sj_trace_content_find(struct sj_trace_contents *contents, const char *path, int64_t before_ns,
                           struct sj_key *out);
