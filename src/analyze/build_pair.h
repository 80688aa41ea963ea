// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Two builds as people name them, to be compared: by their ids, or by commits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "record/build.h"
#include "repo/repo.h"

/** What two builds are chosen from. Borrowed. */
struct sj_build_choice {
    const struct sj_build *builds; /**< by start */
    size_t count;                  /**< length of builds */
    struct sj_repo *repo;          /**< knows commits; NULL: none at hand */
    bool is_plain;                 /**< strangers name commits: see sj_repo_find_plain() */
    const char *job;               /**< for commits: of which job; NULL: any that both have */
};

/** Two builds, of the list. */
struct sj_build_pair {
    const struct sj_build *a; /**< the first one */
    const struct sj_build *b; /**< the second one */
};

/**
 * Find two builds: by id, "last" for the latest one, by a commit as git names it, or
 * by seven and more of its digits where there is no repository: then the latest build of it, of a
 * job that both have; or by a branch whose tip was not built: its latest build.
 *
 * @param choice what to choose from
 * @param a      names the first one
 * @param b      names the second one
 * @param out    takes both
 * @param err    says what there is not
 * @return 0 or -ENOENT
 */
int sj_build_pair_find(const struct sj_build_choice *choice, const char *a, const char *b,
                       struct sj_build_pair *out, struct sj_err *err);
