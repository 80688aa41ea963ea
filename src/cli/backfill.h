// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Building past commits, several at a time, each in a work tree that is not the user's.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/oid.h"
#include "repo/repo.h"

#define SJ_BACKFILL_JOBS_MAX 64 /**< most commits that are built at a time */

/** Ends builds when the whole is ended: a build whose record says that it ended by this signal was
 * not finished, and says nothing of its commit. */
#define SJ_BACKFILL_SIGNAL SIGHUP

/** What became of a commit. */
enum sj_backfill_fate {
    SJ_BACKFILL_TODO,   /**< not built yet */
    SJ_BACKFILL_BEFORE, /**< was built by an earlier run of the same command */
    SJ_BACKFILL_BUSY,   /**< is being built */
    SJ_BACKFILL_BUILT,  /**< built */
    SJ_BACKFILL_FAILED, /**< its build failed: exit_status */
    SJ_BACKFILL_BROKEN, /**< it could not be checked out, or its build not be started */
};

/** A commit to build. */
struct sj_backfill_commit {
    struct sj_oid id;           /**< its name */
    const char *subject;        /**< first line of its message; the history's */
    char *build;                /**< build id */
    enum sj_backfill_fate fate; /**< what became of it */
    int exit_status;            /**< of its build */
    uint64_t wall_ns;           /**< how long it took, with its checkout */
    size_t missing;             /**< submodules that the user's repository does not have: built
                                     without them */
};

/** What is to be done. */
struct sj_backfill {
    struct sj_repo *repo;               /**< of the user; not changed */
    const char *dir;                    /**< work trees and logs go there; made when missing */
    const char *below;                  /**< directory to build in, relative to the root; "" */
    char *const *command;               /**< what builds, NULL-terminated */
    const char *branch;                 /**< that the commits are said to belong to; "" */
    const char *project;                /**< name of what is built */
    const char *name;                   /**< of the job: builds of one job are compared */
    struct sj_backfill_commit *commits; /**< oldest first */
    size_t count;                       /**< length of commits */
    size_t jobs;                        /**< commits at a time */
    uint64_t timeout_ns;                /**< for each commit; 0: none */
    uint64_t min_free_bytes;            /**< of disk: with less, no further commit is begun */
    bool is_incremental;                /**< keep what earlier builds left in the work tree */
};

/** Told about each commit that has ended, and now and then in between. @param commit it; NULL: only
 * time has passed @param user the caller's */
typedef void sj_backfill_tell(const struct sj_backfill_commit *commit, void *user);

/** Outcome of sj_backfill_run(): a signal came, or the disk is full; what was built counts. */
#define SJ_BACKFILL_STOPPED 1

/**
 * Build what is to do. Output of each build goes to `log/BUILD` below dir; work trees are removed
 * when nothing is left to do. Signals INT, TERM and HUP end the builds, and then this.
 *
 * @param job   what is to be done; fates are set
 * @param tell  NULL: nobody looks
 * @param user  handed to tell
 * @param signal takes the signal that ended it, or 0
 * @param err   what failed, or why it was stopped
 * @return 0, SJ_BACKFILL_STOPPED or a negative errno
 */
int sj_backfill_run(struct sj_backfill *job, sj_backfill_tell *tell, void *user, int *signal,
                    struct sj_err *err);
