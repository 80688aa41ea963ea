// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What each build's misses were charged to, in few classes that a chart can show. Remembered build
 * by build, so that a year of them is at hand.
 */
#pragma once

#include "dash/scope.h"

/** Classes of causes. */
enum sj_cause_class {
    SJ_CLASS_COMMITS,    /**< commits */
    SJ_CLASS_FIRST,      /**< first builds of units, jobs and configurations */
    SJ_CLASS_COMPILER,   /**< another compiler */
    SJ_CLASS_MACHINE,    /**< system files, environment, arguments, place */
    SJ_CLASS_GENERATED,  /**< generated and uncommitted files */
    SJ_CLASS_UNKNOWN,    /**< commits or inputs are not known */
    SJ_CLASS_EVICTED,    /**< redundant: the cache had dropped it */
    SJ_CLASS_NOT_SHARED, /**< redundant: the cache had it where this build could not take it */
    SJ_CLASS_REDUNDANT,  /**< redundant for other reasons */
    SJ_CLASS_COUNT,
};

/** A class. */
struct sj_cause_class_info {
    const char *name;  /**< in JSON */
    const char *label; /**< for people */
};

/** The classes, by number. */
extern const struct sj_cause_class_info sj_cause_classes[SJ_CLASS_COUNT];

/** The label of a cause's class. @param cause of sj_blame_name() @return label, static; NULL: it is
 * the cause of no miss */
const char *sj_cause_label(const char *cause);

/** CPU of one build's misses. */
struct sj_build_causes {
    bool is_known; /**< false: it was not wanted, or there was no time: ask again */
    uint64_t cpu_ns[SJ_CLASS_COUNT]; /**< by class */
};

/**
 * Find what wanted builds' misses were charged to.
 *
 * @param scope builds
 * @param out   takes an array, one for each build of the view; the caller frees it
 * @param late  takes how many wanted builds are not known yet
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_build_causes_find(const struct sj_scope *scope, struct sj_build_causes **out, size_t *late,
                         struct sj_err *err);
