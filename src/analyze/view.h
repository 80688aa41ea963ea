// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a report looks at: builds of one project in the order of its history, their samples, and the
 * history itself. Every analysis takes a view; none changes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/db.h"
#include "repo/history.h"
#include "repo/repo.h"

/** Which builds to look at. Zeroed: all of the project. */
struct sj_view_filter {
    const char *project; /**< NULL: the repository's; without one, the only one there is */
    const char *branch;  /**< NULL: any */
    const char *job;     /**< NULL: any */
    uint64_t since_ns;   /**< builds that began at or after this time; 0: all */
    uint64_t until_ns;   /**< builds that began before this time; 0: all */
    struct sj_oid from;  /**< only builds of commits behind this one; zero: all */
    struct sj_oid to;    /**< only builds of this commit and its ancestors; zero: all */
    /** Whether a build is there at all, as a reference, too. @param build build @param user
     * `accepts_user` @return true when it is. NULL: every one is */
    bool (*accepts)(const struct sj_build *build, void *user);
    void *accepts_user; /**< handed to accepts */
};

/** A build in its place in history. */
struct sj_view_build {
    struct sj_build build; /**< as the database knows it */
    uint32_t commit;       /**< its place in the history; of a synthetic merge the first parent's
                                side counts, too; SJ_NO_COMMIT: none, or not in the repository */
    uint32_t reference;    /**< index of the build of the same job whose commit is the nearest
                                ancestor, itself excluded; of two of one commit the earlier one; else
                                the one nearest to the fork; UINT32_MAX: none */
    size_t first;          /**< its first sample, by unit, then start */
    size_t count;          /**< how many */
};

/** A view. */
struct sj_view {
    struct sj_db *db;             /**< texts, inputs; the caller's */
    struct sj_repo *repo;         /**< NULL: none at hand; the caller's */
    struct sj_history *history;   /**< NULL: none at hand; the caller's */
    struct sj_view_build *builds; /**< by job, then commit position, then start */
    size_t build_count;           /**< length of builds */
    bool *is_context;             /**< for each build: looked at as a reference only, it is not of
                                       the range that was asked for */
    struct sj_sample *samples;    /**< of all builds */
    size_t sample_count;          /**< length of samples */
    const char *project;          /**< name; the database's */
    uint32_t unplaced;  /**< builds of which no commit is known, or none of this history */
    char notes[8][160]; /**< what was left out and why, for people; "" ends */
};

/**
 * Load a view. Builds before the range come along as context, so that its first build has a
 * reference.
 *
 * @param db       database
 * @param repo     repository; NULL: none
 * @param history  its history, with the tips that count taken in; NULL: none
 * @param filter   what to look at
 * @param outcomes of samples to load: mask of SJ_OUTCOME_BIT()
 * @param out      takes the view; release with sj_view_release()
 * @param err      what failed: such as that there are several projects, and which
 * @return 0 or a negative errno
 */
int sj_view_load(struct sj_db *db, struct sj_repo *repo, struct sj_history *history,
                 const struct sj_view_filter *filter, unsigned outcomes, struct sj_view *out,
                 struct sj_err *err);

/** Free what a view holds; not the database, nor the repository. @param view view, or NULL */
void sj_view_release(struct sj_view *view);

/** The latest sample of a unit in a build that knows its inputs or was a hit.
 * @param view view @param build index @param unit number @return sample, or NULL */
const struct sj_sample *sj_view_find(const struct sj_view *view, size_t build, uint32_t unit);

/**
 * The sample that a miss is compared with: of the nearest build along the references that has the
 * unit with known inputs.
 *
 * @param view   view
 * @param build  index of the miss's build
 * @param sample the miss
 * @param at     takes the index of the build it was found in; may be NULL
 * @return sample, or NULL
 */
const struct sj_sample *sj_view_reference(const struct sj_view *view, size_t build,
                                          const struct sj_sample *sample, size_t *at);
