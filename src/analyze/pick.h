// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which builds of a view a series is made of: one branch, one job, no pull requests, in the order
 * of the commits.
 */
#pragma once

#include "analyze/series.h"

/**
 * Choose the branch, the job and the builds.
 *
 * @param view    view
 * @param options what is wanted
 * @param out     points, branch, job and the counts of what is left out are taken
 */
void sj_series_pick(const struct sj_view *view, const struct sj_series_options *options,
                    struct sj_series *out);
