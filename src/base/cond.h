// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Conditions that are waited for until a time of CLOCK_MONOTONIC: no change of the date moves it.
 */
#pragma once

#include <pthread.h>

#include "base/clock.h"

/** Make a condition for sj_cond_wait_until(). @param cond takes it; pthread_cond_destroy() ends it
 */
static inline void sj_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

/**
 * Wait for a condition.
 *
 * @param cond     of sj_cond_init()
 * @param lock     held; released meanwhile
 * @param until_ns CLOCK_MONOTONIC
 * @return 0 (it was signalled, or woke for nothing) or ETIMEDOUT
 */
static inline int sj_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / SJ_NS_PER_S),
                                   .tv_nsec = (long)(until_ns % SJ_NS_PER_S)};
    return pthread_cond_timedwait(cond, lock, &until);
}
