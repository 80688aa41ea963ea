// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What differs between two trees, by name and without a blob. For this room only.
 * Source: git, tree-diff.c: the paths are those of `git diff-tree -r --raw --no-renames`.
 */
#pragma once

#include <stdint.h>

#include "base/oid.h"
#include "repo/listing.h"

#define SJ_TREE_DEPTH_MAX 256  /**< directories above a file, at most */
#define SJ_TREE_PATH_MAX  4096 /**< bytes of a path, at most */
#define SJ_TREE_VISIT_MAX                                                   \
    ((uint32_t)4 << 20) /**< lines of trees looked at, at most: a few small \
                             trees can name each other a billion times */

/** A path that differs. */
struct sj_tree_change {
    const char *path;     /**< NUL-terminated; the walk's */
    size_t len;           /**< its length */
    struct sj_oid before; /**< zero: not there */
    struct sj_oid after;  /**< zero: not there */
    uint16_t type_before; /**< one of SJ_TYPE_…; 0: not there */
    uint16_t type_after;  /**< one of SJ_TYPE_…; 0: not there */
};

/** Called for each path that differs; another result than 0 ends the walk. */
typedef int sj_tree_visit(const struct sj_tree_change *change, void *user);

/** What a walk could not look at. */
struct sj_tree_faults {
    uint32_t count; /**< how many things: trees not there or damaged, names too long, odd or too
                         deep, lines out of order or too many */
    int status;     /**< the first one's negative errno */
};

/**
 * Compare two trees. What cannot be looked at is counted and left out.
 *
 * @param listings where trees are read
 * @param before   tree; zero: an empty one
 * @param after    tree; zero: an empty one
 * @param visit    called for each path that differs, in byte order of paths
 * @param user     handed to visit
 * @param faults   takes what was left out
 * @return 0 or what visit returned
 */
int sj_tree_diff(struct sj_listings *listings, const struct sj_oid *before,
                 const struct sj_oid *after, sj_tree_visit *visit, void *user,
                 struct sj_tree_faults *faults);
