// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Hits that were compiled again to check them, and what that showed.
 */
#pragma once

#include "dash/scope.h"

#define SJ_AUDITS_KEPT 50 /**< that differed and are kept by name */

/** Audits of some builds. */
struct sj_audits {
    uint64_t count;    /**< hits that were compiled again */
    uint64_t differed; /**< of them, those that gave other bytes */
    uint64_t cpu_ns;   /**< what that cost */
    struct {
        uint32_t unit;      /**< sj_unit.number */
        size_t build;       /**< index in the view */
        uint64_t start_ns;  /**< when */
    } kept[SJ_AUDITS_KEPT]; /**< the latest that differed, in no order */
    size_t kept_count;      /**< length of kept */
};

/**
 * Count audits.
 *
 * @param scope builds; those that are wanted count
 * @param out   takes the counts
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_audits_count(const struct sj_scope *scope, struct sj_audits *out, struct sj_err *err);

/** Add figures, and a table of what differed. @param call call @param scope builds @param audits of
 * it */
void sj_audits_add(const struct sj_dash_call *call, const struct sj_scope *scope,
                   const struct sj_audits *audits);
