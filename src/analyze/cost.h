// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What each compile of a view costs, apart from the machine that it ran on. Within one key (the
 * same unit, inputs and configuration) the work is the same, so compiles of one key in several
 * builds tell how fast the builds' machines were; audits make such compiles where a cache leaves
 * none. The model is log cpu = cost(key) + machine(build) + noise, fitted by medians.
 * Source: docs/trends.md, "Machines"; Tukey, "Exploratory Data Analysis", 1977 (median polish).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/view.h"

#define SJ_NO_KEY UINT32_MAX /**< no key: a sample that is no successful compile nor a hit */

/** What is compiled: equal keys are equal work. */
struct sj_cost_key {
    uint32_t unit;     /**< sj_unit.number */
    uint32_t state;    /**< of its inputs; 0: not known, then own_ns tells compiles apart */
    uint32_t config;   /**< how it is compiled */
    uint32_t compiles; /**< how often it was measured in the view: misses and audits */
    uint32_t sample;   /**< its latest compile in the view, else its latest hit: index */
    uint32_t build;    /**< build of the sample: index */
    uint64_t own_ns;   /**< where state is not known: CPU of the compile as recorded; else 0 */
    double cost_ns;    /**< CPU of one compile on the usual machine; 0: not known */
};

/** How fast the machine was while a build ran. Logarithms: 0 is usual, 0.1 is 10 % slower. */
struct sj_machine {
    double factor;     /**< what to take off */
    double error;      /**< its standard error */
    uint32_t controls; /**< compiles that it comes from; 0: it is that of the machine's other
                          builds, or 0 */
};

/** Costs of a view. */
struct sj_costs {
    uint32_t *key_of;            /**< of each sample of the view: place in keys, or SJ_NO_KEY */
    uint32_t *unit_of;           /**< of each sample of the view: its unit, close together for those
                                      who walk through all of them */
    struct sj_cost_key *keys;    /**< keys */
    size_t key_count;            /**< length of keys */
    struct sj_machine *machines; /**< of each build of the view; one more stands for all others */
    double sigma;                /**< noise of one compile: deviation of its logarithm */
    double spread;               /**< how builds' factors differ: deviation */
    size_t controls;             /**< compiles that took part in finding the factors */
    size_t control_builds;       /**< builds with a control */
    bool is_sigma_assumed;       /**< too few controls: sigma and spread are what a busy virtual
                                      machine showed */
    uint32_t unit_end;           /**< larger than every unit's number */
    uint64_t audits;             /**< hits that were compiled again */
    uint64_t audits_differed;    /**< … and gave other bytes */
    uint64_t audits_ns;          /**< … and what that cost */
};

/** Free what costs hold. @param costs costs, zeroed or NULL */
void sj_costs_release(struct sj_costs *costs);

/**
 * Work out the costs of a view.
 *
 * @param view view with hits and misses loaded
 * @param out  takes them; release with sj_costs_release()
 */
void sj_costs_find(const struct sj_view *view, struct sj_costs *out);
