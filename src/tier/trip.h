// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A trip: some names that are asked for together, first of the nearest tier, and what it has not
 * of the next one. It ends when what was found is in the local store.
 */
#pragma once

#include "tier/handle.h"
#include "tier/haul.h"

/** A trip. Owned by whoever works on it: the caller, the plugin, the fetch thread, the writer. */
struct sj_trip {
    struct sj_trip *next;    /**< of those that have come back */
    struct sj_tiers *tiers;  /**< its stack */
    size_t slot;             /**< tier that is asked */
    struct sj_wanted *names; /**< what is wanted */
    size_t count;            /**< length of names */
    bool is_prefetch;        /**< nobody waits for it */
    bool is_counted;         /**< the prefetch counts it as under way */
    bool is_probe;           /**< it only finds out whether the tier works */
    bool has_answer;         /**< some tier answered */
    unsigned round;          /**< how often this tier was asked for what its answer left out */
    uint64_t deadline_ns;    /**< when it should be over, monotonic clock */
    int status;              /**< how the last call ended */
    size_t arrived;          /**< values that came in the last call */
    struct sj_haul haul;     /**< what came */
};

/** A new trip. @param tiers stack @param count names it will have @param span_ns time it has
 * @return never NULL, names zeroed */
struct sj_trip *sj_trip_new(struct sj_tiers *tiers, size_t count, uint64_t span_ns);

/**
 * Set out: ask the first tier, from the trip's slot on, that is not being left alone. Called
 * without the lock. Ends in sj_trip_end(), sooner or later.
 *
 * @param trip taken over
 */
void sj_trip_start(struct sj_trip *trip);

/** Take in what came. Only the fetch thread, without the lock. @param trip taken over */
void sj_trip_arrive(struct sj_trip *trip);

/** Tell who waits for its names, and free it. In fetch.c. @param trip taken over */
void sj_trip_end(struct sj_trip *trip);

/** Ask a tier that is left alone whether it works again. Called without the lock. @param tiers
 * stack @param slot its index */
void sj_trip_probe(struct sj_tiers *tiers, size_t slot);
