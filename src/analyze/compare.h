// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Two builds, unit by unit: what each costs in both, what differs in what it is made from, and
 * whether the difference is more than noise.
 * Source: docs/trends.md, "Comparing".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/cost.h"
#include "analyze/cross.h"

/** What a unit's costs in two builds may be explained by. */
enum sj_compare_why {
    SJ_COMPARE_SAME,    /**< the same key: any difference is noise */
    SJ_COMPARE_INPUTS,  /**< inputs differ */
    SJ_COMPARE_CONFIG,  /**< it is compiled in another way; inputs may differ, too */
    SJ_COMPARE_UNKNOWN, /**< what it read is not known in one of the builds */
    SJ_COMPARE_ADDED,   /**< it came */
    SJ_COMPARE_REMOVED, /**< it went */
    SJ_COMPARE_UNNAMED, /**< one of the builds did not name it, being one in a used work tree */
};

/** A reason's name, as in JSON. @param why reason @return "same", "inputs", … */
const char *sj_compare_name(enum sj_compare_why why);

/** A unit in two builds. Samples are the view's. */
struct sj_compare_row {
    uint32_t unit;             /**< sj_unit.number */
    enum sj_compare_why why;   /**< what differs */
    const struct sj_sample *a; /**< in the first build; NULL: not there */
    const struct sj_sample *b; /**< in the second build; NULL: not there */
    double cost_a;             /**< CPU of a compile there, machines taken off; 0: not known */
    double cost_b;             /**< the same of the second build */
    double z;                  /**< difference of logarithms in standard errors; 0: not known */
    unsigned stars;            /**< 0 to 3: chances below 5 %, 1 %, 0.1 % */
    uint32_t inputs_changed;   /**< inputs of both whose contents differ */
    uint32_t inputs_added;     /**< inputs of the second one alone */
    uint32_t inputs_removed;   /**< inputs of the first one alone */
    bool has_bytes;            /**< both record their bytes */
    int64_t input_bytes;       /**< bytes of inputs more than before */
    int64_t output_bytes;      /**< bytes of outputs more than before */
};

/** Two builds. */
struct sj_compare {
    size_t a;                    /**< index of the first build */
    size_t b;                    /**< index of the second build */
    struct sj_compare_row *rows; /**< units that either names, largest difference of CPU first */
    size_t count;                /**< length of rows */
    size_t same;                 /**< rows with the same key */
    size_t dearer;               /**< units significantly dearer: one star or more */
    size_t cheaper;              /**< units significantly cheaper */
    size_t added;                /**< units that came */
    size_t removed;              /**< units that went */
    size_t unnamed;              /**< units that one build did not name */
    double total_a;              /**< CPU if all missed of the first build */
    double total_b;              /**< of the second one */
    double chance;               /**< of such a change of the total by noise alone */
    struct sj_cross changed;     /**< the units whose key differs, together */
};

/** Free rows. @param compare comparison, zeroed or NULL */
void sj_compare_release(struct sj_compare *compare);

/**
 * Compare two builds.
 *
 * @param view  view with hits and misses of both, and of others: they tell of noise
 * @param costs its costs
 * @param a     index of the first build
 * @param b     index of the second build
 * @param out   takes the comparison; release with sj_compare_release()
 */
void sj_compare_builds(const struct sj_view *view, const struct sj_costs *costs, size_t a, size_t b,
                       struct sj_compare *out);
