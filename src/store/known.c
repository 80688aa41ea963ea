// SPDX-License-Identifier: Apache-2.0
#include "store/known.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"

#define WAYS 4

struct sj_known {
    size_t mask;
    _Atomic uint64_t places[]; // 0: none
};

struct sj_known *sj_known_new(size_t room)
{
    struct sj_known *known = sj_calloc(1, sizeof *known + room * sizeof known->places[0]);
    known->mask = room - 1;
    return known;
}

void sj_known_free(struct sj_known *known)
{
    free(known);
}

// Every place of a store has a number of its own: items start at multiples of 8, and no generation
// is larger than 16 GiB. 0: not one that can be held.
static uint64_t number_of(const unsigned char salt[SJ_SALT_SIZE], uint32_t generation,
                          uint64_t offset)
{
    if (offset % SJ_ITEM_ALIGN != 0 || offset / SJ_ITEM_ALIGN > UINT32_MAX) {
        return 0;
    }
    return ((uint64_t)generation << 32 | offset / SJ_ITEM_ALIGN) ^ sj_get_u64(salt);
}

// A number has its place in one of so many slots that lie together in memory.
static _Atomic uint64_t *slots_of(struct sj_known *known, uint64_t number)
{
    size_t at = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & known->mask;
    return known->places + at / WAYS * WAYS;
}

bool sj_known_has(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                  uint32_t generation, uint64_t offset)
{
    uint64_t number = number_of(salt, generation, offset);
    _Atomic uint64_t *slots = slots_of(known, number);
    bool has = false;
    for (int i = 0; i < WAYS && number != 0; i++) {
        has = has || atomic_load_explicit(&slots[i], memory_order_relaxed) == number;
    }
    return has;
}

void sj_known_add(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                  uint32_t generation, uint64_t offset)
{
    uint64_t number = number_of(salt, generation, offset);
    if (number == 0 || sj_known_has(known, salt, generation, offset)) {
        return;
    }
    // The one added first makes room. What two threads do to each other here costs at most an
    // entry.
    _Atomic uint64_t *slots = slots_of(known, number);
    for (int i = WAYS - 1; i > 0; i--) {
        uint64_t moved = atomic_load_explicit(&slots[i - 1], memory_order_relaxed);
        atomic_store_explicit(&slots[i], moved, memory_order_relaxed);
    }
    atomic_store_explicit(&slots[0], number, memory_order_relaxed);
}

void sj_known_remove(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                     uint32_t generation, uint64_t offset)
{
    uint64_t number = number_of(salt, generation, offset);
    _Atomic uint64_t *slots = slots_of(known, number);
    for (int i = 0; i < WAYS && number != 0; i++) {
        uint64_t expected = number;
        (void)atomic_compare_exchange_strong(&slots[i], &expected, 0);
    }
}
