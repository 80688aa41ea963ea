// SPDX-License-Identifier: Apache-2.0
// The fast path of trend.h: one build against the compiles before it, across units.
#include <math.h>
#include <stdlib.h>

#include "analyze/noise.h"
#include "analyze/trend.h"
#include "base/clock.h"
#include "base/mem.h"

#define DAY_NS (86400 * SJ_NS_PER_S)

/** A unit's last compiles. */
struct past {
    float log_ns[SJ_CROSS_BEFORE];
    uint32_t build[SJ_CROSS_BEFORE];
    uint32_t count; // ever; the latest one is at (count - 1) % SJ_CROSS_BEFORE
};

/** What runs through the builds. */
struct walk {
    struct sj_series *series;
    struct past *pasts;  // of each unit
    double *differences; // of one build
    double *weights;     // of each build: its part in what they are against; else 0
    uint32_t *weighed;   // builds whose weight is not 0
    size_t weighed_count;
    struct sj_trend_commit *tests;
    size_t count;
};

static void remember(struct past *past, double log_ns, uint32_t build)
{
    uint32_t at = past->count++ % SJ_CROSS_BEFORE;
    past->log_ns[at] = (float)log_ns;
    past->build[at] = build;
}

static double usual(const struct past *past)
{
    double values[SJ_CROSS_BEFORE];
    size_t count = past->count < SJ_CROSS_BEFORE ? past->count : SJ_CROSS_BEFORE;
    for (size_t i = 0; i < count; i++) {
        values[i] = past->log_ns[i];
    }
    return sj_noise_median(values, count);
}

// Adds a unit's past to the weights of builds.
static void weigh(struct walk *walk, const struct past *past)
{
    uint32_t count = past->count < SJ_CROSS_BEFORE ? past->count : SJ_CROSS_BEFORE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t build = past->build[i];
        if (walk->weights[build] == 0) {
            walk->weighed[walk->weighed_count++] = build;
        }
        walk->weights[build] += 1.0 / count;
    }
}

// How many builds with equal parts tell as much of machines as those that the past comes from; the
// weights are 0 again after.
static double builds_worth(struct walk *walk, size_t units)
{
    double squares = 0;
    for (size_t i = 0; i < walk->weighed_count; i++) {
        double share = walk->weights[walk->weighed[i]] / (double)units;
        squares += share * share;
        walk->weights[walk->weighed[i]] = 0;
    }
    walk->weighed_count = 0;
    return squares > 0 ? 1 / squares : 1;
}

// Only what this build compiled itself tells of its commits.
static bool is_measured(const struct sj_series *series, uint32_t sample)
{
    const struct sj_sample *at = &series->view->samples[sample];
    return at->outcome == SJ_OUTCOME_MISS && at->cpu_ns > 0;
}

static void test_build(struct walk *walk, const struct sj_roster *roster, size_t point)
{
    struct sj_series *series = walk->series;
    size_t build = series->points[point].build;
    size_t count = 0;
    for (size_t i = 0; i < roster->change_count; i++) {
        const struct sj_roster_change *change = &roster->changes[i];
        if (change->after == SJ_NO_KEY) {
            continue;
        }
        double cost_ns = series->costs->keys[change->after].cost_ns;
        if (cost_ns <= 0) {
            continue;
        }
        struct past *past = &walk->pasts[change->unit];
        if (past->count > 0 && is_measured(series, change->sample)) {
            walk->differences[count++] = log(cost_ns) - usual(past);
            weigh(walk, past);
        }
        remember(past, log(cost_ns), (uint32_t)build);
    }
    double worth = builds_worth(walk, count);
    if (point == 0 || count < 2) {
        return;
    }
    const struct sj_cross_input input = {
        .differences = walk->differences,
        .count = count,
        .machine_sigma = series->costs->machines[build].error,
        .builds_before = worth,
        .builds_after = 1,
    };
    walk->tests[walk->count++] =
        (struct sj_trend_commit){.from = point - 1, .to = point, .test = sj_cross_test(&input)};
}

// Tests of one day are judged together.
static void judge_days(struct walk *walk)
{
    SJ_AUTO(sj_auto_free) struct sj_cross *day = sj_calloc(walk->count + 1, sizeof *day);
    for (size_t i = 0, end; i < walk->count; i = end) {
        uint64_t number = walk->series->points[walk->tests[i].to].time_ns / DAY_NS;
        size_t count = 0;
        for (end = i; end < walk->count &&
                      walk->series->points[walk->tests[end].to].time_ns / DAY_NS == number;
             end++) {
            day[count++] = walk->tests[end].test;
        }
        sj_cross_day(day, count);
        for (size_t j = 0; j < count; j++) {
            walk->tests[i + j].test = day[j];
        }
    }
}

void sj_trend_across(struct sj_series *series, struct sj_trend *trend)
{
    size_t units = (size_t)series->costs->unit_end + 1;
    struct walk walk = {.series = series};
    SJ_AUTO(sj_auto_free) struct past *pasts = sj_calloc(units, sizeof *pasts);
    SJ_AUTO(sj_auto_free) double *differences = sj_calloc(units, sizeof *differences);
    SJ_AUTO(sj_auto_free)
    double *weights = sj_calloc(series->view->build_count + 1, sizeof *weights);
    walk.pasts = pasts;
    walk.differences = differences;
    walk.weights = weights;
    SJ_AUTO(sj_auto_free)
    uint32_t *weighed = sj_calloc(series->view->build_count + 1, sizeof *weighed);
    walk.weighed = weighed;
    walk.tests = sj_calloc(series->point_count + 1, sizeof *walk.tests);
    SJ_AUTO(sj_roster_release) struct sj_roster roster;
    sj_roster_init(&roster, series->view, series->costs);
    for (size_t i = 0; i < series->point_count; i++) {
        sj_series_take(series, &roster, i);
        test_build(&walk, &roster, i);
    }
    judge_days(&walk);
    trend->commits_tested = walk.count;
    for (size_t i = 0; i < walk.count; i++) {
        if (walk.tests[i].test.is_significant) {
            walk.tests[trend->commit_count++] = walk.tests[i];
        }
    }
    trend->commits = walk.tests;
}
