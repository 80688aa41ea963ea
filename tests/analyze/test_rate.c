// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>

#include "analyze/rate.h"

static void expect_near(double got, double want)
{
    cr_expect_lt(fabs(got - want), 1e-6 * fmax(1, fabs(want)), "%f, not %f", got, want);
}

Test(rate, a_change_counts_half_after_ninety_days)
{
    static const double table[][2] = {{0, 1}, {90, 0.5}, {180, 0.25}, {-5, 1}, {900, 1.0 / 1024}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        expect_near(sj_rate_weight(table[i][0]), table[i][1]);
    }
}

Test(rate, time_fades_like_changes)
{
    expect_near(sj_rate_span(0), 0);
    expect_near(sj_rate_span(-3), 0);
    expect_near(sj_rate_span(90), 90 / M_LN2 / 2 / SJ_RATE_MONTH_DAYS);
    // One change a day, whatever the span, is one change a day.
    for (double days = 30; days < 1000; days += 100) {
        double changes = 0;
        for (double age = 0.5; age < days; age += 1) {
            changes += sj_rate_weight(age);
        }
        double per_month = changes / sj_rate_span(days);
        cr_expect_lt(fabs(per_month - SJ_RATE_MONTH_DAYS), 0.01);
    }
}

Test(rate, nothing_known_is_no_rate)
{
    static const double zero[3] = {0, 0, 0};
    struct sj_rate_prior prior = sj_rate_learn(NULL, 0, 5);
    expect_near(sj_rate_expected(&prior, 0, 0), 0);
    prior = sj_rate_learn(zero, 3, 5);
    expect_near(sj_rate_expected(&prior, 0, 5), 0);
    prior = sj_rate_learn(zero, 3, 0);
    expect_near(sj_rate_expected(&prior, 3, 0), 0);
}

Test(rate, rates_are_drawn_towards_the_usual)
{
    static const double counts[] = {0, 0, 0, 1, 1, 2, 10};
    const double months = 4;
    struct sj_rate_prior prior = sj_rate_learn(counts, 7, months);
    double usual = 14.0 / 7 / months;
    expect_near(prior.alpha / prior.beta, usual);
    double never = sj_rate_expected(&prior, 0, months);
    double often = sj_rate_expected(&prior, 10, months);
    cr_expect_gt(never, 0);
    cr_expect_lt(never, usual);
    cr_expect_lt(often, 10 / months);
    cr_expect_gt(often, usual);
}

Test(rate, equal_counts_stay_what_they_are)
{
    static const double counts[] = {3, 3, 3, 3};
    struct sj_rate_prior prior = sj_rate_learn(counts, 4, 2);
    expect_near(sj_rate_expected(&prior, 3, 2), 1.5);
}
