// SPDX-License-Identifier: Apache-2.0
#include "analyze/noise.h"

#include <assert.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/mem.h"

// What a standard normal variable has: its median distance from 0, as a share of its deviation.
#define NORMAL_MAD 0.6745
// Two neighbours' difference has sqrt(2) times the deviation of each.
#define NEIGHBOUR_MAD 0.9539
// Quantile of the normal distribution for 95 %, both sides.
#define NORMAL_95 1.959964

// From this ratio of lag 4 to lag 1 on, a series counts as drifting, and its noise is raised.
#define DRIFT_LAG   4
#define DRIFT_FROM  1.15
#define DRIFT_RAISE 1.25
// In shorter series one step would lie between so many points of lag 4 that it passed for drift.
#define DRIFT_COUNT 40

static void swap(double *a, double *b)
{
    double held = *a;
    *a = *b;
    *b = held;
}

// Puts the smallest, middle and largest of three places in order, so that sorted input is no worst
// case; gives the middle one.
static double pivot_of(double *values, size_t low, size_t high)
{
    size_t middle = low + (high - low) / 2;
    if (values[middle] < values[low]) {
        swap(&values[middle], &values[low]);
    }
    if (values[high] < values[low]) {
        swap(&values[high], &values[low]);
    }
    if (values[high] < values[middle]) {
        swap(&values[high], &values[middle]);
    }
    return values[middle];
}

// Puts what is below a pivot in front of what is above it. Ends are signed: the right one may pass
// the first place.
static void part(double *values, ptrdiff_t *left, ptrdiff_t *right)
{
    double pivot = pivot_of(values, (size_t)*left, (size_t)*right);
    while (*left <= *right) {
        while (values[*left] < pivot) {
            ++*left;
        }
        while (values[*right] > pivot) {
            --*right;
        }
        if (*left <= *right) {
            swap(&values[(*left)++], &values[(*right)--]);
        }
    }
}

// Puts the value that would stand at `nth` in sorted order there, smaller ones before it, larger
// ones behind.
static double select_nth(double *values, size_t count, size_t nth)
{
    ptrdiff_t low = 0;
    ptrdiff_t high = (ptrdiff_t)count - 1;
    ptrdiff_t wanted = (ptrdiff_t)nth;
    while (low < high) {
        ptrdiff_t left = low;
        ptrdiff_t right = high;
        part(values, &left, &right);
        if (wanted <= right) {
            high = right;
        } else if (wanted >= left) {
            low = left;
        } else {
            break;
        }
    }
    return values[nth];
}

double sj_noise_median(double *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    double upper = select_nth(values, count, count / 2);
    if (count % 2 == 1) {
        return upper;
    }
    double lower = values[0];
    for (size_t i = 1; i < count / 2; i++) {
        lower = values[i] > lower ? values[i] : lower;
    }
    return lower + (upper - lower) / 2;
}

double sj_noise_spread(double *values, size_t count, double centre)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = fabs(values[i] - centre);
    }
    return sj_noise_median(values, count) / NORMAL_MAD;
}

// Median distance of points `lag` apart.
static double lag_distance(const double *values, size_t count, size_t lag, double *scratch)
{
    for (size_t i = 0; i + lag < count; i++) {
        scratch[i] = fabs(values[i + lag] - values[i]);
    }
    return count > lag ? sj_noise_median(scratch, count - lag) : 0;
}

struct sj_noise sj_noise_of(const double *values, size_t count)
{
    struct sj_noise noise = {.sigma = SJ_NOISE_FLOOR};
    if (count < 2) {
        return noise;
    }
    SJ_AUTO(sj_auto_free) double *scratch = sj_calloc(count, sizeof *scratch);
    double near = lag_distance(values, count, 1, scratch);
    double far = lag_distance(values, count, DRIFT_LAG, scratch);
    noise.sigma = fmax(near / NEIGHBOUR_MAD, SJ_NOISE_FLOOR);
    // Where neighbours are equal, the series has no noise that could drift.
    if (count >= DRIFT_COUNT && near > 0 && far / near > DRIFT_FROM) {
        noise.sigma *= DRIFT_RAISE * far / near;
        noise.is_drifting = true;
    }
    return noise;
}

struct sj_shift sj_noise_shift(const double *before, size_t before_count, const double *after,
                               size_t after_count)
{
    assert(before_count > 0 && after_count > 0);
    if (before_count > SJ_SHIFT_MAX) {
        before += before_count - SJ_SHIFT_MAX;
        before_count = SJ_SHIFT_MAX;
    }
    after_count = after_count > SJ_SHIFT_MAX ? SJ_SHIFT_MAX : after_count;
    size_t pairs = before_count * after_count;
    SJ_AUTO(sj_auto_free) double *differences = sj_calloc(pairs, sizeof *differences);
    for (size_t i = 0; i < before_count; i++) {
        for (size_t j = 0; j < after_count; j++) {
            differences[i * after_count + j] = after[j] - before[i];
        }
    }
    double total = (double)(before_count + after_count + 1);
    double rank = floor((double)pairs / 2 - NORMAL_95 * sqrt((double)pairs * total / 12) + 0.5);
    size_t cut = rank >= 1 ? (size_t)rank - 1 : 0;
    struct sj_shift result = {.shift = sj_noise_median(differences, pairs)};
    result.low = select_nth(differences, pairs, cut);
    result.high = select_nth(differences, pairs, pairs - 1 - cut);
    return result;
}

double sj_noise_chance(double z)
{
    return erfc(fabs(z) / M_SQRT2);
}

static int by_chance(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

size_t sj_noise_discover(const double *chances, size_t count, double share, bool *holds)
{
    if (count == 0) {
        return 0;
    }
    SJ_AUTO(sj_auto_free) double *sorted = sj_calloc(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = chances[i];
    }
    qsort(sorted, count, sizeof *sorted, by_chance);
    double limit = -1;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] <= share * (double)(i + 1) / (double)count) {
            limit = sorted[i];
        }
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        holds[i] = chances[i] <= limit;
        found += holds[i];
    }
    return found;
}
