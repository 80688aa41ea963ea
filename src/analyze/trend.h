// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Where series stepped: by how much, how surely, in which units, what it costs a month, and which
 * commits may have done it.
 * Source: docs/trends.md, "Steps".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/cross.h"
#include "analyze/series.h"

#define SJ_TREND_UNITS      10 /**< units that are told of a step */
#define SJ_TREND_CANDIDATES 10 /**< commits that are told of a step */

/** A unit that stepped. */
struct sj_trend_unit {
    uint32_t unit; /**< sj_unit.number */
    double before; /**< its part before, in the measure; 0: it was not there */
    double after;  /**< its part after; 0: it is gone */
};

/** A commit that may have made a step. */
struct sj_trend_candidate {
    uint32_t commit; /**< its place in the history */
    double share;   /**< of the step's change, 0 to 1: of units of which it changed an input, or how
                         they are compiled */
    uint32_t units; /**< how many such units */
};

/** A step. */
struct sj_trend_step {
    size_t line;      /**< index of the series */
    size_t from;      /**< last point before it */
    size_t to;        /**< first point behind it */
    double before;    /**< level before, in the measure */
    double after;     /**< level after */
    double change;    /**< logarithm of after / before */
    double low;       /**< lower end of its 95 % interval */
    double high;      /**< upper end */
    double error;     /**< standard error from what was measured; 0: counted, or not known */
    bool is_certain;  /**< far beyond the error */
    double month_ns;  /**< CPU that it costs in 30 days at the present rate of misses; NAN: not
                           known, or no step of CPU */
    uint32_t changed; /**< units that differ and were there before and after */
    uint32_t added;   /**< units that came */
    uint32_t removed; /**< units that went */
    struct sj_trend_unit units[SJ_TREND_UNITS]; /**< those with the largest parts in it */
    size_t unit_count;                          /**< length of units */
    struct sj_trend_candidate candidates[SJ_TREND_CANDIDATES]; /**< likeliest first */
    size_t candidate_count;                                    /**< length of candidates */
    size_t commits; /**< commits between the builds; 0: the builds' commits are not known, or of one
                         commit */
};

/** A commit, or a few, that made many units dearer at once. */
struct sj_trend_commit {
    size_t from;          /**< point of the build before */
    size_t to;            /**< point of the build behind */
    struct sj_cross test; /**< by how much, how surely, in how many units */
};

/** What is found in series. */
struct sj_trend {
    struct sj_trend_step *steps;     /**< by series, then place */
    size_t step_count;               /**< length of steps */
    struct sj_trend_commit *commits; /**< those that are significant, by place */
    size_t commit_count;             /**< length of commits */
    size_t commits_tested;           /**< how many were tested */
};

/** Free what was found. @param trend trend, zeroed or NULL */
void sj_trend_release(struct sj_trend *trend);

/**
 * Find what stepped.
 *
 * @param series series; its groups are looked up, nothing else changes
 * @param out    takes it; release with sj_trend_release()
 */
void sj_trend_find(struct sj_series *series, struct sj_trend *out);

/**
 * Test each build against the units' compiles before it: the fast path, a part of sj_trend_find().
 *
 * @param series series
 * @param trend  its commits are taken
 */
void sj_trend_across(struct sj_series *series, struct sj_trend *trend);
