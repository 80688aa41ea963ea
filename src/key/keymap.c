// SPDX-License-Identifier: Apache-2.0
#include "key/keymap.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/bytes.h"
#include "base/mem.h"

#define SLOTS_MIN 64

void sj_keymap_release(struct sj_keymap *map)
{
    if (map) {
        free(map->slots);
        *map = (struct sj_keymap){0};
    }
}

void sj_keymap_clear(struct sj_keymap *map)
{
    if (map->count > 0) {
        memset(map->slots, 0, map->size * sizeof *map->slots);
        map->count = 0;
    }
}

// Keys are hashes already, but others may have chosen them: so that no log can fill one corner of a
// map, they are mixed with a number that nobody can know.
static uint64_t new_seed(void)
{
    uint64_t seed = 0;
    // What fails, early in a system's life, costs no more than the protection.
    (void)getrandom(&seed, sizeof seed, GRND_NONBLOCK);
    return seed;
}

static struct sj_keymap_slot *probe(const struct sj_keymap *map, const struct sj_key *key)
{
    uint64_t low = (sj_get_u64(key->bytes) ^ map->seed) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t high = (sj_get_u64(key->bytes + 8) + map->seed) * UINT64_C(0xd6e8feb86659fd93);
    uint64_t hash = low ^ high;
    size_t at = (size_t)(hash >> 32) & (map->size - 1);
    while (map->slots[at].is_used && !sj_key_eq(&map->slots[at].key, key)) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

uint32_t *sj_keymap_find(const struct sj_keymap *map, const struct sj_key *key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct sj_keymap_slot *slot = probe(map, key);
    return slot->is_used ? &slot->value : NULL;
}

static void grow(struct sj_keymap *map)
{
    struct sj_keymap bigger = {.size = map->size ? 2 * map->size : SLOTS_MIN,
                               .seed = map->size ? map->seed : new_seed()};
    bigger.slots = sj_calloc(bigger.size, sizeof *bigger.slots);
    bigger.count = map->count;
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].is_used) {
            *probe(&bigger, &map->slots[i].key) = map->slots[i];
        }
    }
    free(map->slots);
    *map = bigger;
}

uint32_t *sj_keymap_put(struct sj_keymap *map, const struct sj_key *key, bool *is_new)
{
    if (2 * map->count >= map->size) {
        grow(map);
    }
    struct sj_keymap_slot *slot = probe(map, key);
    *is_new = !slot->is_used;
    if (!slot->is_used) {
        *slot = (struct sj_keymap_slot){.key = *key, .is_used = true};
        map->count++;
    }
    return &slot->value;
}

void sj_pool_release(struct sj_pool *pool)
{
    if (pool) {
        for (size_t i = 0; i < pool->map.count; i++) {
            free(pool->texts[i]);
        }
        free(pool->texts);
        sj_keymap_release(&pool->map);
        *pool = (struct sj_pool){0};
    }
}

const char *sj_pool_bytes(struct sj_pool *pool, const char *data, size_t len)
{
    struct sj_key key = sj_key_of(data, len);
    bool is_new;
    uint32_t *place = sj_keymap_put(&pool->map, &key, &is_new);
    if (is_new) {
        size_t count = pool->map.count - 1;
        if (count == pool->size) {
            pool->size = pool->size ? 2 * pool->size : SLOTS_MIN;
            pool->texts = sj_realloc(pool->texts, pool->size, sizeof *pool->texts);
        }
        pool->texts[count] = sj_strndup(data, len);
        *place = (uint32_t)count;
    }
    return pool->texts[*place];
}

const char *sj_pool_text(struct sj_pool *pool, const char *text)
{
    return sj_pool_bytes(pool, text ? text : "", text ? strlen(text) : 0);
}
