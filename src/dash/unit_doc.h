// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Parts of the page of a unit: what it reads, why it missed, what a compile of it does.
 */
#pragma once

#include "dash/course.h"

/** A unit and the builds that are looked at. */
struct sj_unit_told {
    const struct sj_scope *scope; /**< builds */
    const struct sj_view *part;   /**< the latest of them, with hits and misses */
    uint32_t unit;                /**< sj_unit.number */
    const char *name;             /**< its name */
};

/** Add its series with steps and changes of its key. @param told unit */
void sj_unit_series(const struct sj_unit_told *told);

/** Add its inputs, those first that changed most often. @param told unit */
void sj_unit_inputs(const struct sj_unit_told *told);

/** Add its misses and what caused them. @param told unit @param err what failed @return 0 or a
 * negative errno */
int sj_unit_misses(const struct sj_unit_told *told, struct sj_err *err);

/** Add what happened inside a compile of it, where a trace was imported. @param told unit */
void sj_unit_trace(const struct sj_unit_told *told);
