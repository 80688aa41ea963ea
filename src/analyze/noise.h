// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Numbers that bear outliers: medians, spreads, shifts between two groups, chances. CPU times of
 * busy machines have spikes in one direction, so nothing here is a mean.
 * Source: docs/trends.md; Hodges and Lehmann, "Estimates of Location Based on Rank Tests", 1963.
 *
 * All functions are pure and safe from several threads at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * Median of some numbers.
 *
 * @param values finite numbers; put into another order
 * @param count  how many
 * @return median; the mean of the two in the middle when count is even; 0 when there are none
 */
double sj_noise_median(double *values, size_t count);

/**
 * Spread around a centre: the median distance from it, scaled to a standard deviation.
 *
 * @param values finite numbers; replaced by their distances
 * @param count  how many
 * @param centre such as their median
 * @return standard deviation that a normal noise of this spread would have; 0 when there are none
 */
double sj_noise_spread(double *values, size_t count, double centre);

#define SJ_NOISE_FLOOR 0.005 /**< no series of times is believed to be calmer than this */

/** Noise of a series. */
struct sj_noise {
    double sigma;     /**< standard deviation between neighbours, SJ_NOISE_FLOOR at least; raised
                           where the series drifts */
    bool is_drifting; /**< points four apart differ by more than neighbours do: the machine is
                           shared, or the series wanders; not said of fewer than 40 points */
};

/**
 * Noise of a series, from the differences of neighbours, so that steps do not count as noise.
 *
 * @param values finite numbers, logarithms of times, in order
 * @param count  how many
 * @return noise; the floor when there are fewer than two values
 */
struct sj_noise sj_noise_of(const double *values, size_t count);

#define SJ_SHIFT_MAX 256 /**< most values of a group that sj_noise_shift() looks at */

/** How far one group of numbers lies above another. */
struct sj_shift {
    double shift; /**< median of all differences */
    double low;   /**< lower end of its 95 % interval */
    double high;  /**< upper end */
};

/**
 * How far a group lies above another, by Hodges and Lehmann. With fewer than four values in a group
 * no interval reaches 95 %: it is then the whole range of differences.
 *
 * @param before       finite numbers
 * @param before_count how many, at least 1; beyond SJ_SHIFT_MAX the last ones count
 * @param after        finite numbers
 * @param after_count  how many, at least 1; beyond SJ_SHIFT_MAX the first ones count
 * @return shift from before to after
 */
struct sj_shift sj_noise_shift(const double *before, size_t before_count, const double *after,
                               size_t after_count);

/**
 * Chance that a normal variable lies at least as far out.
 *
 * @param z distance in standard deviations, of either sign
 * @return 0 to 1, both sides counted
 */
double sj_noise_chance(double z);

/**
 * Which of many findings hold, when at most a share of those that are said to hold may be false.
 * Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995.
 *
 * @param chances chance of each under pure noise
 * @param count   how many
 * @param share   such as 0.05
 * @param holds   takes count answers
 * @return how many hold
 */
size_t sj_noise_discover(const double *chances, size_t count, double share, bool *holds);
