// SPDX-License-Identifier: Apache-2.0
#include "analyze/cross.h"

#include <math.h>
#include <string.h>

#include "analyze/noise.h"
#include "base/cleanup.h"
#include "base/mem.h"

// Standard error of a median against that of a mean, for normal noise: sqrt(pi / 2).
#define MEDIAN_ERROR 1.2533

struct sj_cross sj_cross_test(const struct sj_cross_input *input)
{
    struct sj_cross result = {.count = input->count, .chance = 1};
    if (input->count < 2) {
        result.change = input->count ? input->differences[0] : 0;
        return result;
    }
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(input->count, sizeof *values);
    memcpy(values, input->differences, input->count * sizeof *values);
    result.change = sj_noise_median(values, input->count);
    // The floor keeps a handful of equal differences from being taken for certainty.
    double spread = fmax(sj_noise_spread(values, input->count, result.change), SJ_NOISE_FLOOR);
    double own = MEDIAN_ERROR * spread;
    double machine = input->machine_sigma;
    double builds = 1 / fmax(1, input->builds_before) + 1 / fmax(1, input->builds_after);
    result.error = sqrt(own * own / (double)input->count + machine * machine * builds);
    double z = result.change / result.error;
    result.chance = sj_noise_chance(z);
    result.is_significant = fabs(z) > SJ_CROSS_SIGMAS && fabs(result.change) >= SJ_CROSS_CHANGE;
    return result;
}

void sj_cross_day(struct sj_cross *tests, size_t count)
{
    if (count == 0) {
        return;
    }
    SJ_AUTO(sj_auto_free) double *chances = sj_calloc(count, sizeof *chances);
    SJ_AUTO(sj_auto_free) bool *holds = sj_calloc(count, sizeof *holds);
    for (size_t i = 0; i < count; i++) {
        chances[i] = tests[i].chance;
    }
    (void)sj_noise_discover(chances, count, SJ_CROSS_DISCOVERY, holds);
    for (size_t i = 0; i < count; i++) {
        tests[i].is_significant = tests[i].is_significant && holds[i];
    }
}
