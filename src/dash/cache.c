// SPDX-License-Identifier: Apache-2.0
#include "dash/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "key/keymap.h"

/** Something that is kept. */
struct item {
    void *data;
    size_t len;
};

struct sj_dash_cache {
    pthread_mutex_t lock; // guards all below
    struct sj_keymap map; // places of items
    struct item *items;
    size_t size;  // allocated of items
    size_t bytes; // of all items
    size_t limit;
};

struct sj_dash_cache *sj_dash_cache_new(size_t limit)
{
    struct sj_dash_cache *cache = sj_calloc(1, sizeof *cache);
    cache->limit = limit;
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void empty(struct sj_dash_cache *cache)
{
    for (size_t i = 0; i < cache->map.count; i++) {
        free(cache->items[i].data);
    }
    sj_keymap_clear(&cache->map);
    cache->bytes = 0;
}

void sj_dash_cache_free(struct sj_dash_cache *cache)
{
    if (cache) {
        empty(cache);
        sj_keymap_release(&cache->map);
        free(cache->items);
        (void)pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
}

bool sj_dash_cache_get(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_buf *out)
{
    if (!cache) {
        return false;
    }
    (void)pthread_mutex_lock(&cache->lock);
    const uint32_t *place = sj_keymap_find(&cache->map, key);
    if (place) {
        sj_buf_add(out, cache->items[*place].data, cache->items[*place].len);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return place != NULL;
}

// All goes when there is no more room: it can be worked out again, and that happens rarely.
void sj_dash_cache_put(struct sj_dash_cache *cache, const struct sj_key *key, const void *data,
                       size_t len)
{
    if (!cache || len > cache->limit / 2) {
        return;
    }
    (void)pthread_mutex_lock(&cache->lock);
    if (cache->bytes + len > cache->limit) {
        empty(cache);
    }
    bool is_new;
    uint32_t *place = sj_keymap_put(&cache->map, key, &is_new);
    if (is_new) {
        *place = (uint32_t)cache->map.count - 1;
        if (*place == cache->size) {
            cache->size = cache->size ? 2 * cache->size : 64;
            cache->items = sj_realloc(cache->items, cache->size, sizeof *cache->items);
        }
        cache->items[*place] = (struct item){0};
    }
    struct item *item = &cache->items[*place];
    cache->bytes = cache->bytes - item->len + len;
    free(item->data);
    item->data = sj_calloc(len + 1, 1);
    memcpy(item->data, data, len);
    item->len = len;
    (void)pthread_mutex_unlock(&cache->lock);
}
