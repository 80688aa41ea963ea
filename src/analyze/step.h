// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Steps: places at which a series goes to another level and stays there. Found by optimal
 * partitioning with absolute deviations from segments' medians (L1), because CPU times have
 * outliers that squares would take for steps. Deterministic: the same series gives the same steps.
 * Source: docs/trends.md, with the simulation that chose the rule; Jackson et al., "An Algorithm
 * for Optimal Partitioning of Data on an Interval", 2005.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SJ_STEP_WINDOW 200 /**< of longer series the most recent points count */
#define SJ_STEP_MAX    66  /**< no series of SJ_STEP_WINDOW points has more steps */

/** When something counts as a step. */
struct sj_step_rule {
    size_t min_segment; /**< fewest points between two steps, 3 at least */
    double penalty;     /**< price of a step, in units of ln(points) */
    double min_change;  /**< smaller changes of the logarithm are no steps */
};

/** For alerts: at most 0.6 false ones in a thousand builds of a series. */
extern const struct sj_step_rule sj_step_alert;
/** For charts: sees a step two builds earlier, errs four times as often. */
extern const struct sj_step_rule sj_step_chart;

/** A step. Levels and changes are logarithms, as the series is. */
struct sj_step {
    size_t at;     /**< index of the first point behind the step */
    size_t begin;  /**< index of the first point of the level before it */
    size_t end;    /**< index behind the last point of the level after it */
    double before; /**< median before */
    double after;  /**< median after */
    double low;    /**< lower end of the change's 95 % interval */
    double high;   /**< upper end */
};

/** Steps of a series. */
struct sj_steps {
    struct sj_step list[SJ_STEP_MAX]; /**< by place */
    size_t count;                     /**< length of list */
    size_t first;                     /**< points before this index were not looked at */
    double sigma;                     /**< noise that was assumed */
    bool is_drifting;                 /**< the noise was raised: points wander */
};

/**
 * Find the steps of a series. Takes O(n² log n) comparisons for n points of the window.
 *
 * @param values finite logarithms, in order
 * @param count  how many; with fewer than two segments' worth nothing is found
 * @param rule   what counts
 * @param out    takes the steps
 *
 * Safe from several threads at once.
 */
void sj_steps_find(const double *values, size_t count, const struct sj_step_rule *rule,
                   struct sj_steps *out);
