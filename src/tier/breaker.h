// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Leaving a tier alone that does not work: after three failures in a row, or after one that made
 * somebody wait. Whether it works again is then found out by a probe, not by a compile.
 *
 * Times are handed in, so nothing here waits. Not thread-safe: the caller has a lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SJ_BREAKER_FAILURES 3                     /**< in a row */
#define SJ_BREAKER_PAUSE_NS UINT64_C(10000000000) /**< how long it is left alone */

/** A breaker. Zeroed: closed, calls may pass. */
struct sj_breaker {
    unsigned failures; /**< in a row */
    uint64_t until_ns; /**< left alone until then; 0: closed */
    bool is_probing;   /**< a probe is under way */
};

/** Whether calls must not pass. @param breaker breaker @return true when it is open */
bool sj_breaker_is_open(const struct sj_breaker *breaker);

/** A call or a probe worked: closed. @param breaker breaker */
void sj_breaker_succeed(struct sj_breaker *breaker);

/**
 * A call or a probe failed.
 *
 * @param breaker   breaker
 * @param now_ns    monotonic clock
 * @param is_costly somebody waited for it in vain: once is enough
 * @return true when this opened it
 */
bool sj_breaker_fail(struct sj_breaker *breaker, uint64_t now_ns, bool is_costly);

/**
 * Whether the time has come to probe. When it has, a probe counts as under way until
 * sj_breaker_succeed() or sj_breaker_fail().
 *
 * @param breaker breaker
 * @param now_ns  monotonic clock
 * @return true: probe now
 */
bool sj_breaker_take_probe(struct sj_breaker *breaker, uint64_t now_ns);
