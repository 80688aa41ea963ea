// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Git's index: which files of the work tree are as git last saw them. For this room only.
 * Source: git, Documentation/technical/racy-git.txt, index-format.txt.
 */
#pragma once

#include <git2.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "repo/repo.h"

/**
 * The index as it is on disk now.
 *
 * @param repo repository with a work tree
 * @param out  takes it; the repository's, until the next call
 * @return 0, -ENOTDIR (bare) or another negative errno
 */
int sj_staged_get(struct sj_repo *repo, git_index **out);

/**
 * Whether a file is as its line of the index says, without a look into it.
 *
 * @param repo  repository
 * @param entry line
 * @param st    the file's state
 * @return true when it is; false: it may be another
 */
bool sj_staged_is_fresh(const struct sj_repo *repo, const git_index_entry *entry,
                        const struct stat *st);

/**
 * Whether tracked files, or the commits of submodules, differ from a tree: in the index or in the
 * work tree.
 *
 * @param repo   repository with a work tree
 * @param commit commit; zero: an empty tree
 * @param out    takes whether
 * @return 0 or a negative errno
 */
int sj_staged_is_dirty(struct sj_repo *repo, const struct sj_oid *commit, bool *out);
