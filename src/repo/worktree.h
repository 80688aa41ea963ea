// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Work trees of one's own, for building past commits. Each is a small repository that borrows the
 * objects of the user's, with a detached HEAD and the user's tags, so that builds which ask git for
 * a version get their answer. Nothing of the user's repository is written to.
 * Source: libgit2 1.5, git2/checkout.h; git, Documentation/gitrepository-layout.txt, "alternates".
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/oid.h"
#include "repo/repo.h"

/** A work tree. */
struct sj_tree;

/**
 * Open a work tree; it is made when the directory is missing or empty. Nothing is checked out in a
 * new one.
 *
 * @param repo repository that has the commits; not needed afterwards, but its files are
 * @param dir  directory; those above it are made. One that somebody else filled is refused
 * @param out  takes the tree; the caller closes it
 * @param err  what failed
 * @return 0, -EBUSY (somebody works in it), -EEXIST (not made by this function, or for another
 *         repository) or another negative errno
 *
 * One handle serves one thread at a time; several handles may be used at once.
 */
int sj_tree_open(struct sj_repo *repo, const char *dir, struct sj_tree **out, struct sj_err *err);

/** Close a work tree; it stays on disk. @param tree tree, or NULL */
void sj_tree_close(struct sj_tree *tree);

/** Where a work tree is. @param tree tree @return absolute path without a slash at its end */
const char *sj_tree_dir(const struct sj_tree *tree);

/**
 * Check a commit out. Only files that differ are written, so that those that do not keep their
 * times, and what a build changed of tracked files is undone. Files that git does not track stay,
 * unless the commit has one of the same name. Submodules are checked out as well, those of which
 * the user's repository has the commit.
 *
 * @param tree   tree
 * @param commit commit
 * @param err    what failed
 * @return 0, -ENOENT (no such commit, or a partial clone lacks content) or another negative errno;
 *         after a failure another move, to whichever commit, sets the tree right
 */
int sj_tree_move(struct sj_tree *tree, const struct sj_oid *commit, struct sj_err *err);

/**
 * Submodules of the commit last moved to that are not checked out, for the user's repository does
 * not have them.
 *
 * @param tree  tree
 * @param count takes how many
 * @return their paths; the tree's, until the next move
 */
const char *const *sj_tree_missing(const struct sj_tree *tree, size_t *count);

/**
 * Remove what git does not track, ignored files too, in submodules as well, and undo changes of
 * tracked files: for builds from scratch.
 *
 * @param tree tree
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_tree_clean(struct sj_tree *tree, struct sj_err *err);
