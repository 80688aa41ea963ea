// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A table from hashes to places of an array that somebody else holds. The hashes are mixed with a
 * random seed, so that no repository can be made to fill one corner of it. For this room only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/oid.h"

#define SJ_NO_PLACE UINT32_MAX /**< no such place */

/** A place and some bits of its hash. */
struct sj_slot {
    uint32_t hash;  /**< bits of it */
    uint32_t place; /**< place plus one; 0: empty */
};

/** A table; zeroed but for its seed. */
struct sj_slots {
    struct sj_slot *slots; /**< as many as mask + 1 */
    size_t mask;           /**< a power of two, minus one */
    size_t count;          /**< places in it */
    uint64_t seed;         /**< random */
};

/** Free what a table holds. @param slots table */
void sj_slots_release(struct sj_slots *slots);
/** Make room. @param slots table @param count places to come, all together */
void sj_slots_reserve(struct sj_slots *slots, size_t count);
/** Add a place. @param slots table @param hash its hash @param place place */
void sj_slots_add(struct sj_slots *slots, uint32_t hash, uint32_t place);

/** Hash of an object's name. @param slots table @param oid name @return hash */
uint32_t sj_slots_hash_oid(const struct sj_slots *slots, const struct sj_oid *oid);
/** Hash of bytes. @param slots table @param data bytes @param len how many @return hash */
uint32_t sj_slots_hash(const struct sj_slots *slots, const void *data, size_t len);

/**
 * Places whose hash may be the wanted one; the caller compares.
 *
 * @param slots table
 * @param hash  hash
 * @param at    SIZE_MAX before the first call
 * @return place, or SJ_NO_PLACE when there are no more
 */
uint32_t sj_slots_next(const struct sj_slots *slots, uint32_t hash, size_t *at);
