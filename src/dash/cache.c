// SPDX-License-Identifier: Apache-2.0
#include "dash/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/cache_file.h"
#include "key/keymap.h"

/** Something that is kept. */
struct item {
    void *data; // NULL: it has moved to the young ones
    size_t len;
};

/** Things that came at about the same time. */
struct generation {
    struct sj_keymap map; // places of items
    struct item *items;
    size_t size;  // allocated of items
    size_t bytes; // as a file has them
};

// What is used moves from the old ones to the young ones. When these fill half of the room, the old
// ones go and the young ones are old: what nobody asks for leaves in time.
struct sj_dash_cache {
    pthread_mutex_t lock; // guards all below
    struct generation young;
    struct generation old;
    size_t limit;
    struct sj_cache_file file; // of the young ones
    bool is_read;
};

struct sj_dash_cache *sj_dash_cache_new(const char *path, bool is_read_only, size_t limit)
{
    struct sj_dash_cache *cache = sj_calloc(1, sizeof *cache);
    cache->limit = limit;
    cache->file = (struct sj_cache_file){
        .path = path ? sj_strdup(path) : NULL, .is_read_only = is_read_only, .fd = -1};
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void release(struct generation *generation)
{
    for (size_t i = 0; i < generation->map.count; i++) {
        free(generation->items[i].data);
    }
    sj_keymap_release(&generation->map);
    free(generation->items);
    *generation = (struct generation){0};
}

static void forget(struct sj_dash_cache *cache)
{
    release(&cache->young);
    release(&cache->old);
    sj_cache_file_close(&cache->file);
    cache->is_read = false;
}

void sj_dash_cache_free(struct sj_dash_cache *cache)
{
    if (cache) {
        forget(cache);
        free(cache->file.path);
        (void)pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
}

void sj_dash_cache_forget(struct sj_dash_cache *cache)
{
    if (cache) {
        (void)pthread_mutex_lock(&cache->lock);
        forget(cache);
        (void)pthread_mutex_unlock(&cache->lock);
    }
}

static struct item *find(const struct generation *generation, const struct sj_key *key)
{
    const uint32_t *place = sj_keymap_find(&generation->map, key);
    return place && generation->items[*place].data ? &generation->items[*place] : NULL;
}

// The data is taken over.
static void add(struct generation *generation, const struct sj_key *key, void *data, size_t len)
{
    bool is_new;
    uint32_t *place = sj_keymap_put(&generation->map, key, &is_new);
    if (is_new) {
        *place = (uint32_t)generation->map.count - 1;
        if (*place == generation->size) {
            generation->size = generation->size ? 2 * generation->size : 64;
            generation->items =
                sj_realloc(generation->items, generation->size, sizeof *generation->items);
        }
        generation->items[*place] = (struct item){0};
    }
    struct item *item = &generation->items[*place];
    free(item->data);
    *item = (struct item){data, len};
    generation->bytes += SJ_CACHE_ENTRY + len;
}

static void *copy_of(const void *data, size_t len)
{
    void *copy = sj_calloc(len + 1, 1);
    memcpy(copy, data, len);
    return copy;
}

static void add_read(const struct sj_key *key, const void *data, size_t len, void *user)
{
    add(user, key, copy_of(data, len), len);
}

static void read_files(struct sj_dash_cache *cache)
{
    if (cache->is_read || !cache->file.path) {
        return;
    }
    cache->is_read = true;
    SJ_AUTO(sj_auto_free) char *old = sj_asprintf("%s.old", cache->file.path);
    (void)sj_cache_file_read(old, cache->limit, add_read, &cache->old);
    size_t good = sj_cache_file_read(cache->file.path, cache->limit, add_read, &cache->young);
    sj_cache_file_open(&cache->file, good);
}

// The data is taken over.
static void keep(struct sj_dash_cache *cache, const struct sj_key *key, void *data, size_t len)
{
    if (cache->young.bytes + SJ_CACHE_ENTRY + len > cache->limit / 2) {
        release(&cache->old);
        cache->old = cache->young;
        cache->young = (struct generation){0};
        sj_cache_file_turn(&cache->file);
    }
    sj_cache_file_append(&cache->file, key, data, len);
    add(&cache->young, key, data, len);
}

bool sj_dash_cache_get(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_buf *out)
{
    if (!cache) {
        return false;
    }
    (void)pthread_mutex_lock(&cache->lock);
    read_files(cache);
    const struct item *found = find(&cache->young, key);
    if (found) {
        sj_buf_add(out, found->data, found->len);
    } else {
        struct item *old = find(&cache->old, key);
        found = old;
        if (old) {
            const struct item moved = *old;
            *old = (struct item){0};
            sj_buf_add(out, moved.data, moved.len);
            keep(cache, key, moved.data, moved.len);
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return found != NULL;
}

void sj_dash_cache_put(struct sj_dash_cache *cache, const struct sj_key *key, const void *data,
                       size_t len)
{
    if (!cache || len > cache->limit / 4) {
        return;
    }
    (void)pthread_mutex_lock(&cache->lock);
    read_files(cache);
    // Another thread may have been faster.
    const struct item *known = find(&cache->young, key);
    if (!known || known->len != len || memcmp(known->data, data, len) != 0) {
        keep(cache, key, copy_of(data, len), len);
    }
    (void)pthread_mutex_unlock(&cache->lock);
}
