// SPDX-License-Identifier: Apache-2.0
#include "tier/trip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define ROUNDS_MAX 8

struct sj_trip *sj_trip_new(struct sj_tiers *tiers, size_t count, uint64_t span_ns)
{
    struct sj_trip *trip = sj_new(struct sj_trip);
    trip->tiers = tiers;
    trip->names = sj_calloc(count, sizeof *trip->names);
    trip->count = count;
    trip->deadline_ns = sj_clock_ns(CLOCK_MONOTONIC) + span_ns;
    trip->status = -EHOSTDOWN;
    return trip;
}

static void note_found(const struct sj_tier_value *value, void *user)
{
    struct sj_trip *trip = user;
    trip->arrived++;
    sj_haul_add(&trip->haul, value);
}

static void note_done(int status, void *user)
{
    struct sj_trip *trip = user;
    struct sj_tiers *tiers = trip->tiers;
    sj_tiers_lock(tiers);
    trip->status = status;
    trip->next = NULL;
    *tiers->arrived_at = trip;
    tiers->arrived_at = &trip->next;
    (void)pthread_cond_signal(&tiers->fetch_cond);
    sj_tiers_unlock(tiers);
}

static uint64_t left_ms(const struct sj_trip *trip)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    return now_ns < trip->deadline_ns ? (trip->deadline_ns - now_ns) / SJ_NS_PER_MS : 0;
}

// Ask the trip's tier. Names are copied by the plugin.
static void ask(struct sj_trip *trip, const struct sj_tier_name *names, size_t count)
{
    struct sj_tiers *tiers = trip->tiers;
    const struct sj_slot *slot = &tiers->slots[trip->slot];
    uint64_t wait_ms = left_ms(trip);
    trip->arrived = 0;
    slot->plugin.calls->get(slot->tier, names, count, wait_ms ? wait_ms : 1, note_found, note_done,
                            trip);
    sj_tiers_leave(tiers);
}

// Of the names those that are still wanted, and in this round only those.
static void ask_wanted(struct sj_trip *trip)
{
    SJ_AUTO(sj_auto_free)
    struct sj_tier_name *names = sj_calloc(trip->count, sizeof *names);
    for (size_t i = 0; i < trip->count; i++) {
        names[i] = trip->names[i].name;
    }
    ask(trip, names, trip->count);
}

void sj_trip_start(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    bool is_on = false;
    sj_tiers_lock(tiers);
    while (trip->slot < tiers->slot_count && sj_breaker_is_open(&tiers->slots[trip->slot].get)) {
        trip->slot++;
    }
    if (trip->slot < tiers->slot_count && left_ms(trip) > 0) {
        is_on = sj_tiers_enter(tiers);
        trip->status = is_on ? 0 : -ECANCELED;
    }
    sj_tiers_unlock(tiers);
    if (is_on) {
        ask_wanted(trip);
    } else {
        sj_trip_end(trip);
    }
}

// Whether the names of an answer's missing objects were asked for: then it comes back again.
static bool ask_missing(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t count = sj_haul_missing(&trip->haul, tiers->shared, sj_str_of(tiers->space), &names);
    if (count == 0 || trip->arrived == 0 || trip->round >= ROUNDS_MAX || left_ms(trip) == 0) {
        return false;
    }
    sj_tiers_lock(tiers);
    bool is_on = sj_tiers_enter(tiers);
    sj_tiers_unlock(tiers);
    if (is_on) {
        trip->round++;
        SJ_AUTO(sj_auto_free) struct sj_tier_name *copy = sj_calloc(count, sizeof *copy);
        memcpy(copy, names.data, count * sizeof *copy);
        ask(trip, copy, count);
    }
    return is_on;
}

static void follow_trails(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    sj_tiers_lock(tiers);
    for (size_t i = 0; i < trip->haul.count; i++) {
        const struct sj_haul_value *value = &trip->haul.values[i];
        struct sj_pair pairs[SJ_TRAIL_PAIRS_MAX];
        if (value->name.kind != SJ_TIER_TRAIL || value->state != SJ_HAUL_GOOD) {
            continue;
        }
        int count = sj_trail_decode(value->bytes.data, value->bytes.len, pairs);
        if (count > 0) {
            struct sj_key weak;
            memcpy(weak.bytes, value->name.key, SJ_KEY_SIZE);
            sj_trail_know(&tiers->trail, &weak, value->bytes.data, value->bytes.len);
            sj_prefetch_follow(&tiers->prefetch, pairs, (size_t)count, !trip->is_prefetch);
        }
    }
    sj_tiers_unlock(tiers);
}

