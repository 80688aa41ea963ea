// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What was asked for lately: the counters as they stood every ten seconds of the last hour.
 * Requests pay nothing for it: whoever looks after the server takes the snapshots.
 */
#pragma once

#include "server/figures.h"

#define SJ_RATES_STEP_MS   UINT64_C(10000)   /**< between two snapshots */
#define SJ_RATES_MINUTE_MS UINT64_C(60000)   /**< shortest time that is told of */
#define SJ_RATES_HOUR_MS   UINT64_C(3600000) /**< longest time that is told of */

/** Snapshots. */
struct sj_rates;

/** New: all counters stand at 0. @param now_ms CLOCK_MONOTONIC @return never NULL */
struct sj_rates *sj_rates_new(uint64_t now_ms);
/** Free. @param rates snapshots, or NULL */
void sj_rates_free(struct sj_rates *rates);

/** Whether it is time for another snapshot. @param rates snapshots @param now_ms CLOCK_MONOTONIC
 * @return true when it is. For the thread that takes them */
bool sj_rates_is_due(const struct sj_rates *rates, uint64_t now_ms);

/** Take a snapshot. @param rates snapshots @param now_ms CLOCK_MONOTONIC @param traffic counters by
 * protocol, as they stand now. For one thread */
void sj_rates_take(struct sj_rates *rates, uint64_t now_ms,
                   const struct sj_traffic traffic[SJ_PROTOCOL_COUNT]);

/**
 * What has come since some time ago.
 *
 * @param rates     snapshots
 * @param window_ms how long ago, up to SJ_RATES_HOUR_MS
 * @param now_ms    CLOCK_MONOTONIC
 * @param now       counters as they stand now
 * @param out       takes what has been added, by protocol
 * @return milliseconds that this is of: the window and up to one step more; less when the server
 *         has not run for so long
 *
 * Safe from any thread.
 */
uint64_t sj_rates_since(struct sj_rates *rates, uint64_t window_ms, uint64_t now_ms,
                        const struct sj_traffic now[SJ_PROTOCOL_COUNT],
                        struct sj_traffic out[SJ_PROTOCOL_COUNT]);
