// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why a build compiled what it compiled: its causes, and its dearest units with theirs.
 */
#pragma once

#include "cli/ground.h"

/**
 * Append the page of a build.
 *
 * @param call   says whether it is JSON
 * @param ground ground
 * @param build  index of the build
 * @param max    units at most; 0: all
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_why_build(struct sj_invocation *call, struct sj_ground *ground, uint32_t build, size_t max,
                 struct sj_err *err);
