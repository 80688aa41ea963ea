// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Factors of machines from compiles of equal keys: the fit behind cost.h.
 */
#pragma once

#include "analyze/cost.h"

/** One measurement. */
struct sj_measurement {
    uint32_t key;   /**< place of its key */
    uint32_t build; /**< index of its build; the view's count of builds: of one outside it */
    double log_ns;  /**< logarithm of its CPU */
};

/** Measurements, by build. */
struct sj_measurements {
    struct sj_measurement *list; /**< sorted by build */
    size_t count;                /**< length of list */
    size_t size;                 /**< allocated */
};

/**
 * Find each build's factor, and the noise.
 *
 * @param view  view
 * @param all   what was measured
 * @param costs keys are set; machines (one more than builds, zeroed), sigma, spread and counts are
 * taken
 */
void sj_machines_find(const struct sj_view *view, const struct sj_measurements *all,
                      struct sj_costs *costs);
