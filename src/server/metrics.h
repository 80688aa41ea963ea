// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Counters of a server, and their text for Prometheus.
 * Source: Prometheus text exposition format 0.0.4.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "server/protocol.h"
#include "server/route.h"
#include "store/shared.h"

#define SJ_STATUS_GONE 499 /**< what stands for the status of a client that went away */

/** Counters. */
struct sj_metrics;

/** A request that has ended, as counters and logs see it. */
struct sj_request_note {
    enum sj_protocol protocol; /**< who spoke */
    unsigned method;           /**< enum sj_method; 0: none of ours */
    const char *method_name;   /**< as on the wire */
    const char *target;        /**< raw */
    struct sj_str space;       /**< namespace */
    const char *agent;         /**< User-Agent, or NULL */
    const char *referer;       /**< Referer, or NULL */
    const char *address;       /**< the client's, as text; "unix" */
    const char *token;         /**< its token's id; "" for the anonymous */
    bool is_lookup;            /**< one value was asked for: the status tells hit from miss */
    unsigned status;           /**< HTTP status; 0: the client went away */
    uint32_t found;            /**< values of a batch that were there … */
    uint32_t missed;           /**< … and were not; both 0: method and status tell */
    uint64_t start_ns;         /**< CLOCK_REALTIME when the request line was there */
    uint64_t wall_ns;          /**< until it had ended */
    uint64_t received_bytes;   /**< of its body */
    uint64_t sent_bytes;       /**< of ours */
};

/** Things that are counted one by one. */
enum sj_count {
    SJ_COUNT_CONNECTIONS = 0,  /**< accepted */
    SJ_COUNT_DEADLINES,        /**< connections shut down by a deadline */
    SJ_COUNT_MALFORMED,        /**< requests refused as malformed or smuggling */
    SJ_COUNT_AUTH_FAILURES,    /**< wrong or expired tokens */
    SJ_COUNT_AUTH_THROTTLED,   /**< requests not looked at after too many of those */
    SJ_COUNT_REJECTED_BUSY,    /**< uploads told to come again */
    SJ_COUNT_REJECTED_SIZE,    /**< uploads too large */
    SJ_COUNT_REJECTED_FULL,    /**< uploads that found the disk full */
    SJ_COUNT_REJECTED_QUOTA,   /**< uploads over a quota */
    SJ_COUNT_REJECTED_INVALID, /**< uploads whose content is not what the key says */
    SJ_COUNT_RELOADS,          /**< files read again */
    SJ_COUNT_ACCEPT_FAILURES,  /**< EMFILE and the like */
    SJ_COUNT_COUNT,            /**< how many */
};

/** Levels of the moment, which the server knows. */
struct sj_levels {
    uint64_t connections;  /**< open */
    uint64_t upload_bytes; /**< of uploads under way */
    uint64_t fd_limit;     /**< descriptors that may be open */
    bool is_draining;      /**< told to end */
};

/** New, zero. @return never NULL */
struct sj_metrics *sj_metrics_new(void);
/** Free. @param metrics counters, or NULL */
void sj_metrics_free(struct sj_metrics *metrics);

/** Count one. @param metrics counters @param what which. Safe and cheap from any thread */
void sj_metrics_count(struct sj_metrics *metrics, enum sj_count what);
/** Count a request that has ended. @param metrics counters @param note the request. Safe and cheap
 * from any thread: no lock that another thread may hold for long */
void sj_metrics_note(struct sj_metrics *metrics, const struct sj_request_note *note);
/** Count an event of a client's own that tells of its cache, such as Turborepo's. @param metrics
 * counters @param is_hit hit or miss @param saved_ms time that it saved */
void sj_metrics_client_event(struct sj_metrics *metrics, bool is_hit, uint64_t saved_ms);

/** Remember how the counters stand, when it is time to; called about twice a second, by one thread.
 * @param metrics counters @param now_ms CLOCK_MONOTONIC */
void sj_metrics_tick(struct sj_metrics *metrics, uint64_t now_ms);

/**
 * Print all for Prometheus: requests by protocol, method and status; hits and misses by protocol;
 * histogram of durations by protocol; bytes; the counts above; the store's and each namespace's
 * figures; process CPU, memory, descriptors, start time.
 *
 * @param metrics counters
 * @param shared  store, or NULL
 * @param levels  of the moment
 * @param out     takes the text
 */
void sj_metrics_print(const struct sj_metrics *metrics, struct sj_shared *shared,
                      const struct sj_levels *levels, struct sj_buf *out);

/** Print the main figures as JSON, for /status. @param metrics counters @param shared store, or
 * NULL @param levels of the moment @param version of the program @param out takes the text */
void sj_metrics_status(const struct sj_metrics *metrics, struct sj_shared *shared,
                       const struct sj_levels *levels, const char *version, struct sj_buf *out);
