// SPDX-License-Identifier: Apache-2.0
#include "repo/slots.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "key/key.h"

void sj_slots_release(struct sj_slots *slots)
{
    free(slots->slots);
    slots->slots = NULL;
    slots->mask = 0;
    slots->count = 0;
}

static void put(struct sj_slots *slots, struct sj_slot slot)
{
    size_t at = slot.hash & slots->mask;
    while (slots->slots[at].place != 0) {
        at = (at + 1) & slots->mask;
    }
    slots->slots[at] = slot;
}

void sj_slots_reserve(struct sj_slots *slots, size_t count)
{
    size_t size = slots->slots ? slots->mask + 1 : 0;
    size_t wanted = 64;
    while (wanted < count * 2) {
        wanted *= 2;
    }
    if (wanted <= size) {
        return;
    }
    struct sj_slot *old = slots->slots;
    slots->slots = sj_calloc(wanted, sizeof *slots->slots);
    slots->mask = wanted - 1;
    for (size_t i = 0; i < size; i++) {
        if (old[i].place != 0) {
            put(slots, old[i]);
        }
    }
    free(old);
}

void sj_slots_add(struct sj_slots *slots, uint32_t hash, uint32_t place)
{
    sj_slots_reserve(slots, slots->count + 1);
    put(slots, (struct sj_slot){hash, place + 1});
    slots->count++;
}

static uint32_t mix(const struct sj_slots *slots, uint64_t value)
{
    value = (value ^ slots->seed) * 0x9e3779b97f4a7c15u;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93u;
    return (uint32_t)(value >> 32);
}

uint32_t sj_slots_hash_oid(const struct sj_slots *slots, const struct sj_oid *oid)
{
    return mix(slots, sj_get_u64(oid->bytes));
}

uint32_t sj_slots_hash(const struct sj_slots *slots, const void *data, size_t len)
{
    struct sj_key key = sj_key_of(data, len);
    return mix(slots, sj_get_u64(key.bytes));
}

uint32_t sj_slots_next(const struct sj_slots *slots, uint32_t hash, size_t *at)
{
    if (!slots->slots) {
        return SJ_NO_PLACE;
    }
    size_t next = *at == SIZE_MAX ? hash & slots->mask : (*at + 1) & slots->mask;
    for (; slots->slots[next].place != 0; next = (next + 1) & slots->mask) {
        if (slots->slots[next].hash == hash) {
            *at = next;
            return slots->slots[next].place - 1;
        }
    }
    return SJ_NO_PLACE;
}
