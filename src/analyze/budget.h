// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Budgets of a change, and whether it stays within them.
 */
#pragma once

#include "analyze/forecast.h"

/** Budgets. 0: none. */
struct sj_budgets {
    double max_total_increase; /**< of the CPU of all units, as a share */
    uint64_t max_charge_ns;    /**< CPU of what one change compiles anew */
    uint64_t max_fan_out;      /**< units that read any one changed file */
};

/** Which budget. */
enum sj_budget_kind {
    SJ_BUDGET_TOTAL_INCREASE,
    SJ_BUDGET_CHARGE,
    SJ_BUDGET_FAN_OUT,
    SJ_BUDGET_COUNT,
};

/** What the numbers of a budget are. */
enum sj_budget_unit {
    SJ_BUDGET_SHARE, /**< share is set */
    SJ_BUDGET_TIME,  /**< number is CPU in nanoseconds */
    SJ_BUDGET_UNITS, /**< number is units */
};

/** A change held against one budget. */
struct sj_verdict {
    enum sj_budget_unit unit; /**< what the numbers are */
    bool is_set;              /**< there is such a budget */
    bool is_over;             /**< the change does not stay within it */
    bool is_measured;         /**< the value is of a build, not of a forecast */
    uint64_t number;          /**< value */
    uint64_t limit;           /**< budget */
    double share;             /**< value, of SJ_BUDGET_SHARE */
    double share_limit;       /**< budget, of SJ_BUDGET_SHARE */
    uint32_t path; /**< of fan-out: place of the file among the changes; UINT32_MAX: none */
};

/** What a build of the change really came to. */
struct sj_measured {
    uint32_t build;     /**< its index */
    uint64_t charge_ns; /**< CPU of what had changed */
    size_t units;       /**< how many units had */
    double increase;    /**< of the CPU of all units, as a share; may be negative */
};

/**
 * Find what a commit's build came to.
 *
 * @param view   view; with the outcomes hit, miss and bypass
 * @param commit its place
 * @param out    takes it
 * @return 0, -ENOENT (it was not built, or nothing before it) or another negative errno
 *
 * Units that both builds know cost what they cost now, the machine taken out by the median over
 * all that were compiled: so one unit that became dear counts, and a busy machine does not.
 */
int sj_measure(const struct sj_view *view, uint32_t commit, struct sj_measured *out);

/**
 * Hold a change against budgets.
 *
 * @param budgets  budgets
 * @param forecast forecast of it
 * @param measured what its build came to; NULL: the forecast counts
 * @param out      takes a verdict for each kind
 * @return whether it stays within all of them
 */
bool sj_budgets_judge(const struct sj_budgets *budgets, const struct sj_forecast *forecast,
                      const struct sj_measured *measured, struct sj_verdict out[SJ_BUDGET_COUNT]);
