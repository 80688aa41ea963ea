// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Clocks, in nanoseconds.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#define SJ_NS_PER_S  UINT64_C(1000000000) /**< nanoseconds in a second */
#define SJ_NS_PER_MS UINT64_C(1000000)    /**< nanoseconds in a millisecond */

/**
 * Read a clock.
 *
 * @param clock CLOCK_MONOTONIC for spans; CLOCK_REALTIME for points in time since the epoch;
 *              CLOCK_REALTIME_COARSE for the clock that file systems stamp files with
 * @return nanoseconds
 */
static inline uint64_t sj_clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SJ_NS_PER_S + (uint64_t)now.tv_nsec;
}
