// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * All that is told of a change before it is built: the prediction with its intervals, what each
 * changed path sets off, what is linked, and how predictions fared so far.
 */
#pragma once

#include "analyze/track.h"

/** What is to be foretold. Zeroed but for changes: nothing. */
struct sj_forecast_request {
    struct sj_oid from;        /**< commit before the change; zero: not known */
    struct sj_oid to;          /**< commit after it; zero: none, `changes` tells what changes */
    struct sj_changes changes; /**< what changes, sorted; with `to` empty: it is found out */
    size_t record;             /**< builds to hold predictions against */
    unsigned jobs;             /**< cores; 0: those of the latest build's machine */
};

/** What a changed path sets off. */
struct sj_forecast_path {
    uint32_t change; /**< its place among the changes */
    uint32_t units;  /**< units that read it */
    uint64_t cpu_ns; /**< what they cost */
};

/** A forecast. Zeroed: none. */
struct sj_forecast {
    struct sj_track track;           /**< how predictions fared */
    struct sj_prediction prediction; /**< what is to be expected */
    struct sj_match match;           /**< what changes, looked up */
    struct sj_forecast_path *paths;  /**< what units read, the dearest first */
    size_t path_count;               /**< length of paths */
    struct sj_buf scope;             /**< where flags change, as in struct sj_outlook */
    enum sj_flags_change flags;      /**< what is known of build descriptions */
    uint32_t tip;                    /**< index of the build that is built upon */
    uint32_t distance;               /**< commits between it and the change */
    bool is_later;                   /**< no ancestor was built: it is some other build */
    unsigned jobs;                   /**< cores */
    uint64_t cpu_ns[3];              /**< low, middle, high */
    uint64_t wall_ns[3];             /**< low, middle, high */
    size_t links;                    /**< programs and libraries that are linked */
    uint64_t link_ns;                /**< CPU of linking all of them */
    size_t units;                    /**< units that there are */
    uint64_t all_ns;                 /**< what all of them cost */
    uint64_t new_ns;                 /**< of it, new ones */
    uint64_t removed_ns;             /**< what units cost whose source is removed */
};

/**
 * Foretell.
 *
 * @param view    view; with the outcomes hit, miss and bypass
 * @param request what is to be foretold; its changes are found out where commits are given
 * @param out     takes the forecast; release with sj_forecast_release(); borrows the request's
 *                changes
 * @param err     what failed
 * @return 0, -ENOENT (there is no build to go by) or another negative errno
 */
int sj_forecast_make(const struct sj_view *view, struct sj_forecast_request *request,
                     struct sj_forecast *out, struct sj_err *err);

/** Free a forecast. @param forecast forecast, zeroed or NULL */
void sj_forecast_release(struct sj_forecast *forecast);
