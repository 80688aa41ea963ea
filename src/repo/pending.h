// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What is staged: the index against the commit that is checked out.
 */
#pragma once

#include "repo/repo.h"

/** A staged change. */
struct sj_pending {
    const char *path;     /**< relative to the root; valid during the call */
    struct sj_oid before; /**< blob in HEAD; zero: added */
    struct sj_oid after;  /**< blob in the index; zero: removed */
    bool is_submodule;    /**< a submodule's commit */
};

/**
 * Visit all staged changes, by path. A repository without a commit has everything added.
 *
 * @param repo  repository with a work tree
 * @param visit called for each; stops at a result other than 0
 * @param user  handed to visit
 * @param err   what failed, such as that there is no work tree
 * @return 0, what visit returned, or a negative errno
 */
int sj_repo_pending(struct sj_repo *repo, int (*visit)(const struct sj_pending *change, void *user),
                    void *user, struct sj_err *err);
