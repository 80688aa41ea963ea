// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which commits may have made a step: those between the build before and the build behind it, those
 * first that touch what the stepped units read.
 */
#pragma once

#include "analyze/around.h"
#include "analyze/trend.h"

/**
 * Rank the commits between two builds.
 *
 * @param series series
 * @param around units that stepped; NULL: not known
 * @param step   from and to are set; candidates and commits are taken
 */
void sj_candidates_find(const struct sj_series *series, const struct sj_around *around,
                        struct sj_trend_step *step);
