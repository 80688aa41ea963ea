// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Removing from a work tree what git does not track. For this room only.
 */
#pragma once

#include <git2.h>

/**
 * Remove all that the index does not list, ignored files too; also within submodules that are
 * checked out.
 *
 * @param git repository
 * @param dir its work tree
 * @return 0 or the first negative errno; what can be removed is
 */
int sj_tree_wipe_untracked(git_repository *git, const char *dir);
