// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Predictions held against what came: for each of the last builds, what would have been predicted
 * from the builds before it, and what it really compiled anew. What was learned on the way is what
 * the next prediction is made with.
 */
#pragma once

#include "analyze/predict.h"

#define SJ_TRACK_BUILDS 50 /**< builds that are looked at, unless something else is said */
#define SJ_TRACK_ENOUGH 5  /**< builds that an interval needs */

/** A build, predicted and real. */
struct sj_tracked {
    uint32_t build;             /**< its index in the view */
    size_t predicted;           /**< units predicted */
    size_t actual;              /**< units that had other inputs or flags, or were new */
    size_t both;                /**< units in both */
    uint64_t predicted_ns;      /**< CPU */
    uint64_t actual_ns;         /**< CPU; of hits what they saved */
    uint64_t predicted_wall_ns; /**< on the machine's cores */
    uint64_t actual_wall_ns;    /**< from the first of them to the end of the last one */
    bool has_interval;          /**< enough builds came before it */
    bool is_covered;            /**< its CPU lay within the interval that was predicted */
};

/** An interval: what 80 % of builds stayed in, as parts of what was predicted. */
struct sj_spread {
    double low;    /**< one of ten was below */
    double middle; /**< half were */
    double high;   /**< one of ten was above */
};

/** What came of it. Zeroed: nothing. */
struct sj_track {
    struct sj_units units;      /**< as they stand after the last build */
    struct sj_tracked *builds;  /**< oldest first */
    size_t count;               /**< length of builds */
    struct sj_learned learned;  /**< of all of them */
    struct sj_changes *changes; /**< what had changed before each; learned needs them */
    size_t change_count;        /**< length of changes */
    struct sj_spread cpu;       /**< of real and predicted CPU */
    struct sj_spread wall;      /**< of real and predicted time */
    bool is_spread_known;       /**< there were enough builds; else these are guesses */
    double precision;           /**< of what was predicted, so much came */
    double recall;              /**< of what came, so much was predicted */
    double error;               /**< mean of |real - predicted| / real, by CPU */
    double coverage;            /**< of intervals, so many held */
    size_t exact;               /**< builds whose set was predicted exactly */
    size_t judged;              /**< builds of which anything was predicted, or came */
    size_t intervals;           /**< builds that had an interval */
    size_t redundant;           /**< compiles of units that had not changed: the cache's business */
    size_t skipped;             /**< builds that cannot be judged: dirty, failed, without a commit,
                                     or not behind their reference */
};

/**
 * Go along the chain of a build.
 *
 * @param view view; with the outcomes hit, miss and bypass
 * @param tip  index of the newest build
 * @param last how many builds to judge
 * @param out  takes what came of it; release with sj_track_release()
 * @return 0 or a negative errno
 */
int sj_track_make(const struct sj_view *view, uint32_t tip, size_t last, struct sj_track *out);

/** Free what came of it. @param track it, zeroed or NULL */
void sj_track_release(struct sj_track *track);

/** An interval. @param spread spread @param value predicted @param which 0: low, 1: middle, 2: high
 * @return value times it */
uint64_t sj_spread_of(const struct sj_spread *spread, uint64_t value, int which);
