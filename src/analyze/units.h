// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The units of one job as they stand after a build: which inputs each of them has, and what it
 * costs. A build that compiles only what changed leaves the rest as builds before it left it, so
 * the units are gathered along the chain of references.
 */
#pragma once

#include "analyze/view.h"

#define SJ_UNIT_COSTS                                                               \
    5 /**< latest costs that count: their median has an error of 5.6 %, that of one \
           alone 12 % */

/** A unit as it stands. */
struct sj_unit_now {
    uint32_t unit;                     /**< its number */
    uint32_t state;                    /**< of its inputs; 0: not known */
    uint32_t config;                   /**< how it is compiled */
    uint32_t source;                   /**< text: its source; 0: not known */
    uint32_t build;                    /**< index of the build that it was seen in */
    uint32_t recent_count;             /**< length of recent_ns */
    uint64_t recent_ns[SJ_UNIT_COSTS]; /**< CPU of its latest compiles, in a ring */
    uint32_t recent_at;                /**< where the next one goes */
    bool is_link;                      /**< it links: no inputs are known, it runs when any of what
                                            it links has changed */
    bool is_scratch;                   /**< a configure script's test of the compiler: no unit of
                                            the project */
    bool is_mixed;                     /**< one build compiled several things under its name, as
                                            configure scripts do */
};

/** Units as they stand. Zeroed: none. */
struct sj_units {
    struct sj_unit_now *items; /**< in the order in which they were first seen */
    size_t count;              /**< length of items */
    size_t size;               /**< allocated */
    uint32_t *place;           /**< by unit's number: its place and one; 0: not there */
    size_t place_size;         /**< allocated */
};

/** Free units. @param units units, zeroed or NULL */
void sj_units_release(struct sj_units *units);

/** Find a unit. @param units units @param unit its number @return it, or NULL */
struct sj_unit_now *sj_units_find(const struct sj_units *units, uint32_t unit);

/**
 * Let a build go over the units: those that it compiled or found in the cache stand as it left
 * them.
 *
 * @param units units
 * @param view  view
 * @param build index of the build
 */
void sj_units_apply(struct sj_units *units, const struct sj_view *view, size_t build);

/** Whether a unit is a test that a configure script makes of the compiler. @param name of the unit
 * @return true when its name says so */
bool sj_unit_is_scratch(const char *name);

/** Whether a unit is one of the project that is compiled: no link, no test of a configure script.
 * @param unit unit @return true when it counts */
static inline bool sj_unit_counts(const struct sj_unit_now *unit)
{
    return !unit->is_link && !unit->is_scratch;
}

/** What a unit costs: the median of its latest compiles. @param unit unit @return CPU in
 * nanoseconds; 0: not known */
uint64_t sj_unit_cost(const struct sj_unit_now *unit);

/** What a unit costs usually: the median over all. @param units units @return CPU in nanoseconds */
uint64_t sj_units_usual_cost(const struct sj_units *units);

/**
 * The chain of a build: it, its reference, that one's reference, and so on.
 *
 * @param view  view
 * @param build index of a build
 * @param out   takes indices, the oldest build first; the caller frees it
 * @return how many
 */
size_t sj_chain_of(const struct sj_view *view, size_t build, uint32_t **out);

/**
 * The build nearest to a commit: that of the latest commit which is an ancestor of it, or itself;
 * without a history, or a commit, the latest one. Builds whose records are gone do not count.
 *
 * @param view   view; of several jobs the one of the latest build counts
 * @param commit place in the history; SJ_NO_COMMIT: any
 * @return its index; UINT32_MAX: there is none
 */
uint32_t sj_units_tip(const struct sj_view *view, uint32_t commit);

/** Drop units whose source is not there any more. @param units units @param view view with a
 * history @param commit place: how the tree stands then; SJ_NO_COMMIT: nothing is dropped
 * @return how many went */
size_t sj_units_drop_gone(struct sj_units *units, const struct sj_view *view, uint32_t commit);
