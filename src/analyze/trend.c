// SPDX-License-Identifier: Apache-2.0
#include "analyze/trend.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/around.h"
#include "analyze/candidates.h"
#include "analyze/step.h"
#include "base/clock.h"
#include "base/mem.h"

#define SURE_FROM     3.5 // standard errors from which a step is certain: many places are looked at
#define HERE_AT_LEAST 0.4 // part of a step that the builds around it show
#define QUANTILE      1.96
#define JUMP_FROM     0.5 // of a step in one build, from which that build is its place
#define REACH         3   // builds beside a step that may be its place
#define DAY_NS        (86400.0 * SJ_NS_PER_S)
#define MONTH_NS      (30 * DAY_NS)

void sj_trend_release(struct sj_trend *trend)
{
    if (trend) {
        free(trend->steps);
        free(trend->commits);
        *trend = (struct sj_trend){0};
    }
}

static void add_step(struct sj_trend *trend, const struct sj_trend_step *step)
{
    trend->steps = sj_realloc(trend->steps, trend->step_count + 1, sizeof *trend->steps);
    trend->steps[trend->step_count++] = *step;
}

// Where the series jumps by more than half of the step within three builds of its place, that is
// the place: noise can move what the partition finds by a build or two.
static size_t place_of(const double *values, const struct sj_step *step)
{
    double change = step->after - step->before;
    size_t best = step->at;
    double largest = fmax((values[best] - values[best - 1]) / change, JUMP_FROM);
    size_t from = step->at > step->begin + REACH ? step->at - REACH : step->begin + 1;
    for (size_t i = from; i <= step->at + REACH && i < step->end; i++) {
        double jump = (values[i] - values[i - 1]) / change;
        if (jump > largest) {
            largest = jump;
            best = i;
        }
    }
    return best;
}

static void find_line(const struct sj_series *series, size_t index, struct sj_trend *trend)
{
    const struct sj_series_line *line = &series->lines[index];
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(series->point_count + 1, sizeof *values);
    SJ_AUTO(sj_auto_free) size_t *points = sj_calloc(series->point_count + 1, sizeof *points);
    size_t count = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        if (line->values[i] > 0 && isfinite(line->values[i])) {
            points[count] = i;
            values[count++] = log(line->values[i]);
        }
    }
    struct sj_steps steps;
    sj_steps_find(values, count, &sj_step_alert, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        const struct sj_step *at = &steps.list[i];
        size_t place = place_of(values, at);
        add_step(trend, &(struct sj_trend_step){
                            .line = index,
                            .from = points[place - 1],
                            .to = points[place],
                            .before = exp(at->before),
                            .after = exp(at->after),
                            .change = at->after - at->before,
                            .low = at->low,
                            .high = at->high,
                            .month_ns = NAN,
                        });
    }
}

static int by_place(const void *a, const void *b)
{
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    return (left > right) - (left < right);
}

// Places of all steps, once each.
static size_t places_of(const struct sj_trend *trend, size_t *places)
{
    for (size_t i = 0; i < trend->step_count; i++) {
        places[i] = trend->steps[i].to;
    }
    qsort(places, trend->step_count, sizeof *places, by_place);
    size_t count = 0;
    for (size_t i = 0; i < trend->step_count; i++) {
        if (count == 0 || places[count - 1] != places[i]) {
            places[count++] = places[i];
        }
    }
    return count;
}

// How often each unit missed in the whole view: pull requests pay, too.
static void count_misses(const struct sj_view *view, uint32_t *misses)
{
    for (size_t i = 0; i < view->sample_count; i++) {
        misses[view->samples[i].unit] += view->samples[i].outcome == SJ_OUTCOME_MISS;
    }
}

static double span_ns(const struct sj_series *series)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        uint64_t time = series->points[i].time_ns;
        low = time < low ? time : low;
        high = time > high ? time : high;
    }
    return high > low ? (double)(high - low) : 0;
}

// Of a span of hours no month follows.
static double interest(const struct sj_series *series, const struct sj_around *around,
                       const uint32_t *misses)
{
    double span = span_ns(series);
    if (span < DAY_NS) {
        return NAN;
    }
    double sum = 0;
    for (size_t i = 0; i < around->count; i++) {
        const struct sj_around_unit *unit = &around->units[i];
        sum += (unit->after - unit->before) * misses[unit->unit];
    }
    return sum * MONTH_NS / span;
}

static void tell_units(const struct sj_around *around, struct sj_trend_step *step)
{
    for (size_t i = 0; i < around->count; i++) {
        const struct sj_around_unit *unit = &around->units[i];
        step->added += unit->key_before == SJ_NO_KEY;
        step->removed += unit->key_after == SJ_NO_KEY;
        step->changed += unit->key_before != SJ_NO_KEY && unit->key_after != SJ_NO_KEY;
        if (i < SJ_TREND_UNITS) {
            step->units[step->unit_count++] =
                (struct sj_trend_unit){unit->unit, unit->before, unit->after};
        }
    }
}

// A series that a cache feeds repeats each measurement until the next, so its own calm says nothing
// of how sure a level is: what was really measured does. And a step that the builds around it do
// not show is none: the series came there little by little.
static void judge(struct sj_trend_step *step, const struct sj_around *around, bool is_noisy)
{
    step->is_certain = true;
    if (!is_noisy) {
        return;
    }
    step->error = 2 * around->error / (step->before + step->after);
    double here = 2 * around->change / (step->before + step->after);
    step->is_certain = fabs(step->change) > SURE_FROM * step->error &&
                       fabs(here) > SURE_FROM * step->error && here * step->change > 0 &&
                       fabs(here) > HERE_AT_LEAST * fabs(step->change);
    step->low = fmin(step->low, step->change - QUANTILE * step->error);
    step->high = fmax(step->high, step->change + QUANTILE * step->error);
}

static void explain(struct sj_series *series, const struct sj_arounds *arounds,
                    const uint32_t *misses, struct sj_trend_step *step)
{
    const struct sj_series_line *line = &series->lines[step->line];
    struct sj_around around;
    if (!sj_around_units(arounds, line, step->to, &around)) {
        sj_candidates_find(series, NULL, step);
        return;
    }
    tell_units(&around, step);
    judge(step, &around, sj_measures[line->measure].is_noisy);
    if (line->measure == SJ_MEASURE_CPU) {
        step->month_ns = interest(series, &around, misses);
    }
    sj_candidates_find(series, &around, step);
    sj_around_release(&around);
}

void sj_trend_find(struct sj_series *series, struct sj_trend *out)
{
    *out = (struct sj_trend){0};
    for (size_t i = 0; i < series->line_count; i++) {
        if (sj_measures[series->lines[i].measure].has_steps) {
            find_line(series, i, out);
        }
    }
    sj_trend_across(series, out);
    if (out->step_count == 0) {
        return;
    }
    SJ_AUTO(sj_auto_free) size_t *places = sj_calloc(out->step_count, sizeof *places);
    size_t count = places_of(out, places);
    struct sj_arounds arounds;
    sj_arounds_find(series, places, count, &arounds);
    SJ_AUTO(sj_auto_free)
    uint32_t *misses = sj_calloc((size_t)series->costs->unit_end + 1, sizeof *misses);
    count_misses(series->view, misses);
    for (size_t i = 0; i < out->step_count; i++) {
        explain(series, &arounds, misses, &out->steps[i]);
    }
    sj_arounds_release(&arounds);
}
