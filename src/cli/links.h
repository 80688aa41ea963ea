// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Links to the wrapper, one for every compiler found on PATH, kept up to date below the store's
 * directory (see wrap/link.h for their names). They outlive the build: a tree that was configured
 * through them must work afterwards.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/** Whether a name is a compiler's. @param name file name @return true when a toolchain claims it */
typedef bool sj_links_claims(const char *name);

/** What links are made from. Strings are borrowed. */
struct sj_links {
    const char *cache_dir;   /**< the store's directory, absolute */
    const char *wrapper;     /**< the wrapper's file, absolute */
    sj_links_claims *claims; /**< says which names are compilers' */
    size_t count;            /**< links that stand, so far */
};

/**
 * Bring the links for all compilers on a search path up to date: new ones are made, those whose
 * compiler is gone are removed. Scripts get none (what they run gets one), nor do links that lead
 * to something else, such as another cache or a distributor.
 *
 * @param links what to make them from; count grows
 * @param path  value of PATH
 * @param out   takes the new value of PATH: the links' directories, then path without them
 * @param err   what failed
 * @return 0 or a negative errno
 *
 * Several processes may do this at once.
 */
int sj_links_update(struct sj_links *links, const char *path, struct sj_buf *out,
                    struct sj_err *err);

/**
 * Put the link of a compiler in place of its absolute path, as in CC=/usr/bin/gcc-12 -m32.
 *
 * @param links   what to make it from; count grows
 * @param command first word: a compiler's path; the rest is kept
 * @param out     takes the command with the link; untouched otherwise
 * @param err     what failed
 * @return true when there is one; false when the command is to be left alone
 */
bool sj_links_replace(struct sj_links *links, const char *command, struct sj_buf *out,
                      struct sj_err *err);
