// SPDX-License-Identifier: Apache-2.0
// The figures of docs/trends.md, made again: how often steps are found that are not there, and how
// many of those that are. The generator is fixed, so the same numbers come out on every machine;
// what is asserted has room for another compiler's last bit.
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/step.h"

#define POINTS 100
#define YOUNG  20  // points of a series that has just begun
#define NULLS  300 // series without a step
#define STEPS  150 // series with one
#define LOOKS  138 // builds after which the last POINTS are looked at again
#define RUNS   60  // such sequences
#define CHANGE 3   // a step counts as found within so many points

static uint64_t state;

static uint64_t next(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double uniform(void)
{
    return ((double)(next() >> 11) + 0.5) * 0x1p-53;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double gauss(double last)
{
    (void)last;
    return 0.03 * normal();
}

// One build in ten has a neighbour on its machine.
static double contaminated(double last)
{
    return uniform() < 0.1 ? fabs(0.25 * normal()) : gauss(last);
}

static double student(double last)
{
    (void)last;
    double chi = 0;
    for (int i = 0; i < 3; i++) {
        double z = normal();
        chi += z * z;
    }
    return 0.03 * normal() / sqrt(chi / 3);
}

static double autoregressive(double last)
{
    return 0.5 * last + 0.03 * sqrt(0.75) * normal();
}

// Residuals of units on a busy machine of two CPUs, in thousandths, after the unit's mean and the
// build's median were taken off: deviation 12 %, more room above than below.
static double measured(double last)
{
    static const short residuals[] = {
        -212, -187, -171, -158, -149, -141, -134, -127, -121, -115, -110, -105, -100, -95,
        -91,  -86,  -82,  -78,  -74,  -70,  -67,  -63,  -59,  -56,  -52,  -49,  -45,  -42,
        -39,  -35,  -32,  -29,  -26,  -22,  -19,  -16,  -13,  -9,   -6,   -3,   0,    4,
        7,    11,   14,   18,   22,   26,   30,   34,   39,   43,   48,   53,   59,   65,
        72,   79,   87,   97,   108,  121,  137,  157,  183,  221,  263,  318,  402,
    };
    (void)last;
    return residuals[next() % (sizeof residuals / sizeof residuals[0])] / 1000.0;
}

/** A noise, and what must come out under it. Shares are percents. */
struct model {
    const char *name;
    double (*noise)(double last);
    double max_null;   // series without a step in which one is found
    double max_young;  // the same, of young ones
    double max_alarms; // in a thousand builds, looked at after each
    double min_found[3];
};

static const struct model models[] = {
    {"gauss 3 %", gauss, 1.0, 2.0, 1.0, {75, 95, 97}},
    {"contaminated", contaminated, 1.5, 5.0, 1.0, {50, 93, 95}},
    {"t3", student, 1.5, 5.0, 1.0, {60, 93, 95}},
    {"AR(1) 0.5", autoregressive, 10.0, 30.0, 10.0, {50, 90, 95}},
    {"measured 12 %", measured, 1.5, 3.0, 1.5, {0, 10, 60}},
};

static void make(const struct model *model, double *y, size_t count)
{
    double last = 0;
    for (size_t i = 0; i < count; i++) {
        last = model->noise(last);
        y[i] = last;
    }
}

static double null_share(const struct model *model, size_t points)
{
    int found = 0;
    for (int i = 0; i < NULLS; i++) {
        double y[POINTS];
        struct sj_steps steps;
        make(model, y, points);
        sj_steps_find(y, points, &sj_step_alert, &steps);
        found += steps.count > 0;
    }
    return 100.0 * found / NULLS;
}

static double found_share(const struct model *model, double change)
{
    int found = 0;
    for (int i = 0; i < STEPS; i++) {
        double y[POINTS];
        struct sj_steps steps;
        make(model, y, POINTS);
        for (size_t j = POINTS / 2; j < POINTS; j++) {
            y[j] += log1p(change);
        }
        sj_steps_find(y, POINTS, &sj_step_alert, &steps);
        bool is_found = false;
        for (size_t j = 0; j < steps.count; j++) {
            long off = (long)steps.list[j].at - POINTS / 2;
            is_found = is_found || (off >= -CHANGE && off <= CHANGE);
        }
        found += is_found;
    }
    return 100.0 * found / STEPS;
}

// An alarm begins at a look that finds a step where the look before found none.
static double alarm_rate(const struct model *model, const struct sj_step_rule *rule)
{
    int alarms = 0;
    for (int i = 0; i < RUNS; i++) {
        double y[POINTS + LOOKS];
        make(model, y, POINTS + LOOKS);
        bool was_found = false;
        for (size_t look = 0; look < LOOKS; look++) {
            struct sj_steps steps;
            sj_steps_find(y + look, POINTS, rule, &steps);
            alarms += steps.count > 0 && !was_found;
            was_found = steps.count > 0;
        }
    }
    return 1000.0 * alarms / (RUNS * LOOKS);
}

Test(step_simulation, finds_what_is_there_and_little_else, .timeout = 120)
{
    static const double changes[] = {0.05, 0.10, 0.20};
    printf("| noise | false, %% | of 20 points | alarms | at 3 points | +5 %% | +10 %% | +20 %% |\n"
           "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        const struct model *model = &models[i];
        state = 20240229 + i;
        double nulls = null_share(model, POINTS);
        double young = null_share(model, YOUNG);
        double alarms = alarm_rate(model, &sj_step_alert);
        double chart = alarm_rate(model, &sj_step_chart);
        printf("| %s | %.1f | %.1f | %.2f | %.2f |", model->name, nulls, young, alarms, chart);
        cr_expect_leq(nulls, model->max_null, "%s: %.1f %%", model->name, nulls);
        cr_expect_leq(young, model->max_young, "%s: %.1f %%", model->name, young);
        cr_expect_leq(alarms, model->max_alarms, "%s: %.2f", model->name, alarms);
        for (size_t j = 0; j < 3; j++) {
            double found = found_share(model, changes[j]);
            printf(" %.0f |", found);
            cr_expect_geq(found, model->min_found[j], "%s, %+.0f %%: %.0f %%", model->name,
                          100 * changes[j], found);
        }
        printf("\n");
        (void)fflush(stdout);
    }
}
