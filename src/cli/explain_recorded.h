// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Explanations from the record database: for what the journal does not have any more.
 */
#pragma once

#include "cli/explain.h"
#include "cli/ground.h"

/**
 * Explain the latest miss of a unit.
 *
 * @param ground ground
 * @param unit   output or source, or the end of its path
 * @param out    takes the explanation; release with sj_explanation_release()
 * @param found  takes its causes; valid until more is asked of the ground
 * @param err    what failed
 * @return 0, SJ_DB_NONE (no miss of such a unit is on record) or a negative errno
 */
int sj_explain_recorded(struct sj_ground *ground, const char *unit, struct sj_explanation *out,
                        struct sj_finding *found, struct sj_err *err);
