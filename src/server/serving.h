// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the parts of a running server share. Private to the room.
 */
#pragma once

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "server/access.h"
#include "server/access_log.h"
#include "server/deadline.h"
#include "server/ingest.h"
#include "server/listen.h"
#include "server/metrics.h"
#include "server/worker.h"
#include "store/shared.h"
#include "store/write.h"
#include "tier/tiers.h"

/** Answers that never change, made once. */
struct sj_answers;
/** What pages need beside: page_desk.h. */
struct sj_desk;

#define SJ_CELLS 16 /**< counters of requests */

/** Counters that the threads of one processor write: what all write at each request is slow. A
 * request counts in one of them from its beginning to its end, so none is ever below 0. */
struct sj_cell {
    _Alignas(64) _Atomic uint64_t requests; /**< under way */
    _Atomic uint64_t working;               /**< requests that a handler has */
};

/** A running server. */
struct sj_server {
    const struct sj_config *config;         /**< settings */
    const char *version;                    /**< of the program */
    uint64_t fd_limit;                      /**< descriptors that may be open */
    bool is_agent;                          /**< stands before tiers, for one user */
    struct sj_access *access;               /**< who may do what */
    struct sj_access_log *log;              /**< NULL: none */
    struct sj_metrics *metrics;             /**< counters */
    struct sj_deadlines *deadlines;         /**< of connections */
    struct sj_answers *answers;             /**< that never change */
    struct sj_worker *worker;               /**< for what takes long */
    struct sj_desk *desk;                   /**< of pages; NULL: there are none */
    struct sj_tls *tls;                     /**< NULL: none */
    _Atomic(struct sj_shared *) shared;     /**< NULL until the store is open */
    _Atomic(struct sj_tiers *) tiers;       /**< NULL: none */
    _Atomic(struct sj_ingester *) ingester; /**< NULL: an agent, or not yet */
    _Atomic uint64_t upload_bytes;          /**< memory of bodies under way */
    _Atomic uint64_t connections;           /**< open */
    _Atomic uint64_t last_request_ms; /**< CLOCK_MONOTONIC of an agent's last end of a request */
    _Atomic bool is_draining;         /**< told to end */
    _Atomic bool is_ending;           /**< no handler is called any more */
    struct sj_cell cells[SJ_CELLS];   /**< sj_server_requests(), sj_server_working() */
};

/** A daemon of libmicrohttpd: one for each listening socket. */
struct sj_daemon {
    struct sj_server *server;           /**< whose */
    const struct sj_listener *listener; /**< socket */
    struct MHD_Daemon *mhd;             /**< running */
};

/** Requests under way. @param server server @return how many; 0 only when each cell had none at
 * some moment of the call */
uint64_t sj_server_requests(const struct sj_server *server);

/** Requests that a handler has. @param server server @return as above */
uint64_t sj_server_working(const struct sj_server *server);

/** Print the document of GET /status. @param server server @param out takes it @return 0, or
 * -EAGAIN: the store is not open yet */
int sj_server_status(struct sj_server *server, struct sj_buf *out);

/** Time now. @return CLOCK_MONOTONIC in milliseconds */
uint64_t sj_now_ms(void);
