// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Parts of the page of a commit: which units it had compiled, what was to be expected of it, and
 * how much dearer or cheaper it made them.
 */
#pragma once

#include "dash/scope.h"

/** A build that a commit was charged in. */
struct sj_commit_build {
    size_t build;       /**< index in the view */
    uint64_t charge_ns; /**< its share there */
    uint64_t compiles;  /**< that it had a part in */
};

/** A commit and what is known of it. */
struct sj_commit_told {
    const struct sj_scope *scope;   /**< builds */
    struct sj_oid id;               /**< its name */
    const struct sj_commit *commit; /**< of the history; NULL: not there */
    bool is_drill;                  /**< it was charged as a part of merges */
    struct sj_bill *bill;           /**< of the builds that have it in them */
    struct sj_commit_build *builds; /**< where it was charged, by place in the view */
    size_t build_count;             /**< length of builds */
    uint64_t compiled;              /**< units that it had compiled in the first of its builds;
                                         taken by sj_commit_units() */
    uint64_t compiled_ns;           /**< … and their CPU */
    uint32_t first;                 /**< the build that the prediction is held against: the
                                         first one of the commit itself; UINT32_MAX: none */
};

/**
 * Add what a commit had compiled: by directory, what that did and was expected to, unit by unit.
 *
 * @param told commit; compiled and compiled_ns are taken
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_commit_units(struct sj_commit_told *told, struct sj_err *err);

/**
 * Add what was predicted and what came, and the change of the units' CPU.
 *
 * @param told commit, with compiled and compiled_ns
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_commit_effect(const struct sj_commit_told *told, struct sj_err *err);
