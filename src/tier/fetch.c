// SPDX-License-Identifier: Apache-2.0
// Fetches: who waits for which names, and the thread that takes in what comes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tier/trip.h"

#define TICK_NS        SJ_NS_PER_S
#define PREFETCH_NS    (30 * SJ_NS_PER_S) // nobody waits, but names must not stay on their way
#define NEW_SESSION_NS (60 * SJ_NS_PER_S)

/** A fetch that somebody waits for. */
struct sj_fetch {
    struct sj_fetch *next;
    struct sj_fetch **at; // what points to it, while it is listed
    size_t pending;       // names on their way
    size_t stored;
    int status;
    uint64_t deadline_ns;
    bool is_told;
    sj_tiers_fetched *done;
    void *user;
};

/** Who waits for a name. */
struct waiter {
    struct waiter *next;
    struct sj_fetch *request;
};

/** A name that is on its way. */
struct sj_flight {
    struct sj_flight *next;
    struct sj_tier_name name;
    struct waiter *waiters;
};

static struct sj_flight **find_flight(struct sj_tiers *tiers, const struct sj_tier_name *name)
{
    struct sj_flight **at = &tiers->flights[sj_get_u16(name->key) % SJ_FLIGHT_BUCKETS];
    while (*at && ((*at)->name.kind != name->kind ||
                   memcmp((*at)->name.key, name->key, SJ_TIER_KEY_SIZE) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

// Begin a flight, unless the name is on its way already. Gives the flight, never NULL.
static struct sj_flight *add_flight(struct sj_tiers *tiers, const struct sj_tier_name *name,
                                    bool *is_new)
{
    struct sj_flight **at = find_flight(tiers, name);
    *is_new = !*at;
    if (!*at) {
        *at = sj_new(struct sj_flight);
        (*at)->name = *name;
    }
    return *at;
}

static void add_waiter(struct sj_flight *flight, struct sj_fetch *request)
{
    struct waiter *waiter = sj_new(struct waiter);
    waiter->request = request;
    waiter->next = flight->waiters;
    flight->waiters = waiter;
    request->pending++;
}

static void list_request(struct sj_tiers *tiers, struct sj_fetch *request)
{
    request->next = tiers->requests;
    if (request->next) {
        request->next->at = &request->next;
    }
    request->at = &tiers->requests;
    tiers->requests = request;
}

static void unlist_request(struct sj_fetch *request)
{
    *request->at = request->next;
    if (request->next) {
        request->next->at = request->at;
    }
    request->next = NULL;
}

// Called without the lock, once for each request.
static void tell(struct sj_fetch *request)
{
    request->done(request->stored, request->stored > 0 ? 0 : request->status, request->user);
}

// A name is no longer on its way. Requests that wait for nothing more are hung in front of `over`.
static void end_flight(struct sj_tiers *tiers, const struct sj_tier_name *name, bool is_found,
                       int status, struct sj_fetch **over)
{
    struct sj_flight **at = find_flight(tiers, name);
    struct sj_flight *flight = *at;
    if (!flight) {
        return; // a trail that nobody waits for
    }
    *at = flight->next;
    while (flight->waiters) {
        struct waiter *waiter = flight->waiters;
        struct sj_fetch *request = waiter->request;
        flight->waiters = waiter->next;
        free(waiter);
        request->stored += is_found;
        request->status = status < 0 ? status : request->status;
        if (--request->pending == 0) {
            if (!request->is_told) {
                unlist_request(request);
            }
            request->next = *over;
            *over = request;
        }
    }
    free(flight);
}

static void tell_all(struct sj_fetch *over)
{
    while (over) {
        struct sj_fetch *request = over;
        over = request->next;
        if (!request->is_told) {
            tell(request);
        }
        free(request);
    }
}

void sj_trip_end(struct sj_trip *trip)
{
    struct sj_tiers *tiers = trip->tiers;
    struct sj_fetch *over = NULL;
    int status = trip->has_answer ? 0 : trip->status;
    sj_tiers_lock(tiers);
    for (size_t i = 0; i < trip->count; i++) {
        const struct sj_wanted *name = &trip->names[i];
        end_flight(tiers, &name->name, name->is_found, status, &over);
    }
    sj_tiers_unlock(tiers);
    tell_all(over);
    sj_tiers_lock(tiers);
    if (trip->is_counted) {
        sj_prefetch_end(&tiers->prefetch);
    }
    (void)pthread_cond_signal(&tiers->fetch_cond);
    sj_tiers_ended(tiers);
    sj_tiers_unlock(tiers);
    sj_haul_release(&trip->haul);
    free(trip->names);
    free(trip);
}

static struct sj_tier_name tier_name(enum sj_tier_kind kind, const struct sj_key *key)
{
    struct sj_tier_name name = {.kind = kind};
    memcpy(name.key, key->bytes, SJ_KEY_SIZE);
    return name;
}

static bool is_local(struct sj_tiers *tiers, enum sj_blob kind, const struct sj_key *key)
{
    struct sj_view view = {0};
    bool is_there = sj_shared_find(tiers->shared, sj_str_of(tiers->space), kind, key, &view) == 0;
    sj_view_close(tiers->shared, &view);
    return is_there;
}

// Between the compile's look and its asking, a prefetch may have brought it.
static bool has_come(struct sj_tiers *tiers, const struct sj_tiers_name *name)
{
    if (name->kind == SJ_FRAME_RESULT) {
        return is_local(tiers, SJ_BLOB_RESULT, &name->key);
    }
    return name->kind == SJ_FRAME_OBJECT && is_local(tiers, SJ_BLOB_OBJECT, &name->key);
}

// Fill a trip with the names that are not on their way, and let the request wait for all of them.
static void add_names(struct sj_trip *trip, struct sj_fetch *request,
                      const struct sj_tiers_name *names, const bool *is_here, size_t count)
{
    struct sj_tiers *tiers = trip->tiers;
    trip->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct sj_tier_name name = tier_name((enum sj_tier_kind)names[i].kind, &names[i].key);
        if (is_here[i]) {
            request->stored++;
            continue;
        }
        bool is_new;
        add_waiter(add_flight(tiers, &name, &is_new), request);
        if (is_new) {
            trip->names[trip->count++].name = name;
        }
        if (is_new && name.kind == SJ_TIER_PATHSET) {
            trip->names[trip->count++].name = tier_name(SJ_TIER_TRAIL, &names[i].key);
        }
    }
}

void sj_tiers_fetch(struct sj_tiers *tiers, const struct sj_tiers_name *names, size_t count,
                    sj_tiers_fetched *done, void *user)
{
    SJ_AUTO(sj_auto_free) bool *is_here = sj_calloc(count, sizeof *is_here);
    for (size_t i = 0; i < count; i++) {
        is_here[i] = has_come(tiers, &names[i]);
    }
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    struct sj_fetch *request = sj_new(struct sj_fetch);
    *request =
        (struct sj_fetch){.done = done, .user = user, .deadline_ns = now_ns + tiers->timeout_ns};
    struct sj_trip *trip = sj_trip_new(tiers, 2 * count, tiers->timeout_ns);
    sj_tiers_lock(tiers);
    if (now_ns - tiers->asked_ns > NEW_SESSION_NS) {
        sj_prefetch_restart(&tiers->prefetch);
    }
    tiers->asked_ns = now_ns;
    tiers->active_ns = now_ns;
    tiers->under_way++;
    add_names(trip, request, names, is_here, count);
    bool is_over = request->pending == 0;
    if (!is_over) {
        list_request(tiers, request);
        (void)pthread_cond_signal(&tiers->fetch_cond);
    }
    sj_tiers_unlock(tiers);
    if (is_over) {
        tell(request);
        free(request);
    }
    if (trip->count > 0) {
        sj_trip_start(trip);
    } else {
        sj_trip_end(trip);
    }
}

static bool has_pair(const struct sj_pair *pair, void *user)
{
    return is_local(user, SJ_BLOB_RESULT, &pair->strong);
}

static void add_ahead(struct sj_trip *trip, const struct sj_tier_name *name)
{
    bool is_new;
    (void)add_flight(trip->tiers, name, &is_new);
    if (is_new) {
        trip->names[trip->count++].name = *name;
    }
}

// With the lock held; gives it up meanwhile. False: there is nothing to fetch ahead now.
static bool fetch_ahead(struct sj_tiers *tiers)
{
    struct sj_pair pairs[SJ_PREFETCH_BATCH];
    struct sj_key chain[SJ_PREFETCH_CHAIN];
    size_t count = sj_prefetch_take(&tiers->prefetch, has_pair, tiers, pairs);
    size_t links = count > 0 ? 0 : sj_prefetch_take_chain(&tiers->prefetch, chain);
    if (count + links == 0) {
        return false;
    }
    struct sj_trip *trip = sj_trip_new(tiers, 2 * count + links, PREFETCH_NS);
    trip->is_prefetch = true;
    trip->is_counted = true;
    trip->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct sj_tier_name pathset = tier_name(SJ_TIER_PATHSET, &pairs[i].weak);
        struct sj_tier_name result = tier_name(SJ_TIER_RESULT, &pairs[i].strong);
        add_ahead(trip, &pathset);
        add_ahead(trip, &result);
    }
    for (size_t i = 0; i < links; i++) {
        trip->names[trip->count++].name = tier_name(SJ_TIER_TRAIL, &chain[i]);
    }
    tiers->under_way++;
    sj_tiers_unlock(tiers);
    if (trip->count > 0) {
        sj_trip_start(trip);
    } else {
        sj_trip_end(trip);
    }
    sj_tiers_lock(tiers);
    return true;
}

// Requests whose time is up are answered, though their names may still come. With the lock held;
// gives it up meanwhile. Gives the time when the next one is up.
static uint64_t tell_late(struct sj_tiers *tiers, uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;
    for (struct sj_fetch *request = tiers->requests; request;) {
        if (request->deadline_ns > now_ns) {
            next_ns = request->deadline_ns < next_ns ? request->deadline_ns : next_ns;
            request = request->next;
            continue;
        }
        unlist_request(request);
        request->is_told = true;
        request->status = -ETIMEDOUT;
        request->pending++; // keeps it while the lock is not held
        sj_tiers_unlock(tiers);
        tell(request);
        sj_tiers_lock(tiers);
        if (--request->pending == 0) {
            free(request);
        }
        request = tiers->requests;
        next_ns = UINT64_MAX;
    }
    return next_ns;
}

// With the lock held; gives it up meanwhile.
static void probe(struct sj_tiers *tiers, uint64_t now_ns)
{
    for (size_t i = 0; i < tiers->slot_count && !tiers->is_closing; i++) {
        if (sj_breaker_take_probe(&tiers->slots[i].get, now_ns)) {
            sj_tiers_unlock(tiers);
            sj_trip_probe(tiers, i);
            sj_tiers_lock(tiers);
        }
    }
}

static struct sj_trip *take_arrived(struct sj_tiers *tiers)
{
    struct sj_trip *trip = tiers->arrived;
    if (trip) {
        tiers->arrived = trip->next;
        if (!tiers->arrived) {
            tiers->arrived_at = &tiers->arrived;
        }
    }
    return trip;
}

void *sj_fetch_run(void *user)
{
    struct sj_tiers *tiers = user;
    sj_tiers_lock(tiers);
    for (;;) {
        struct sj_trip *trip = take_arrived(tiers);
        if (trip) {
            sj_tiers_unlock(tiers);
            sj_trip_arrive(trip);
            sj_tiers_lock(tiers);
            continue;
        }
        if (tiers->is_ending) {
            break;
        }
        uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
        uint64_t next_ns = tell_late(tiers, now_ns);
        probe(tiers, now_ns);
        if (tiers->arrived || (!tiers->is_closing && fetch_ahead(tiers))) {
            continue;
        }
        uint64_t tick_ns = now_ns + TICK_NS;
        sj_tiers_wait(tiers, &tiers->fetch_cond, next_ns < tick_ns ? next_ns : tick_ns);
    }
    sj_tiers_unlock(tiers);
    return NULL;
}

void sj_fetch_abandon(struct sj_tiers *tiers)
{
    // Every trip has ended, and every flight with its trip.
    while (tiers->requests) {
        struct sj_fetch *request = tiers->requests;
        unlist_request(request);
        request->status = -ECANCELED;
        tell(request);
        free(request);
    }
}
