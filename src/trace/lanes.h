// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Intervals packed into lanes, so that those of one lane never overlap and there are as few lanes
 * as there were intervals at once. That is what a build looked like: as many lanes as jobs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** An interval. */
struct sj_lane_item {
    uint64_t start; /**< in any unit */
    uint64_t end;   /**< not before start */
};

/**
 * Pack: each interval goes into the first lane that is free when it starts.
 *
 * @param items intervals, sorted by start
 * @param count how many
 * @param lanes takes the lane of each, from 0 on; count of them
 * @return how many lanes there are
 */
uint32_t sj_lanes_pack(const struct sj_lane_item *items, size_t count, uint32_t *lanes);
