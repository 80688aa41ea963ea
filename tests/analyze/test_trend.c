// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyze/trend.h"
#include "made.h"

#define UNITS  50
#define BUILDS 40
#define STEP   20

static struct sj_view view;
static struct sj_costs costs;
static struct sj_series series;
static struct sj_trend trend;

static void teardown(void)
{
    sj_trend_release(&trend);
    sj_series_release(&series);
    sj_costs_release(&costs);
    free(view.builds);
    free(view.is_context);
    free(view.samples);
}

TestSuite(trend, .fini = teardown);

/** A history of builds through a cache. */
struct plan {
    bool used_tree;   // what did not change is not named
    double header;    // at STEP all units change, and cost so much more
    double machine;   // factor of the machine at STEP
    double sigma;     // of a compile
    uint32_t added;   // units that come at STEP
    uint32_t removed; // units that go at STEP
};

static uint64_t compile(const struct plan *plan, uint32_t build, uint32_t unit)
{
    double seconds = 1 + unit * 0.05;
    seconds *= build >= STEP ? 1 + plan->header : 1;
    seconds *= build == STEP ? plan->machine : 1;
    return (uint64_t)(seconds * 1e9 * exp(plan->sigma * made_noise(build * 1000 + unit)));
}

static void run(const struct plan *plan)
{
    uint64_t stored[UNITS + 100] = {0};
    uint32_t state[UNITS + 100] = {0};
    for (uint32_t build = 0; build < BUILDS; build++) {
        (void)made_build(&view, "");
        uint32_t first = build >= STEP ? 1 + plan->removed : 1;
        uint32_t last = UNITS + (build >= STEP ? plan->added : 0);
        for (uint32_t unit = first; unit <= last; unit++) {
            bool is_new = stored[unit] == 0;
            bool is_touched = unit == build % UNITS + 1;
            if (is_new || is_touched ||
                (build == STEP && (plan->header > 0 || plan->machine > 1))) {
                state[unit] = build * 1000 + unit;
                stored[unit] = compile(plan, build, unit);
                made_sample(&view, made_miss(unit, state[unit], stored[unit]));
            } else if (!plan->used_tree) {
                made_sample(&view, made_hit(unit, state[unit], stored[unit]));
            }
        }
    }
    sj_costs_find(&view, &costs);
    sj_series_find(&view, &costs, &(struct sj_series_options){0}, &series);
    sj_trend_find(&series, &trend);
}

static const struct sj_trend_step *step_of(enum sj_measure measure)
{
    for (size_t i = 0; i < trend.step_count; i++) {
        if (series.lines[trend.steps[i].line].measure == measure) {
            return &trend.steps[i];
        }
    }
    return NULL;
}

static double value(enum sj_measure measure, size_t point)
{
    return series.lines[measure].values[point];
}

Test(trend, of_no_builds)
{
    sj_costs_find(&view, &costs);
    sj_series_find(&view, &costs, &(struct sj_series_options){0}, &series);
    cr_expect_eq(series.point_count, 0);
    sj_trend_find(&series, &trend);
    cr_expect_eq(trend.step_count, 0);
}

Test(trend, a_dearer_header_is_found)
{
    run(&(struct plan){.header = 0.25, .machine = 1, .sigma = 0.05});
    cr_assert_eq(series.point_count, BUILDS);
    const struct sj_trend_step *step = step_of(SJ_MEASURE_CPU);
    cr_assert(step);
    cr_expect_eq(step->to, STEP);
    cr_expect_eq(step->from, STEP - 1);
    cr_expect(fabs(step->change - log(1.25)) < 0.03, "%g", step->change);
    cr_expect(step->low < log(1.25) && step->high > log(1.25));
    cr_expect(step->is_certain, "%g +- %g", step->change, step->error);
    cr_expect_eq(step->changed, UNITS);
    cr_expect_eq(step->added + step->removed, 0);
    cr_expect_eq(step->unit_count, SJ_TREND_UNITS);
    cr_expect_gt(step->month_ns, 0);
    cr_assert_eq(trend.commit_count, 1);
    cr_expect_eq(trend.commits[0].to, STEP);
    cr_expect_eq(trend.commits[0].test.count, UNITS);
}

