// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Where an action runs, and how its paths are written so that they mean the same elsewhere.
 *
 * A weak key comes in two forms. The shared form holds no place: paths below the base directory are
 * written behind SJ_BASE_MARK, and neither working directory nor checkout is in it. The local form
 * has every path as it is, and the working directory. An action may use the shared form only when
 * nothing that it wrote depends on the place; docs/sharing.md gives the argument.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/** A place. Strings are borrowed. */
struct sj_place {
    const char *cwd;      /**< working directory, absolute, as the kernel has it */
    const char *pwd;      /**< $PWD as it is, or NULL */
    const char *base_dir; /**< absolute, no trailing slash, or NULL */
    const char *path;     /**< $PATH, or NULL */
};

/**
 * Append a path in the shared form.
 *
 * @param place where
 * @param path  as written
 * @param out   the path is appended: behind SJ_BASE_MARK when it lies below the base directory
 */
void sj_place_fold(const struct sj_place *place, const char *path, struct sj_buf *out);

/**
 * Turn a path of the shared form back into one that can be opened here.
 *
 * @param place  where
 * @param folded from sj_place_fold()
 * @param out    takes the path; emptied before
 * @return 0 or -EINVAL (it needs a base directory and there is none)
 */
int sj_place_unfold(const struct sj_place *place, const char *folded, struct sj_buf *out);

/**
 * Whether a path that a tool used may come from the place itself (by getcwd() and the like), so
 * that it would mean another file in another checkout.
 *
 * @param place where
 * @param path  as the tool used it
 * @return true when the shared form must not be used
 */
bool sj_place_binds(const struct sj_place *place, const char *path);

/**
 * Whether some bytes name the place.
 *
 * @param place where
 * @param data  bytes
 * @param len   how many
 * @return true when the base directory or the working directory, by either name, stands in them
 */
bool sj_place_is_named(const struct sj_place *place, const char *data, size_t len);

/**
 * The next directory of PATH, the links of `run` passed over.
 *
 * @param at  what is left of PATH; moved behind the directory
 * @param len takes its length; 0: the working directory
 * @return where it begins, not terminated; NULL at the end
 */
const char *sj_path_next(const char **at, size_t *len);

/**
 * Whether a file stands in a directory of PATH.
 *
 * @param place where
 * @param path  absolute
 * @return true when programs of its name are looked for there
 */
bool sj_place_searches(const struct sj_place *place, const char *path);
