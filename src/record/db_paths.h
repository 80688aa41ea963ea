// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Paths as the record database writes them: the same on every machine and in every checkout.
 * Private to the room.
 */
#pragma once

#include "base/buf.h"

/** Where an action ran. Absolute paths; NULL or "": not known. */
struct sj_db_place {
    const char *root;     /**< of the repository's work tree */
    const char *base_dir; /**< what SJ_BASE_MARK stands for */
    const char *cwd;      /**< working directory */
};

/**
 * Write a path as the database does: relative to the root when it lies below it ("." for the root
 * itself), else behind "${cwd}" when it lies below the working directory, else absolute. Where the
 * base directory is not known, what is relative to it begins with "${base}". Without `.`, `..` and
 * double slashes; symbolic links are not looked at.
 *
 * @param place where
 * @param path  absolute, relative to cwd, or behind SJ_BASE_MARK relative to base_dir
 * @param out   cleared; takes the path
 */
void sj_db_path(const struct sj_db_place *place, const char *path, struct sj_buf *out);

/**
 * Where a place's working directory stands in its repository: two places for which this is the same
 * write the relative paths of one path set alike, others need not.
 *
 * @param place where
 * @return what follows the root, with a slash in front, "" for the root itself; NULL: not below
 * one. The place's
 */
const char *sj_db_place_within(const struct sj_db_place *place);