// Everything is measured anew in one build of a machine that is 5 % slower: no cause to alarm.
Test(trend, one_slow_build_is_not_certain)
{
    run(&(struct plan){.machine = 1.05, .sigma = 0.05});
    const struct sj_trend_step *step = step_of(SJ_MEASURE_CPU);
    cr_expect(!step || !step->is_certain);
    cr_expect_eq(trend.commit_count, 0);
}

Test(trend, nothing_happens)
{
    run(&(struct plan){.machine = 1, .sigma = 0.1});
    for (size_t i = 0; i < trend.step_count; i++) {
        cr_expect_not(trend.steps[i].is_certain);
    }
    cr_expect_eq(trend.commit_count, 0);
    cr_expect(value(SJ_MEASURE_UNITS, 3) == UNITS);
    cr_expect(fabs(value(SJ_MEASURE_HITS, 5) - 0.98) < 1e-9 || isnan(value(SJ_MEASURE_HITS, 5)));
}

Test(trend, units_that_come_and_go)
{
    run(&(struct plan){.machine = 1, .sigma = 0.02, .added = 10, .removed = 2});
    const struct sj_trend_step *step = step_of(SJ_MEASURE_UNITS);
    cr_assert(step);
    cr_expect_eq(step->to, STEP);
    cr_expect(step->is_certain);
    cr_expect_eq(step->added, 10);
    cr_expect_eq(step->removed, 2);
    cr_expect(isnan(step->month_ns));
    step = step_of(SJ_MEASURE_CPU);
    cr_assert(step);
    cr_expect_eq(step->added, 10);
    cr_expect(step->is_certain);
}

// One tree, so builds name only what changed: the series must be the same.
Test(trend, a_used_work_tree_makes_the_same_series)
{
    run(&(struct plan){.header = 0.25, .machine = 1, .sigma = 0.05});
    double fresh[BUILDS];
    for (size_t i = 0; i < BUILDS; i++) {
        fresh[i] = value(SJ_MEASURE_CPU, i);
    }
    teardown();
    view = (struct sj_view){0};
    run(&(struct plan){.used_tree = true, .header = 0.25, .machine = 1, .sigma = 0.05});
    for (size_t i = 0; i < BUILDS; i++) {
        cr_expect(fabs(value(SJ_MEASURE_CPU, i) / fresh[i] - 1) < 1e-9, "build %zu", i);
    }
    cr_expect(step_of(SJ_MEASURE_CPU));
}

/** What a fleet of two kinds of machines, one 25 % slower, makes of some histories. */
struct fleet {
    int false_steps; // certain ones where nothing happened
    int found;       // histories in which the real one was found
};

static void one_history(uint64_t seed, bool has_names, bool has_audits, bool has_step,
                        struct fleet *fleet)
{
    view = (struct sj_view){0};
    uint64_t stored[UNITS + 1] = {0};
    uint32_t state[UNITS + 1] = {0};
    for (uint32_t build = 0; build < BUILDS; build++) {
        bool is_slow = made_noise(seed * 977 + build) > 0;
        (void)made_build(&view, !has_names ? "" : is_slow ? "slow" : "fast");
        for (uint32_t unit = 1; unit <= UNITS; unit++) {
            bool is_dear = has_step && build >= STEP;
            double seconds = (1 + unit * 0.05) * (is_dear ? 1.2 : 1) * (is_slow ? 1.25 : 1);
            uint64_t now = (uint64_t)(seconds * 1e9 *
                                      exp(0.05 * made_noise(seed * 100003 + build * 1000 + unit)));
            // A third of the units changes with each build, all with the dear one.
            if (build == 0 || (is_dear && build == STEP) || (unit + build) % 3 == 0) {
                state[unit] = build * 1000 + unit;
                stored[unit] = now;
                made_sample(&view, made_miss(unit, state[unit], now));
                continue;
            }
            struct sj_sample sample = made_hit(unit, state[unit], stored[unit]);
            if (has_audits && (unit * 7 + build) % 5 == 0) {
                sample.flags = SJ_RECORD_AUDIT;
                sample.cpu_ns = now;
            }
            made_sample(&view, sample);
        }
    }
    sj_costs_find(&view, &costs);
    sj_series_find(&view, &costs, &(struct sj_series_options){0}, &series);
    sj_trend_find(&series, &trend);
    bool is_found = false;
    for (size_t i = 0; i < trend.step_count; i++) {
        const struct sj_trend_step *step = &trend.steps[i];
        bool is_here = has_step && step->to + 2 >= STEP && step->to <= STEP + 2;
        is_found = is_found || (is_here && step->is_certain);
        fleet->false_steps += step->is_certain && !is_here;
    }
    fleet->found += is_found;
    teardown();
    view = (struct sj_view){0};
}

