// SPDX-License-Identifier: Apache-2.0
#include "analyze/keymap.h"

#include <stdlib.h>

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

static struct sj_keymap_slot *probe(const struct sj_keymap *map, const struct sj_key *key)
{
    uint64_t hash;
    memcpy(&hash, key->bytes, sizeof hash);
    size_t at = (size_t)hash & (map->size - 1);
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
    struct sj_keymap bigger = {.size = map->size ? 2 * map->size : SLOTS_MIN};
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
