// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the counters of a server add up to; for those who print them.
 */
#pragma once

#include "server/metrics.h"

struct sj_rates;

#define SJ_METHOD_SLOTS   9   /**< the bits of enum sj_method, and one for all others */
#define SJ_CODE_SLOTS     34  /**< of sj_code_name() */
#define SJ_DURATION_SLOTS 18  /**< buckets of durations; the last has no bound */
#define SJ_SPACES_COUNTED 256 /**< namespaces that are told apart; the rest is one */

/** Figures of a protocol or a namespace. Numbers only, all of 64 bits: metrics.c adds them up as an
 * array. */
struct sj_traffic {
    uint64_t requests;       /**< that have ended */
    uint64_t found;          /**< values asked for that were there */
    uint64_t missed;         /**< … and were not */
    uint64_t received_bytes; /**< of bodies */
    uint64_t sent_bytes;     /**< of answers */
    uint64_t wall_ns;        /**< all durations together */
};

/** All figures but those of namespaces. As above: numbers of 64 bits only. */
struct sj_figures {
    struct sj_traffic traffic[SJ_PROTOCOL_COUNT];                         /**< by protocol */
    uint64_t requests[SJ_PROTOCOL_COUNT][SJ_METHOD_SLOTS][SJ_CODE_SLOTS]; /**< how they ended */
    uint64_t durations[SJ_PROTOCOL_COUNT][SJ_DURATION_SLOTS];             /**< how long */
    uint64_t counts[SJ_COUNT_COUNT];                                      /**< one by one */
    uint64_t client_hits;   /**< that clients told of */
    uint64_t client_misses; /**< that clients told of */
    uint64_t saved_ms;      /**< that clients told of */
};

/** Add all up. @param metrics counters @param out takes the sums */
void sj_metrics_sum(const struct sj_metrics *metrics, struct sj_figures *out);

/** Called for a namespace. @param name its name; "_other" for all that are not told apart @param
 * traffic its figures @param user the caller's */
typedef void sj_traffic_visit(const char *name, const struct sj_traffic *traffic, void *user);

/** Visit the namespaces that were asked for. @param metrics counters @param visit called for each
 * @param user handed to visit */
void sj_metrics_spaces(const struct sj_metrics *metrics, sj_traffic_visit *visit, void *user);

/** The counters of the last hour. @param metrics counters @return the metrics' */
struct sj_rates *sj_metrics_rates(const struct sj_metrics *metrics);

/** When the counting began. @param metrics counters @return nanoseconds since the epoch */
uint64_t sj_metrics_start_ns(const struct sj_metrics *metrics);

/** Text of a slot of methods. @param slot below SJ_METHOD_SLOTS @return such as "GET" */
const char *sj_method_name(size_t slot);
/** Text of a slot of status codes. @param slot below SJ_CODE_SLOTS @return such as "200" */
const char *sj_code_name(size_t slot);
/** Bound of a slot of durations. @param slot below SJ_DURATION_SLOTS - 1 @return nanoseconds */
uint64_t sj_duration_bound_ns(size_t slot);

/** A count's place in the text for Prometheus. */
struct sj_count_name {
    const char *family; /**< name of the metric */
    const char *reason; /**< value of the label "reason", or NULL */
    const char *help;   /**< for the first of a family; else NULL */
};

/** Name of a count. @param what count @return static */
const struct sj_count_name *sj_count_name(enum sj_count what);
