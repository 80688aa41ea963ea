// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What builds of a branch would have cost had everything missed, and where that stepped, over any
 * number of builds. It is worked out in pieces of 200 builds that overlap by half, the latest
 * first, and pieces are remembered: a new build costs one piece, not a year. Where one piece holds
 * all, it is what `scrubjay trend` says.
 */
#pragma once

#include "analyze/trend.h"
#include "dash/scope.h"

#define SJ_COURSE_UNITS      5 /**< units that are told of a step */
#define SJ_COURSE_CANDIDATES 5 /**< commits that are told of a step */

/** A commit that may have made a step. */
struct sj_course_candidate {
    struct sj_oid commit; /**< its name */
    double share;         /**< of the step's change */
    uint32_t units;       /**< that have to do with it */
};

/** A step. */
struct sj_course_step {
    uint32_t build_before;                       /**< sj_build.number of the last build before it */
    uint32_t build_after;                        /**< of the first one behind it */
    double before;                               /**< level, nanoseconds */
    double after;                                /**< level, nanoseconds */
    double change;                               /**< logarithm */
    double low;                                  /**< of its 95 % interval */
    double high;                                 /**< of its 95 % interval */
    double month_ns;                             /**< CPU in 30 days; NAN: not known */
    bool is_certain;                             /**< far beyond the error */
    uint32_t changed;                            /**< units that differ */
    uint32_t added;                              /**< units that came */
    uint32_t removed;                            /**< units that went */
    uint32_t commits;                            /**< commits between the builds */
    struct sj_trend_unit units[SJ_COURSE_UNITS]; /**< with the largest parts in it */
    uint32_t unit_count;                         /**< length of units */
    struct sj_course_candidate candidates[SJ_COURSE_CANDIDATES]; /**< likeliest first */
    uint32_t candidate_count;                                    /**< length of candidates */
};

/** A course. Zeroed: nothing. */
struct sj_course {
    struct sj_series picked;      /**< its builds as points of the scope's view; no lines */
    double *cpu;                  /**< of each point; NAN: not known */
    struct sj_course_step *steps; /**< by place */
    size_t step_count;            /**< length of steps */
    size_t first;                 /**< points before this one are not worked out yet: there was no
                                       time; ask again */
};

/**
 * Work a course out.
 *
 * @param scope builds
 * @param out   takes it; release with sj_course_release()
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_course_find(const struct sj_scope *scope, struct sj_course *out, struct sj_err *err);

/** Free a course. @param course course, zeroed or NULL */
void sj_course_release(struct sj_course *course);

/** Tell a step of a series as one of a course. @param series series @param from its step @param out
 * takes it */
void sj_course_tell(const struct sj_series *series, const struct sj_trend_step *from,
                    struct sj_course_step *out);
