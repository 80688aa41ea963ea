// SPDX-License-Identifier: Apache-2.0
#include "server/rates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// One more than fits between: the oldest is never younger than the longest time that is told of.
#define RING (SJ_RATES_HOUR_MS / SJ_RATES_STEP_MS + 2)

/** Counters as they stood. */
struct snapshot {
    uint64_t at_ms;
    struct sj_traffic traffic[SJ_PROTOCOL_COUNT];
};

struct sj_rates {
    pthread_mutex_t lock; // guards all but latest_ms, which only the taker knows
    uint64_t latest_ms;
    size_t next; // place of the next one
    size_t count;
    struct snapshot ring[RING];
};

struct sj_rates *sj_rates_new(uint64_t now_ms)
{
    static const struct sj_traffic none[SJ_PROTOCOL_COUNT];
    struct sj_rates *rates = sj_new(struct sj_rates);
    (void)pthread_mutex_init(&rates->lock, NULL);
    sj_rates_take(rates, now_ms, none);
    return rates;
}

void sj_rates_free(struct sj_rates *rates)
{
    if (rates) {
        (void)pthread_mutex_destroy(&rates->lock);
        free(rates);
    }
}

bool sj_rates_is_due(const struct sj_rates *rates, uint64_t now_ms)
{
    return now_ms >= rates->latest_ms + SJ_RATES_STEP_MS;
}

void sj_rates_take(struct sj_rates *rates, uint64_t now_ms,
                   const struct sj_traffic traffic[SJ_PROTOCOL_COUNT])
{
    (void)pthread_mutex_lock(&rates->lock);
    struct snapshot *snapshot = &rates->ring[rates->next];
    snapshot->at_ms = now_ms;
    memcpy(snapshot->traffic, traffic, sizeof snapshot->traffic);
    rates->next = (rates->next + 1) % RING;
    rates->count += rates->count < RING;
    (void)pthread_mutex_unlock(&rates->lock);
    rates->latest_ms = now_ms;
}

// The youngest that is old enough, else the oldest.
static const struct snapshot *find(const struct sj_rates *rates, uint64_t until_ms)
{
    const struct snapshot *found = NULL;
    for (size_t i = 1; i <= rates->count; i++) {
        found = &rates->ring[(rates->next + RING - i) % RING];
        if (found->at_ms <= until_ms) {
            break;
        }
    }
    return found;
}

uint64_t sj_rates_since(struct sj_rates *rates, uint64_t window_ms, uint64_t now_ms,
                        const struct sj_traffic now[SJ_PROTOCOL_COUNT],
                        struct sj_traffic out[SJ_PROTOCOL_COUNT])
{
    (void)pthread_mutex_lock(&rates->lock);
    const struct snapshot *then = find(rates, now_ms > window_ms ? now_ms - window_ms : 0);
    for (size_t i = 0; i < SJ_PROTOCOL_COUNT; i++) {
        const struct sj_traffic *before = &then->traffic[i];
        out[i] = (struct sj_traffic){
            .requests = now[i].requests - before->requests,
            .found = now[i].found - before->found,
            .missed = now[i].missed - before->missed,
            .received_bytes = now[i].received_bytes - before->received_bytes,
            .sent_bytes = now[i].sent_bytes - before->sent_bytes,
            .wall_ns = now[i].wall_ns - before->wall_ns,
        };
    }
    uint64_t span_ms = now_ms > then->at_ms ? now_ms - then->at_ms : 0;
    (void)pthread_mutex_unlock(&rates->lock);
    return span_ms;
}
