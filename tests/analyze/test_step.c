// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "analyze/cross.h"
#include "analyze/noise.h"
#include "analyze/step.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

// Even noise between -0.02 and 0.02, the same for the same place.
static double even_noise(size_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return ((double)((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5) * 0.04;
}

Test(noise, median_is_the_middle)
{
    static const struct {
        double values[6];
        size_t count;
        double median;
    } cases[] = {
        {{0}, 0, 0},
        {{7}, 1, 7},
        {{9, 1}, 2, 5},
        {{3, 1, 2}, 3, 2},
        {{4, 4, 4, 4}, 4, 4},
        {{5, 1, 4, 2, 3}, 5, 3},
        {{6, 5, 4, 3, 2, 1}, 6, 3.5},
        {{1, 2, 3, 4, 5, 1e300}, 6, 3.5},
        {{-1, -1, 0, 0, -1, -1}, 6, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[6];
        memcpy(values, cases[i].values, sizeof values);
        cr_expect(near(sj_noise_median(values, cases[i].count), cases[i].median), "case %zu", i);
    }
}

Test(noise, median_agrees_with_sorting)
{
    uint64_t state = 1;
    for (size_t count = 1; count < 120; count++) {
        double values[120];
        for (size_t i = 0; i < count; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            values[i] = (double)((state >> 40) % 50);
        }
        double median = sj_noise_median(values, count);
        size_t below = 0;
        size_t above = 0;
        for (size_t i = 0; i < count; i++) {
            below += values[i] < median;
            above += values[i] > median;
        }
        cr_assert_leq(below, count / 2);
        cr_assert_leq(above, count / 2);
    }
}

Test(noise, spread_ignores_an_outlier)
{
    double values[] = {-1, -1, 1, 1, 1e6};
    cr_expect(near(sj_noise_spread(values, 5, 0), 1 / 0.6745));
    cr_expect(near(sj_noise_spread(values, 0, 0), 0));
}

Test(noise, of_a_series_does_not_see_its_step)
{
    double flat[100];
    double stepped[100];
    for (size_t i = 0; i < 100; i++) {
        flat[i] = even_noise(i);
        stepped[i] = even_noise(i) + (i < 50 ? 0 : 1);
    }
    cr_expect(fabs(sj_noise_of(flat, 100).sigma - sj_noise_of(stepped, 100).sigma) < 1e-3);
    cr_expect(near(sj_noise_of(flat, 1).sigma, SJ_NOISE_FLOOR));
    cr_expect(near(sj_noise_of(flat, 0).sigma, SJ_NOISE_FLOOR));
}

Test(noise, of_a_wandering_series_is_raised)
{
    double ramp[100];
    for (size_t i = 0; i < 100; i++) {
        ramp[i] = (double)i * 0.01;
    }
    struct sj_noise noise = sj_noise_of(ramp, 100);
    cr_expect(noise.is_drifting);
    cr_expect(near(noise.sigma, 0.01 / 0.9539 * 1.25 * 4), "%g", noise.sigma);
    double flat[100] = {0};
    cr_expect_not(sj_noise_of(flat, 100).is_drifting);
}

// Rank of the interval's ends: tables of the Mann-Whitney test (5 and 5 values: U = 2).
Test(noise, shift_has_the_interval_of_the_rank_test)
{
    double before[] = {1, 2, 3, 4, 5};
    double after[] = {11.1, 12.2, 13.3, 14.4, 15.5};
    struct sj_shift shift = sj_noise_shift(before, 5, after, 5);
    cr_expect(near(shift.shift, 10.3), "%g", shift.shift);
    cr_expect(near(shift.low, 7.2), "%g", shift.low);
    cr_expect(near(shift.high, 13.4), "%g", shift.high);
    struct sj_shift small = sj_noise_shift(before, 1, after, 2);
    cr_expect(near(small.low, 10.1) && near(small.high, 11.2));
}

Test(noise, chance_of_known_distances)
{
    cr_expect(near(sj_noise_chance(0), 1));
    cr_expect(fabs(sj_noise_chance(1.959964) - 0.05) < 1e-6);
    cr_expect(fabs(sj_noise_chance(-3.290527) - 0.001) < 1e-7);
}

// The example of Benjamini and Hochberg (1995), section 3.2: fifteen tests, four hold at 5 %.
Test(noise, discoveries_of_the_paper)
{
    static const double chances[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                     0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    bool holds[15];
    cr_expect_eq(sj_noise_discover(chances, 15, 0.05, holds), 4);
    cr_expect(holds[3]);
    cr_expect_not(holds[4]);
    cr_expect_eq(sj_noise_discover(chances, 0, 0.05, holds), 0);
}

static void make(double *y, size_t count, const double *levels, size_t segment)
{
    for (size_t i = 0; i < count; i++) {
        y[i] = 20 + even_noise(i) + levels[i / segment];
    }
}

Test(step, finds_steps_where_they_are)
{
    static const struct {
        const char *what;
        size_t count;
        size_t segment;
        double levels[6];
        size_t expected[5];
        size_t steps;
    } cases[] = {
        {"nothing", 100, 100, {0}, {0}, 0},
        {"up", 100, 50, {0, 0.1}, {50}, 1},
        {"down", 100, 50, {0.1, 0}, {50}, 1},
        {"up and down", 90, 30, {0, 0.2, 0}, {30, 60}, 2},
        {"five stairs", 180, 30, {0, 0.1, 0.2, 0.3, 0.4, 0.5}, {30, 60, 90, 120, 150}, 5},
        {"too small", 100, 50, {0, 0.01}, {0}, 0},
        {"too few points", 9, 5, {0, 1}, {0}, 0},
        {"just enough points", 10, 5, {0, 1}, {5}, 1},
        {"no points", 0, 1, {0}, {0}, 0},
        {"one point", 1, 1, {0}, {0}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double y[200];
        make(y, cases[i].count, cases[i].levels, cases[i].segment);
        struct sj_steps steps;
        sj_steps_find(y, cases[i].count, &sj_step_alert, &steps);
        cr_expect_eq(steps.count, cases[i].steps, "%s: %zu steps", cases[i].what, steps.count);
        for (size_t j = 0; j < steps.count && j < cases[i].steps; j++) {
            const struct sj_step *step = &steps.list[j];
            double change = cases[i].levels[j + 1] - cases[i].levels[j];
            cr_expect_eq(step->at, cases[i].expected[j], "%s", cases[i].what);
            cr_expect(fabs(step->after - step->before - change) < 0.01, "%s", cases[i].what);
            cr_expect(step->low <= change + 0.01 && step->high >= change - 0.01);
            cr_expect(step->low <= step->high);
            cr_expect_lt(step->begin, step->at);
            cr_expect_gt(step->end, step->at);
        }
    }
}

Test(step, a_spike_is_none)
{
    double y[60];
    make(y, 60, (double[]){0}, 60);
    y[20] += 1;
    y[40] += 3;
    struct sj_steps steps;
    sj_steps_find(y, 60, &sj_step_alert, &steps);
    cr_expect_eq(steps.count, 0);
}

Test(step, looks_at_the_last_points_only)
{
    double y[500];
    for (size_t i = 0; i < 500; i++) {
        y[i] = even_noise(i) + (i >= 100) + (i >= 400);
    }
    struct sj_steps steps;
    sj_steps_find(y, 500, &sj_step_alert, &steps);
    cr_assert_eq(steps.count, 1);
    cr_expect_eq(steps.first, 300);
    cr_expect_eq(steps.list[0].at, 400);
    cr_expect_eq(steps.list[0].begin, 300);
    cr_expect_eq(steps.list[0].end, 500);
}

Test(step, of_a_series_without_noise)
{
    double y[40];
    for (size_t i = 0; i < 40; i++) {
        y[i] = i < 20 ? 3 : 3.05;
    }
    struct sj_steps steps;
    sj_steps_find(y, 40, &sj_step_alert, &steps);
    cr_assert_eq(steps.count, 1);
    cr_expect_eq(steps.list[0].at, 20);
    cr_expect(near(steps.list[0].low, 0.05) && near(steps.list[0].high, 0.05));
}

// Neighbours are equal more often than not, so the noise is the floor, and every third point steps.
Test(step, most_steps_fit)
{
    double y[SJ_STEP_WINDOW];
    for (size_t i = 0; i < SJ_STEP_WINDOW; i++) {
        y[i] = (double)(i / 3 % 2) * 100;
    }
    struct sj_steps steps;
    sj_steps_find(y, SJ_STEP_WINDOW, &sj_step_chart, &steps);
    cr_expect_eq(steps.count, SJ_STEP_MAX - 1);
}

// In a short series one step lies between most points that are four apart: that is no drift.
Test(step, a_step_in_a_short_series_is_no_drift)
{
    for (size_t count = 10; count < 60; count++) {
        double y[60];
        for (size_t i = 0; i < count; i++) {
            y[i] = even_noise(i) + (i < count / 2 ? 0 : 0.2);
        }
        struct sj_steps steps;
        sj_steps_find(y, count, &sj_step_alert, &steps);
        cr_assert_eq(steps.count, 1, "%zu points", count);
        cr_expect_eq(steps.list[0].at, count / 2);
    }
}

// The partition is the best one: against all ways to cut a short series in two.
Test(step, no_single_cut_is_better)
{
    double y[30];
    for (size_t place = 5; place <= 25; place++) {
        for (size_t i = 0; i < 30; i++) {
            y[i] = even_noise(i * 7 + place) + (i < place ? 0 : 0.3);
        }
        struct sj_steps steps;
        sj_steps_find(y, 30, &sj_step_alert, &steps);
        cr_assert_eq(steps.count, 1, "place %zu", place);
        cr_assert_eq(steps.list[0].at, place);
    }
}

Test(cross, tells_a_header_from_noise)
{
    double y[60];
    for (size_t i = 0; i < 60; i++) {
        y[i] = 5 * even_noise(i);
    }
    struct sj_cross_input input = {
        .differences = y,
        .count = 60,
        .machine_sigma = 0.01,
        .builds_before = 5,
        .builds_after = 1,
    };
    struct sj_cross test = sj_cross_test(&input);
    cr_expect_not(test.is_significant);
    cr_expect_gt(test.chance, 0.1);
    for (size_t i = 0; i < 60; i++) {
        y[i] += 0.1;
    }
    test = sj_cross_test(&input);
    cr_expect(test.is_significant);
    cr_expect_lt(test.chance, 1e-4);
    cr_expect(fabs(test.change - 0.1) < 0.01);
    // What is not known of the machine is a floor that more units do not lower.
    input.machine_sigma = 0.05;
    cr_expect_not(sj_cross_test(&input).is_significant);
}

Test(cross, needs_two_units)
{
    double one = 1;
    struct sj_cross_input input = {.differences = &one, .count = 1, .builds_before = 1};
    cr_expect_not(sj_cross_test(&input).is_significant);
    input.count = 0;
    cr_expect_not(sj_cross_test(&input).is_significant);
    cr_expect(near(sj_cross_test(&input).chance, 1));
}

Test(cross, small_changes_do_not_count)
{
    double y[50];
    for (size_t i = 0; i < 50; i++) {
        y[i] = 0.015;
    }
    struct sj_cross_input input = {
        .differences = y, .count = 50, .builds_before = 1, .builds_after = 1};
    struct sj_cross test = sj_cross_test(&input);
    cr_expect_lt(test.chance, 0.001);
    cr_expect_not(test.is_significant);
}

Test(cross, a_day_takes_back_what_does_not_hold)
{
    struct sj_cross day[40] = {0};
    for (size_t i = 0; i < 40; i++) {
        day[i].chance = (double)(i + 1) / 40;
    }
    day[0].chance = 0.00001;
    day[0].is_significant = true;
    day[1].chance = 0.0027;
    day[1].is_significant = true;
    sj_cross_day(day, 40);
    cr_expect(day[0].is_significant);
    cr_expect_not(day[1].is_significant);
    sj_cross_day(day, 0);
}
