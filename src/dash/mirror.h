// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Repositories at hand: bare mirrors or work trees, each with its history, which takes in the
 * commits of new builds. Private to the room.
 */
#pragma once

#include "base/err.h"
#include "record/db.h"
#include "repo/history.h"
#include "repo/repo.h"

/** A repository. */
struct sj_mirror {
    char *path;                 /**< where it is */
    char *project;              /**< whose; NULL: not told, and not looked at yet */
    struct sj_repo *repo;       /**< NULL: not open */
    struct sj_history *history; /**< NULL: not open */
    uint64_t looked_ns;         /**< when it was last looked at, CLOCK_MONOTONIC; 0: never */
    uint64_t taken;             /**< state of the records whose commits were taken in */
    struct sj_err problem;      /**< why it is not open; "" */
};

/** Repositories. Zeroed: none. */
struct sj_mirrors {
    struct sj_mirror *items; /**< owned */
    size_t count;            /**< how many */
};

/**
 * Read a list of repositories.
 *
 * @param text PATH or PROJECT=PATH, separated by blanks; NULL: none
 * @param out  takes them, not open; release with sj_mirrors_release()
 * @param err  what is wrong
 * @return 0 or -EINVAL
 */
int sj_mirrors_read(const char *text, struct sj_mirrors *out, struct sj_err *err);

/** Add one. @param mirrors list @param path where @param project whose; NULL: the repository tells
 */
void sj_mirrors_add(struct sj_mirrors *mirrors, const char *path, const char *project);

/** Close all. @param mirrors list, zeroed or NULL */
void sj_mirrors_release(struct sj_mirrors *mirrors);

/**
 * The repository of a project, open as far as it can be, with the commits of its builds.
 *
 * @param mirrors list
 * @param project name
 * @param cache_dir where histories are kept, in history/; NULL: nowhere
 * @param db      records
 * @param state   counts up whenever the records have changed
 * @return it, open or with a problem; NULL: none is of this project
 */
struct sj_mirror *sj_mirrors_find(struct sj_mirrors *mirrors, const char *project,
                                  const char *cache_dir, struct sj_db *db, uint64_t state);
