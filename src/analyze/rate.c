// SPDX-License-Identifier: Apache-2.0
#include "analyze/rate.h"

#include <math.h>

// A prior never outweighs so many times what was seen of the thing itself.
#define PRIOR_MAX 4.0
// Nor does it weigh less than a week, or a file changed once a day ago would rule.
#define PRIOR_MIN_MONTHS 0.23

double sj_rate_weight(double age_days)
{
    return age_days > 0 ? exp2(-age_days / SJ_RATE_HALF_DAYS) : 1.0;
}

double sj_rate_span(double days)
{
    if (!(days > 0)) {
        return 0;
    }
    double faded_days = SJ_RATE_HALF_DAYS / M_LN2 * (1.0 - exp2(-days / SJ_RATE_HALF_DAYS));
    return faded_days / SJ_RATE_MONTH_DAYS;
}

struct sj_rate_prior sj_rate_learn(const double *counts, size_t count, double span_months)
{
    struct sj_rate_prior none = {0, 0};
    if (count == 0 || !(span_months > 0)) {
        return none;
    }
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double rate = counts[i] / span_months;
        sum += rate;
        squares += rate * rate;
    }
    double mean = sum / (double)count;
    if (!(mean > 0)) {
        return none;
    }
    double variance = squares / (double)count - mean * mean;
    double beyond = variance - mean / span_months;
    double beta = beyond > 0 ? mean / beyond : HUGE_VAL;
    beta = fmin(beta, PRIOR_MAX * span_months);
    beta = fmax(beta, PRIOR_MIN_MONTHS);
    return (struct sj_rate_prior){.alpha = mean * beta, .beta = beta};
}

double sj_rate_expected(const struct sj_rate_prior *prior, double changes, double span_months)
{
    double months = span_months + prior->beta;
    return months > 0 ? (changes + prior->alpha) / months : 0;
}
