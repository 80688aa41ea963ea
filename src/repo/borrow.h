// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A repository that borrows the objects of another one. For this room only.
 */
#pragma once

#include <git2.h>
#include <stdbool.h>

#include "base/err.h"

/**
 * Open the repository in a directory that borrows from another one; made when there is none. Tags
 * and the edge of a shallow clone are taken over as they are now.
 *
 * @param source who owns the objects
 * @param dir    directory
 * @param is_own what is in the directory may go, if it is none of ours
 * @param out    takes the repository
 * @param lock   takes a descriptor; while it is open, nobody else gets the repository
 * @param err    what failed
 * @return 0, -EBUSY, -EEXIST or another negative errno
 */
int sj_borrow(git_repository *source, const char *dir, bool is_own, git_repository **out, int *lock,
              struct sj_err *err);

/** Whether the directory holds a repository made by sj_borrow(). @param dir directory @return true
 * when it does */
bool sj_borrow_is(const char *dir);
