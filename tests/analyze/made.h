// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Views made of numbers, without a database: for analyses that only look at samples and builds.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "analyze/view.h"
#include "base/clock.h"
#include "base/mem.h"

#define MADE_DAY_NS (86400 * SJ_NS_PER_S)

/** Add a build. @param view view under construction @param machine its name @return its index */
static inline size_t made_build(struct sj_view *view, const char *machine)
{
    size_t index = view->build_count++;
    view->builds = sj_realloc(view->builds, view->build_count, sizeof *view->builds);
    view->is_context = sj_realloc(view->is_context, view->build_count, sizeof *view->is_context);
    view->is_context[index] = false;
    view->builds[index] = (struct sj_view_build){
        .build = {.number = (uint32_t)index + 1,
                  .id = "",
                  .project = "",
                  .branch = "main",
                  .target = "",
                  .pull = "",
                  .run = "",
                  .job = "",
                  .system = "",
                  .machine = machine,
                  .labels = "",
                  .root = "",
                  .url = "",
                  .start_ns = (index + 1) * MADE_DAY_NS},
        .commit = SJ_NO_COMMIT,
        .reference = index ? (uint32_t)index - 1 : UINT32_MAX,
        .first = view->sample_count,
    };
    return index;
}

/** Add a sample to the last build; units come in order. @param view view @param sample sample */
static inline void made_sample(struct sj_view *view, struct sj_sample sample)
{
    struct sj_view_build *build = &view->builds[view->build_count - 1];
    view->samples = sj_realloc(view->samples, view->sample_count + 1, sizeof *view->samples);
    sample.build = build->build.number;
    view->samples[view->sample_count++] = sample;
    build->count++;
}

/** A compile of a unit. */
static inline struct sj_sample made_miss(uint32_t unit, uint32_t state, uint64_t cpu_ns)
{
    return (struct sj_sample){
        .unit = unit, .state = state, .config = 1, .cpu_ns = cpu_ns, .outcome = SJ_OUTCOME_MISS};
}

/** A hit of a unit. */
static inline struct sj_sample made_hit(uint32_t unit, uint32_t state, uint64_t saved_ns)
{
    return (struct sj_sample){
        .unit = unit, .state = state, .config = 1, .saved_ns = saved_ns, .outcome = SJ_OUTCOME_HIT};
}

/** Some noise, the same for the same seed: deviation 1, bounded. */
static inline double made_noise(uint64_t seed)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t z = (seed ^ (seed >> 31)) * 0x94d049bb133111ebu;
        sum += (double)(z >> 11) * 0x1p-53;
    }
    return sum - 6;
}
