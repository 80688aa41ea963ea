// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The parts of the page of misses.
 */
#pragma once

#include "analyze/bill.h"
#include "dash/page.h"
#include "dash/scope.h"

/** CPU of one day, by kind of cause. */
struct sj_miss_day {
    uint64_t day;                         /**< since the epoch, UTC */
    uint64_t cpu_ns[SJ_BLAME_KIND_COUNT]; /**< of compiles charged to each kind */
};

/** The page being made. */
struct sj_misses_page {
    struct sj_dash_call *call; /**< what is asked */
    struct sj_scope scope;     /**< builds */
    struct sj_pool pool;       /**< texts of causes */
    struct sj_bill bill;       /**< of all wanted builds */
    struct sj_miss_day *days;  /**< in no order, then by day */
    size_t day_count;          /**< length of days */
};

/** Add what each day's misses cost, by cause, drawn and summed up. @param page page */
void sj_misses_add_causes(struct sj_misses_page *page);

/** Add what was compiled more than once. @param page page @param err what failed @return 0 or a
 * negative errno */
int sj_misses_add_repeats(struct sj_misses_page *page, struct sj_err *err);

/** Add generated files that change in nearly every build. @param page page */
void sj_misses_add_volatile(struct sj_misses_page *page);

/** Add what was not cached, and what could not be stored, by reason. @param page page @param err
 * what failed @return 0 or a negative errno */
int sj_misses_add_reasons(struct sj_misses_page *page, struct sj_err *err);
