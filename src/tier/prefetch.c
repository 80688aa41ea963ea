// SPDX-License-Identifier: Apache-2.0
#include "tier/prefetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

static const struct sj_key zero_key;

static void set_release(struct sj_key_set *set)
{
    free(set->slots);
    *set = (struct sj_key_set){0};
}

static struct sj_key *set_slot(const struct sj_key_set *set, const struct sj_key *key)
{
    return &set->slots[sj_get_u32(key->bytes) % SJ_PREFETCH_SET];
}

static bool set_has(const struct sj_key_set *set, const struct sj_key *key)
{
    return set->slots && sj_key_eq(set_slot(set, key), key);
}

// Where another key has the slot, that one is forgotten.
static void set_add(struct sj_key_set *set, const struct sj_key *key)
{
    if (!set->slots) {
        set->slots = sj_calloc(SJ_PREFETCH_SET, sizeof *set->slots);
    }
    struct sj_key *slot = set_slot(set, key);
    set->count += sj_key_eq(slot, &zero_key);
    *slot = *key;
}

static void set_remove(struct sj_key_set *set, const struct sj_key *key)
{
    if (set_has(set, key) && !sj_key_eq(key, &zero_key)) {
        *set_slot(set, key) = zero_key;
        set->count--;
    }
}

void sj_prefetch_release(struct sj_prefetch *prefetch)
{
    if (prefetch) {
        free(prefetch->queue);
        set_release(&prefetch->seen);
        set_release(&prefetch->ahead);
        *prefetch = (struct sj_prefetch){0};
    }
}

void sj_prefetch_restart(struct sj_prefetch *prefetch)
{
    set_release(&prefetch->seen);
    set_release(&prefetch->ahead);
    prefetch->count = 0;
    prefetch->chain_count = 0;
}

static void enqueue(struct sj_prefetch *prefetch, const struct sj_pair *pair)
{
    if (set_has(&prefetch->seen, &pair->strong) || prefetch->count >= SJ_PREFETCH_QUEUE) {
        return;
    }
    if (!prefetch->queue) {
        prefetch->queue = sj_calloc(SJ_PREFETCH_QUEUE, sizeof *prefetch->queue);
    }
    set_add(&prefetch->seen, &pair->strong);
    prefetch->queue[(prefetch->head + prefetch->count++) % SJ_PREFETCH_QUEUE] = *pair;
}

void sj_prefetch_follow(struct sj_prefetch *prefetch, const struct sj_pair *pairs, size_t count,
                        bool is_asked)
{
    if (is_asked) {
        set_release(&prefetch->ahead);
        prefetch->is_useful = true;
    }
    for (size_t i = 0; i < count; i++) {
        enqueue(prefetch, &pairs[i]);
    }
    size_t first = count > SJ_PREFETCH_CHAIN ? count - SJ_PREFETCH_CHAIN : 0;
    prefetch->chain_count = 0;
    for (size_t i = first; i < count; i++) {
        prefetch->chain[prefetch->chain_count++] = pairs[i].weak;
    }
}

void sj_prefetch_use(struct sj_prefetch *prefetch, const struct sj_key *strong)
{
    set_remove(&prefetch->ahead, strong);
}

size_t sj_prefetch_take(struct sj_prefetch *prefetch, sj_prefetch_has *has, void *user,
                        struct sj_pair *out)
{
    size_t count = 0;
    while (prefetch->flights < SJ_PREFETCH_FLIGHTS && prefetch->count > 0 &&
           count < SJ_PREFETCH_BATCH) {
        const struct sj_pair *pair = &prefetch->queue[prefetch->head];
        prefetch->head = (prefetch->head + 1) % SJ_PREFETCH_QUEUE;
        prefetch->count--;
        if (!has(pair, user)) {
            set_add(&prefetch->ahead, &pair->strong);
            out[count++] = *pair;
        }
    }
    prefetch->flights += count > 0;
    prefetch->is_useful |= count > 0;
    return count;
}

size_t sj_prefetch_take_chain(struct sj_prefetch *prefetch, struct sj_key *out)
{
    size_t count = prefetch->chain_count;
    if (count == 0 || prefetch->count > 0 || !prefetch->is_useful ||
        prefetch->flights >= SJ_PREFETCH_FLIGHTS ||
        prefetch->ahead.count + SJ_TRAIL_PAIRS_MAX > SJ_PREFETCH_AHEAD) {
        return 0;
    }
    memcpy(out, prefetch->chain, count * sizeof *out);
    prefetch->chain_count = 0;
    prefetch->is_useful = false;
    prefetch->flights++;
    return count;
}

void sj_prefetch_end(struct sj_prefetch *prefetch)
{
    prefetch->flights--;
}
