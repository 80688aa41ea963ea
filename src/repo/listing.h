// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Git's tree objects, read as bytes: comparing two of them by name is all that history needs, and
 * making libgit2's objects of them costs several times as much. The last ones are kept, for the
 * next commit compares most of them again. For this room only.
 * Source: git, Documentation/user-manual.txt, "Tree Object"; tree-walk.c.
 */
#pragma once

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/oid.h"

#define SJ_TYPE_DIR     0040000u /**< git's mode of a directory */
#define SJ_TYPE_FILE    0100644u /**< git's mode of a plain file */
#define SJ_TYPE_PROGRAM 0100755u /**< git's mode of a file that can be executed */
#define SJ_TYPE_LINK    0120000u /**< git's mode of a symbolic link */
#define SJ_TYPE_MODULE  0160000u /**< git's mode of a submodule */

#define SJ_LISTING_SLOTS 512 /**< trees kept, at most */

/** Trees read lately. */
struct sj_listings {
    git_odb *odb;                            /**< where they come from; borrowed */
    git_odb_object *slots[SJ_LISTING_SLOTS]; /**< by name; NULL: none */
    size_t bytes;                            /**< what they take */
};

/** One line of a tree. */
struct sj_entry {
    const char *name;  /**< NUL-terminated, in the tree's bytes */
    size_t len;        /**< its length, never 0 */
    struct sj_oid oid; /**< what it names */
    uint16_t type;     /**< git's mode, as git reads it: one of SJ_TYPE_… */
};

/** A cursor over a tree. */
struct sj_listing {
    git_odb_object *object;   /**< holds the bytes; NULL: an empty tree */
    const unsigned char *at;  /**< next line */
    const unsigned char *end; /**< behind the last one */
};

/** Begin to read trees. @param listings takes the place @param odb objects; must outlive it */
void sj_listings_init(struct sj_listings *listings, git_odb *odb);
/** Forget all trees. @param listings place, or zeroed */
void sj_listings_release(struct sj_listings *listings);

/**
 * Open a tree.
 *
 * @param listings where trees are read
 * @param id       its name; zero: an empty one
 * @param out      takes the cursor; close with sj_listing_close()
 * @return 0, -ENOENT (not there), -EBADMSG (no tree) or another negative errno
 */
int sj_listing_open(struct sj_listings *listings, const struct sj_oid *id, struct sj_listing *out);

/** Close a tree. @param listing cursor, closed or not */
void sj_listing_close(struct sj_listing *listing);

/**
 * The next line.
 *
 * @param listing cursor
 * @param out     takes the line; its name lives as long as the cursor
 * @return 0, 1 (no more lines) or -EBADMSG (damaged: no more can be read)
 */
int sj_listing_next(struct sj_listing *listing, struct sj_entry *out);

/** Git's order of lines: by bytes, a directory as if a slash stood behind its name.
 * @param a one @param b other @return negative, 0 or positive */
int sj_entry_compare(const struct sj_entry *a, const struct sj_entry *b);
