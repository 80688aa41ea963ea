// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How often something changes: counts that fade with age, drawn towards what is usual so that a
 * file which changed once last week does not look like one that changes each week.
 * Source: the Gamma-Poisson model; A. Gelman et al., "Bayesian Data Analysis", section 2.6.
 */
#pragma once

#include <stddef.h>

#define SJ_RATE_HALF_DAYS  90.0      /**< after so many days a change counts half */
#define SJ_RATE_MONTH_DAYS 30.436875 /**< a month: a twelfth of a Gregorian year */

/**
 * What a change of some age counts.
 *
 * @param age_days how long ago; negative (clocks) counts as 0
 * @return 0 to 1
 */
double sj_rate_weight(double age_days);

/**
 * The time that was looked at, faded like the changes in it.
 *
 * @param days how far back it reaches
 * @return months
 */
double sj_rate_span(double days);

/** What is usual, as a Gamma distribution of rates. */
struct sj_rate_prior {
    double alpha; /**< changes seen before, so to speak */
    double beta;  /**< in so many months */
};

/**
 * Learn what is usual from all counts, by their mean and their variance beyond that of pure chance.
 *
 * @param counts      faded changes of each thing
 * @param count       how many things
 * @param span_months of sj_rate_span(); 0 or less: nothing is known
 * @return the prior; all 0 where nothing is known
 */
struct sj_rate_prior sj_rate_learn(const double *counts, size_t count, double span_months);

/**
 * Expected changes per month.
 *
 * @param prior       what is usual
 * @param changes     faded changes of the thing
 * @param span_months of sj_rate_span()
 * @return rate; 0 where nothing is known
 */
double sj_rate_expected(const struct sj_rate_prior *prior, double changes, double span_months);
