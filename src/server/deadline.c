// SPDX-License-Identifier: Apache-2.0
#include "server/deadline.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

#define NEVER UINT64_MAX

/** Longest that a deadline may lie ahead, so that no sum of settings and sizes wraps around. */
#define SPAN_MAX_MS UINT64_C(0x7fffffffffff)

struct sj_deadline {
    struct sj_deadline *next; /**< guarded by lock */
    struct sj_deadline *prev; /**< guarded by lock */
    int fd;                   /**< open for as long as this is in the list */
    bool was_asked;           /**< a request was there; the connection's own thread's */
    uint64_t start_ms;        /**< when the phase began; the connection's own thread's */
    _Atomic unsigned phase;   /**< enum sj_phase */
    _Atomic uint64_t at_ms;   /**< when it is shut down; NEVER */
};

struct sj_deadlines {
    struct sj_deadline_limits limits;
    pthread_mutex_t lock;     /**< guards the list, and keeps the descriptors in it open */
    struct sj_deadline *list; /**< all connections */
};

/** The clock that costs least: a request asks it several times. It lags by some milliseconds. */
static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC_COARSE) / SJ_NS_PER_MS;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

struct sj_deadlines *sj_deadlines_new(const struct sj_deadline_limits *limits)
{
    struct sj_deadlines *deadlines = sj_new(struct sj_deadlines);
    deadlines->limits = (struct sj_deadline_limits){
        .header_ms = at_most(limits->header_ms, SPAN_MAX_MS),
        .idle_ms = at_most(limits->idle_ms, SPAN_MAX_MS),
        .body_ms = at_most(limits->body_ms, SPAN_MAX_MS),
        .min_rate = limits->min_rate > 0 ? at_most(limits->min_rate, SPAN_MAX_MS) : 1,
    };
    (void)pthread_mutex_init(&deadlines->lock, NULL);
    return deadlines;
}

void sj_deadlines_free(struct sj_deadlines *deadlines)
{
    if (!deadlines) {
        return;
    }
    (void)pthread_mutex_destroy(&deadlines->lock);
    free(deadlines);
}

struct sj_deadline *sj_deadline_begin(struct sj_deadlines *deadlines, int fd)
{
    struct sj_deadline *deadline = sj_new(struct sj_deadline);
    deadline->fd = fd;
    deadline->start_ms = now_ms();
    atomic_init(&deadline->phase, SJ_PHASE_HEADER);
    atomic_init(&deadline->at_ms, deadline->start_ms + deadlines->limits.header_ms);

    (void)pthread_mutex_lock(&deadlines->lock);
    deadline->next = deadlines->list;
    if (deadline->next) {
        deadline->next->prev = deadline;
    }
    deadlines->list = deadline;
    (void)pthread_mutex_unlock(&deadlines->lock);
    return deadline;
}

void sj_deadline_end(struct sj_deadlines *deadlines, struct sj_deadline *deadline)
{
    if (!deadline) {
        return;
    }
    // The caller closes the descriptor after this. A sweep holds the lock while it shuts down, so
    // it never meets a number that has become another connection's.
    (void)pthread_mutex_lock(&deadlines->lock);
    if (deadline->next) {
        deadline->next->prev = deadline->prev;
    }
    if (deadline->prev) {
        deadline->prev->next = deadline->next;
    } else {
        deadlines->list = deadline->next;
    }
    (void)pthread_mutex_unlock(&deadlines->lock);
    free(deadline);
}

/** Time that a phase may take. */
static uint64_t span_ms(const struct sj_deadlines *deadlines, const struct sj_deadline *deadline,
                        enum sj_phase phase, uint64_t size_bytes)
{
    const struct sj_deadline_limits *limits = &deadlines->limits;
    if (phase == SJ_PHASE_HEADER) {
        return deadline->was_asked ? limits->idle_ms : limits->header_ms;
    }
    uint64_t seconds = size_bytes / limits->min_rate;
    uint64_t rest_ms = size_bytes % limits->min_rate * 1000 / limits->min_rate;
    return limits->body_ms + at_most(seconds, SPAN_MAX_MS / 1000) * 1000 + rest_ms;
}

void sj_deadline_enter(struct sj_deadlines *deadlines, struct sj_deadline *deadline,
                       enum sj_phase phase, uint64_t size_bytes)
{
    unsigned before = atomic_load_explicit(&deadline->phase, memory_order_relaxed);
    if (phase == SJ_PHASE_WORK) {
        atomic_store_explicit(&deadline->at_ms, NEVER, memory_order_relaxed);
    } else {
        if (before != (unsigned)phase || phase == SJ_PHASE_HEADER) {
            deadline->start_ms = now_ms();
        }
        uint64_t at_ms = deadline->start_ms + span_ms(deadlines, deadline, phase, size_bytes);
        atomic_store_explicit(&deadline->at_ms, at_ms, memory_order_relaxed);
    }
    deadline->was_asked = deadline->was_asked || phase != SJ_PHASE_HEADER;
    atomic_store_explicit(&deadline->phase, (unsigned)phase, memory_order_relaxed);
}

// libmicrohttpd does not notice the end of a connection that came together with a part of a body:
// it waits for a change that has been. Shutting the reading end down makes another, and loses
// nothing that has arrived.
static void wake_if_ended(struct sj_deadline *one)
{
    struct pollfd poll_fd = {.fd = one->fd, .events = POLLRDHUP};
    if (atomic_load_explicit(&one->phase, memory_order_relaxed) == SJ_PHASE_BODY &&
        poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & POLLRDHUP) {
        (void)shutdown(one->fd, SHUT_RD);
    }
}

uint64_t sj_deadlines_sweep(struct sj_deadlines *deadlines, uint64_t now_ms)
{
    uint64_t count = 0;
    (void)pthread_mutex_lock(&deadlines->lock);
    for (struct sj_deadline *one = deadlines->list; one; one = one->next) {
        uint64_t at_ms = atomic_load_explicit(&one->at_ms, memory_order_relaxed);
        // The exchange fails when the connection has just gone on to another phase.
        if (at_ms < now_ms &&
            atomic_compare_exchange_strong_explicit(&one->at_ms, &at_ms, NEVER,
                                                    memory_order_relaxed, memory_order_relaxed)) {
            (void)shutdown(one->fd, SHUT_RDWR);
            count++;
        } else {
            wake_if_ended(one);
        }
    }
    (void)pthread_mutex_unlock(&deadlines->lock);
    return count;
}

uint64_t sj_deadlines_drain(struct sj_deadlines *deadlines)
{
    uint64_t busy = 0;
    (void)pthread_mutex_lock(&deadlines->lock);
    for (struct sj_deadline *one = deadlines->list; one; one = one->next) {
        if (atomic_load_explicit(&one->phase, memory_order_relaxed) != SJ_PHASE_HEADER) {
            busy++;
            wake_if_ended(one);
            continue;
        }
        // Only its reading end: a request that has just come is still answered.
        (void)shutdown(one->fd, SHUT_RD);
    }
    (void)pthread_mutex_unlock(&deadlines->lock);
    return busy;
}