Test(trend, audits_tell_machines_of_a_mixed_fleet_apart)
{
    static const struct {
        const char *what;
        bool has_names;
        bool has_audits;
        int max_false;
        int min_found;
    } cases[] = {
        {"machines with names, audits", true, true, 2, 195},
        {"a new machine each time, audits", false, true, 20, 170},
        {"a new machine each time, no audits", false, false, 40, 80},
    };
    printf("| fleet | false, of 200 | +20 %% found, of 200 |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fleet calm = {0};
        struct fleet stepped = {0};
        for (uint64_t seed = 1; seed <= 200; seed++) {
            one_history(seed, cases[i].has_names, cases[i].has_audits, false, &calm);
            one_history(seed, cases[i].has_names, cases[i].has_audits, true, &stepped);
        }
        printf("| %s | %d | %d |\n", cases[i].what, calm.false_steps, stepped.found);
        cr_expect_leq(calm.false_steps, cases[i].max_false, "%s", cases[i].what);
        cr_expect_geq(stepped.found, cases[i].min_found, "%s", cases[i].what);
    }
}

Test(series, picks_the_main_line)
{
    static const struct {
        const char *branch;
        const char *pull;
        const char *job;
    } builds[] = {
        {"main", "", "gcc"},   {"main", "", "clang"}, {"main", "", "gcc"}, {"topic", "", "gcc"},
        {"topic", "7", "gcc"}, {"main", "8", "gcc"},  {"", "9", "gcc"},    {"main", "", "gcc"},
    };
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        size_t at = made_build(&view, "");
        view.builds[at].build.branch = builds[i].branch;
        view.builds[at].build.pull = builds[i].pull;
        view.builds[at].build.job = builds[i].job;
        made_sample(&view, made_miss(1, 1, SJ_NS_PER_S));
    }
    sj_costs_find(&view, &costs);
    sj_series_find(&view, &costs, &(struct sj_series_options){.prefer = "topic"}, &series);
    cr_expect_str_eq(series.branch, "main");
    cr_expect_str_eq(series.job, "gcc");
    cr_expect_eq(series.point_count, 3);
    cr_expect_eq(series.pulls, 3);
    cr_expect_eq(series.other_jobs, 1);
    cr_expect_eq(series.other_branches, 1);
}

Test(series, of_builds_whose_records_are_gone)
{
    for (uint32_t build = 0; build < 6; build++) {
        size_t at = made_build(&view, "");
        struct sj_build *made = &view.builds[at].build;
        made->units = build == 1 ? 1 : 10;
        made->cpu_ns[SJ_OUTCOME_MISS] = SJ_NS_PER_S;
        made->saved_ns = build == 1 ? 0 : 9 * SJ_NS_PER_S;
        made->count[SJ_OUTCOME_MISS] = 1;
        made->count[SJ_OUTCOME_HIT] = 9;
        made->flags = build < 3 ? SJ_BUILD_EXPIRED : 0;
        for (uint32_t unit = 1; build >= 3 && unit <= 10; unit++) {
            made_sample(&view, made_hit(unit, unit, SJ_NS_PER_S));
        }
    }
    sj_costs_find(&view, &costs);
    sj_series_find(&view, &costs, &(struct sj_series_options){0}, &series);
    cr_expect(fabs(value(SJ_MEASURE_CPU, 0) - 10e9) < 1);
    cr_expect(isnan(value(SJ_MEASURE_CPU, 1)));
    cr_expect(fabs(value(SJ_MEASURE_CPU, 4) - 10e9) < 1);
    cr_expect(fabs(value(SJ_MEASURE_HITS, 2) - 0.9) < 1e-9);
    cr_expect(isnan(value(SJ_MEASURE_UNITS, 0)));
}

Test(series, measures_have_names)
{
    for (int i = 0; i < SJ_MEASURE_COUNT; i++) {
        cr_expect_eq((int)sj_measure_find(sj_measures[i].name), i);
    }
    cr_expect_eq(sj_measure_find("nothing"), SJ_MEASURE_COUNT);
}
