// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Whether one commit made many units dearer at once: the fast path, which needs one build behind
 * the commit where steps need several. A header's change moves all units that include it, so their
 * median moves although each of them is noisy.
 * Source: docs/trends.md, "Across units".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SJ_CROSS_BEFORE    5      /**< at most so many earlier compiles of a unit count */
#define SJ_CROSS_SIGMAS    3.0    /**< so many standard errors make it significant */
#define SJ_CROSS_CHANGE    0.0198 /**< smaller changes of the logarithm (2 %) do not count */
#define SJ_CROSS_DISCOVERY 0.05   /**< share of false ones among those reported */

/** What is known of one commit's units. */
struct sj_cross_input {
    const double *differences; /**< of each unit: log CPU after, less the median before */
    size_t count;              /**< how many units */
    double machine_sigma;      /**< what is not known of a build's machine factor, as a standard
                                    deviation of the logarithm */
    double builds_before;      /**< builds that "before" comes from, at least 1: where they have
                                    unequal parts in it, as many equal ones as are worth as much */
    double builds_after;       /**< builds that "after" comes from, at least 1 */
};

/** What follows. Zeroed: nothing known. */
struct sj_cross {
    double change;       /**< median difference */
    double error;        /**< its standard error */
    double chance;       /**< of such a change without a cause, 0 to 1 */
    size_t count;        /**< units */
    bool is_significant; /**< far enough out, and large enough */
};

/**
 * Test one commit.
 *
 * @param input what is known; with fewer than two units nothing is significant
 * @return what follows
 *
 * Safe from several threads at once.
 */
struct sj_cross sj_cross_test(const struct sj_cross_input *input);

/**
 * Of the tests of one day, leave those significant that hold when many are made: at most
 * SJ_CROSS_DISCOVERY of them are false (Benjamini and Hochberg).
 *
 * @param tests tests; is_significant is taken back where a test does not hold
 * @param count how many
 */
void sj_cross_day(struct sj_cross *tests, size_t count);