// What was not found sets out on a trip of its own: to the same tier, when its answer was cut
// short, else to the next.
static void send_rest(struct sj_trip *trip, size_t served)
{
    size_t left = 0;
    for (size_t i = 0; i < trip->count; i++) {
        left += !trip->names[i].is_found && trip->names[i].name.kind != SJ_TIER_TRAIL;
    }
    bool is_cut = served > 0 && trip->haul.bytes >= SJ_FRAMES_MAX / 2;
    size_t slot = is_cut ? trip->slot : trip->slot + 1;
    if (left == 0 || slot >= trip->tiers->slot_count || left_ms(trip) == 0) {
        return;
    }
    struct sj_trip *rest = sj_trip_new(trip->tiers, left, 0);
    rest->slot = slot;
    rest->is_prefetch = trip->is_prefetch;
    rest->deadline_ns = trip->deadline_ns;
    rest->has_answer = trip->has_answer;
    size_t kept = 0;
    size_t moved = 0;
    for (size_t i = 0; i < trip->count; i++) {
        const struct sj_wanted *name = &trip->names[i];
        if (!name->is_found && name->name.kind != SJ_TIER_TRAIL) {
            rest->names[moved++] = *name;
        } else {
            trip->names[kept++] = *name;
        }
    }
    trip->count = kept;
    sj_tiers_lock(trip->tiers);
    trip->tiers->under_way++;
    sj_tiers_unlock(trip->tiers);
    sj_trip_start(rest);
}

static void note_written(int status, void *user)
{
    struct sj_trip *trip = user;
    if (status < 0) {
        sj_log("cannot store what a remote sent: %s", strerrordesc_np(-status));
        trip->status = status;
        for (size_t i = 0; i < trip->count; i++) {
            trip->names[i].is_found = false;
        }
    }
    sj_trip_end(trip);
}

static void note_answer(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    struct sj_slot *slot = &tiers->slots[trip->slot];
    // Whoever sends something is alive, if slow.
    int status = trip->status == -ETIMEDOUT && trip->arrived > 0 ? 0 : trip->status;
    bool is_costly = status == -ETIMEDOUT && !trip->is_prefetch;
    trip->has_answer |= status == 0;
    sj_tiers_lock(tiers);
    sj_tiers_judge(tiers, slot, &slot->get, status, is_costly);
    sj_tiers_unlock(tiers);
}

void sj_trip_arrive(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    struct sj_str space = sj_str_of(tiers->space);
    note_answer(trip);
    if (trip->is_probe) {
        sj_trip_end(trip);
        return;
    }
    sj_haul_check(&trip->haul);
    if (trip->status == 0 && ask_missing(trip)) {
        return;
    }
    follow_trails(trip);
    size_t bytes = trip->haul.bytes;
    struct sj_write *write = sj_write_new(tiers->shared, space);
    size_t served =
        sj_haul_take(&trip->haul, tiers->shared, space, trip->names, trip->count, write);
    if (trip->haul.refused > 0) {
        sj_log("%s: %zu values were not what they should be", tiers->slots[trip->slot].url,
               trip->haul.refused);
    }
    sj_tiers_lock(tiers);
    tiers->stat.fetched += served;
    tiers->stat.fetched_bytes += bytes;
    tiers->stat.prefetched += trip->is_prefetch ? served : 0;
    sj_tiers_unlock(tiers);
    send_rest(trip, served);
    if (sj_write_bytes(write) == 0) {
        sj_write_free(write);
        sj_trip_end(trip);
        return;
    }
    int status = sj_write_submit(write, note_written, trip);
    if (status < 0) {
        sj_write_free(write);
        note_written(status, trip);
    }
}

void sj_trip_probe(struct sj_tiers *tiers, size_t slot)
{
    struct sj_trip *trip = sj_trip_new(tiers, 1, tiers->timeout_ns);
    trip->names[0].name.kind = SJ_TIER_TRAIL;
    trip->slot = slot;
    trip->is_probe = true;
    trip->is_prefetch = true;
    trip->status = -ECANCELED;
    sj_tiers_lock(tiers);
    tiers->under_way++;
    bool is_on = sj_tiers_enter(tiers);
    sj_tiers_unlock(tiers);
    if (is_on) {
        ask_wanted(trip);
    } else {
        sj_trip_arrive(trip);
    }
}
