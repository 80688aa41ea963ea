// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Deadlines of connections. libmicrohttpd's own time-out starts anew with every byte, so a client
 * that sends or takes one now and then would hold its connection for ever. Here each phase of a
 * connection has a deadline, and a sweep shuts down what has passed it.
 *
 * A phase: the first request's header (header_timeout from accept), waiting for a later request and
 * its header (idle_timeout for both, since its first byte cannot be seen from outside
 * libmicrohttpd), its body and the answer (body_timeout + size / min_rate each).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Deadlines of all connections of a server. */
struct sj_deadlines;

/** A connection's place among them. */
struct sj_deadline;

/** What a connection does. */
enum sj_phase {
    SJ_PHASE_HEADER = 0, /**< since accept, or since it is idle: no whole request yet */
    SJ_PHASE_BODY,       /**< takes a body */
    SJ_PHASE_WORK,       /**< we work: no deadline */
    SJ_PHASE_ANSWER,     /**< takes our answer */
    SJ_PHASE_COUNT,      /**< how many */
};

/** Limits, in milliseconds and bytes a second. */
struct sj_deadline_limits {
    uint64_t header_ms; /**< for the first request of a connection */
    uint64_t idle_ms;   /**< for every later one */
    uint64_t body_ms;   /**< on top of size / min_rate */
    uint64_t min_rate;  /**< bytes a second */
};

/** New, empty. @param limits copied @return never NULL */
struct sj_deadlines *sj_deadlines_new(const struct sj_deadline_limits *limits);
/** Free. No connection may be left. @param deadlines deadlines, or NULL */
void sj_deadlines_free(struct sj_deadlines *deadlines);

/** A connection begins. @param deadlines all @param fd its socket @return its place; ended with
 * sj_deadline_end() before fd is closed */
struct sj_deadline *sj_deadline_begin(struct sj_deadlines *deadlines, int fd);
/** A connection ends. @param deadlines all @param deadline its place, or NULL */
void sj_deadline_end(struct sj_deadlines *deadlines, struct sj_deadline *deadline);

/**
 * A connection enters a phase.
 *
 * @param deadlines  all
 * @param deadline   its place
 * @param phase      phase
 * @param size_bytes of the body or answer; 0 when unknown
 *
 * Cheap, and safe from any thread, but not from two at once for one connection: called several
 * times for each request. To enter the phase that it is in counts the size anew and leaves the
 * phase's beginning where it was: so a body of unknown length can tell how much of it has come.
 */
void sj_deadline_enter(struct sj_deadlines *deadlines, struct sj_deadline *deadline,
                       enum sj_phase phase, uint64_t size_bytes);

/**
 * Shut down (shutdown(2)) what has passed its deadline; called about twice a second.
 *
 * @param deadlines all
 * @param now_ms    CLOCK_MONOTONIC
 * @return how many
 */
uint64_t sj_deadlines_sweep(struct sj_deadlines *deadlines, uint64_t now_ms);

/** Shut down all connections that wait for a request: the server is to end. Only their reading end,
 * so that a request which has just come is still answered. @param deadlines all @return how many
 * are left that do something */
uint64_t sj_deadlines_drain(struct sj_deadlines *deadlines);
