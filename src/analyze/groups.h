// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which part of a project a unit counts for, when a series is split: its compiler, its directory,
 * or the unit itself.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyze/cost.h"

/** How a series is split. */
enum sj_group_by {
    SJ_BY_NOTHING,   /**< one series */
    SJ_BY_TOOLCHAIN, /**< "gcc", "clang", … */
    SJ_BY_DIRECTORY, /**< of the unit's source */
    SJ_BY_UNIT,      /**< each unit */
    SJ_BY_PHASE,     /**< part of a build: of wall times only */
};

#define SJ_NO_GROUP UINT32_MAX /**< a unit that does not count */

/** Groups of a view's units. */
struct sj_groups {
    const struct sj_view *view;   /**< view; the caller's */
    const struct sj_costs *costs; /**< its costs; the caller's */
    enum sj_group_by by;          /**< how they are made */
    uint32_t only;                /**< sj_unit.number of the only unit that counts; 0: all */
    char **names;                 /**< of each group */
    size_t count;                 /**< length of names */
    size_t size;                  /**< allocated of names */
    uint32_t *of_unit;            /**< of each unit by number: group + 1; 0: not yet known */
    uint32_t *slots;              /**< table of names: group + 1 */
    size_t mask;                  /**< of slots */
};

/** Make groups. @param groups takes them; release with sj_groups_release() @param view view
 * @param costs its costs @param by how @param only sj_unit.number of the only unit; 0: all */
void sj_groups_init(struct sj_groups *groups, const struct sj_view *view,
                    const struct sj_costs *costs, enum sj_group_by by, uint32_t only);

/** Free groups. @param groups groups, zeroed or NULL */
void sj_groups_release(struct sj_groups *groups);

/** The group that a key's unit counts for. @param groups groups @param key place in the costs' keys
 * @return group, or SJ_NO_GROUP */
uint32_t sj_groups_of(struct sj_groups *groups, uint32_t key);
