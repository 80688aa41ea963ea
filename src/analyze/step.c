// SPDX-License-Identifier: Apache-2.0
#include "analyze/step.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "analyze/noise.h"

// Mean distance of a normal variable from its median, in deviations: a point of pure noise costs 1.
#define NORMAL_MEAN_DISTANCE 0.798

const struct sj_step_rule sj_step_alert = {
    .min_segment = 5,
    .penalty = 3,
    .min_change = 0.0198, // 2 %
};

const struct sj_step_rule sj_step_chart = {
    .min_segment = 3,
    .penalty = 3,
    .min_change = 0.0198,
};

/** Numbers in order, and what their distances from their median add up to. */
struct sorted {
    double values[SJ_STEP_WINDOW];
    size_t count;
    double low;  // sum of the lower half, the middle one excepted
    double high; // sum of the upper half
};

// The halves' sums follow each insertion, so that the cost of a segment is a subtraction. Moving
// the tail of a window of 200 numbers is cheaper than any heap.
static void sorted_add(struct sorted *sorted, double value)
{
    size_t from = 0;
    size_t to = sorted->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (sorted->values[middle] <= value) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    size_t half = sorted->count / 2;
    if (sorted->count % 2 == 1) {
        double middle = sorted->values[half];
        sorted->low += from <= half ? value : middle;
        sorted->high += from <= half ? middle : value;
    } else if (from < half) {
        sorted->low += value - sorted->values[half - 1];
    } else if (from > half) {
        sorted->high += value - sorted->values[half];
    }
    memmove(&sorted->values[from + 1], &sorted->values[from],
            (sorted->count - from) * sizeof *sorted->values);
    sorted->values[from] = value;
    sorted->count++;
}

/** The best partition of the first points, for each number of points. */
struct partition {
    double cost[SJ_STEP_WINDOW + 1];
    size_t last[SJ_STEP_WINDOW + 1]; // where its last segment begins
};

static void partition(const double *y, size_t count, const struct sj_step_rule *rule, double sigma,
                      struct partition *best)
{
    double price = rule->penalty * log((double)count);
    double unit = NORMAL_MEAN_DISTANCE * sigma;
    best->cost[0] = -price;
    for (size_t t = 1; t <= count; t++) {
        struct sorted segment;
        segment.count = 0;
        segment.low = 0;
        segment.high = 0;
        best->cost[t] = INFINITY;
        best->last[t] = 0;
        // Longer segments win ties: fewer steps.
        for (size_t r = t; r-- > 0;) {
            sorted_add(&segment, y[r]);
            if (t - r < rule->min_segment || (r > 0 && r < rule->min_segment)) {
                continue;
            }
            double cost = best->cost[r] + (segment.high - segment.low) / unit + price;
            if (cost <= best->cost[t]) {
                best->cost[t] = cost;
                best->last[t] = r;
            }
        }
    }
}

static double median_of(const double *y, size_t from, size_t to)
{
    double values[SJ_STEP_WINDOW];
    memcpy(values, &y[from], (to - from) * sizeof *values);
    return sj_noise_median(values, to - from);
}

/** Segments of a window: begin[i] to begin[i + 1]. */
struct segments {
    size_t begin[SJ_STEP_MAX + 3];
    double level[SJ_STEP_MAX + 2];
    size_t count;
};

static void backtrack(const double *y, size_t count, const struct partition *best,
                      struct segments *out)
{
    size_t segments = 0;
    for (size_t t = count; t > 0; t = best->last[t]) {
        segments++;
    }
    assert(segments <= SJ_STEP_MAX + 1);
    out->count = segments;
    out->begin[segments] = count;
    for (size_t t = count; t > 0; t = best->last[t]) {
        out->begin[--segments] = best->last[t];
    }
    for (size_t i = 0; i < out->count; i++) {
        out->level[i] = median_of(y, out->begin[i], out->begin[i + 1]);
    }
}

// The smallest change goes first; two levels that become one may differ from their neighbours
// enough, or no more.
static void merge_small(const double *y, double limit, struct segments *segments)
{
    while (segments->count > 1) {
        size_t smallest = 0;
        double change = INFINITY;
        for (size_t i = 0; i + 1 < segments->count; i++) {
            double here = fabs(segments->level[i + 1] - segments->level[i]);
            if (here < change) {
                change = here;
                smallest = i;
            }
        }
        if (change >= limit) {
            return;
        }
        size_t behind = segments->count - smallest - 1;
        memmove(&segments->begin[smallest + 1], &segments->begin[smallest + 2],
                behind * sizeof *segments->begin);
        memmove(&segments->level[smallest + 1], &segments->level[smallest + 2],
                (behind - 1) * sizeof *segments->level);
        segments->count--;
        segments->level[smallest] =
            median_of(y, segments->begin[smallest], segments->begin[smallest + 1]);
    }
}

void sj_steps_find(const double *values, size_t count, const struct sj_step_rule *rule,
                   struct sj_steps *out)
{
    assert(rule->min_segment >= 3);
    out->count = 0;
    out->first = count > SJ_STEP_WINDOW ? count - SJ_STEP_WINDOW : 0;
    const double *y = values + out->first;
    count -= out->first;
    struct sj_noise noise = sj_noise_of(y, count);
    out->sigma = noise.sigma;
    out->is_drifting = noise.is_drifting;
    if (count < 2 * rule->min_segment) {
        return;
    }
    struct partition best;
    partition(y, count, rule, noise.sigma, &best);
    struct segments segments;
    backtrack(y, count, &best, &segments);
    merge_small(y, fmax(rule->min_change, 0.5 * noise.sigma), &segments);
    for (size_t i = 0; i + 1 < segments.count; i++) {
        size_t at = segments.begin[i + 1];
        size_t begin = segments.begin[i];
        size_t end = segments.begin[i + 2];
        struct sj_shift shift = sj_noise_shift(y + begin, at - begin, y + at, end - at);
        out->list[out->count++] = (struct sj_step){
            .at = out->first + at,
            .begin = out->first + begin,
            .end = out->first + end,
            .before = segments.level[i],
            .after = segments.level[i + 1],
            .low = shift.low,
            .high = shift.high,
        };
    }
}
