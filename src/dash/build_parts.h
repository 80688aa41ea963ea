// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The parts of the page of one build: what they share.
 */
#pragma once

#include "analyze/bill.h"
#include "analyze/trace_cause.h"
#include "dash/cells.h"
#include "dash/scope.h"

/** Classes of actions, as they are drawn. */
enum sj_bar {
    SJ_BAR_NECESSARY, /**< compiled: no cache could have helped */
    SJ_BAR_REDUNDANT, /**< compiled: a better cache would have made it a hit */
    SJ_BAR_BYPASS,    /**< not a thing to cache */
    SJ_BAR_FAILED,    /**< the tool failed */
    SJ_BAR_ERROR,     /**< our own machinery failed */
    SJ_BAR_HIT,       /**< restored from the cache */
    SJ_BAR_COUNT,
};

/** A build, as its page needs it. */
struct sj_build_page {
    struct sj_dash_call *call;     /**< what is asked */
    const struct sj_build *build;  /**< which */
    struct sj_scope scope;         /**< all builds of its project that may be seen */
    uint32_t index;                /**< of the build among them */
    struct sj_pool pool;           /**< texts of causes */
    struct sj_causes *causes;      /**< with the build loaded */
    struct sj_feed_trace trace;    /**< its actions, with causes */
    struct sj_bill bill;           /**< its bill */
    uint32_t *path;                /**< critical path, its actions from the last to the first */
    size_t path_count;             /**< length of path; 0: not known */
    bool *is_on_path;              /**< by action */
    uint64_t start_ns;             /**< where time begins in its charts */
    uint64_t end_ns;               /**< where it ends */
    uint64_t cpu_ns[SJ_BAR_COUNT]; /**< by class */
    uint64_t count[SJ_BAR_COUNT];  /**< by class */
};

/** A class's name, as in JSON and style sheets. @param bar class @return "hit", "necessary", … */
const char *sj_bar_name(enum sj_bar bar);

/** The class of an action. @param page page @param index of the action @return class */
enum sj_bar sj_bar_of(const struct sj_build_page *page, size_t index);

/** Add the waterfall, what ran at once, and where wall time went. @param page page */
void sj_build_add_times(const struct sj_build_page *page);

/** Find the critical path: the chain of actions that ended last. @param page page; path, path_count
 * and is_on_path are filled; the caller frees them */
void sj_build_find_path(struct sj_build_page *page);

/** Add the critical path, as far as it is known. @param page page */
void sj_build_add_path(const struct sj_build_page *page);

/** Add what the CPU of the build was charged to, and its dearest units. @param page page @param err
 * what failed @return 0 or a negative errno */
int sj_build_add_causes(struct sj_build_page *page, struct sj_err *err);
