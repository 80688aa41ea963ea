// SPDX-License-Identifier: Apache-2.0
#include "trace/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK ((size_t)256 << 10)

/** A place in a table. */
struct sj_trace_slot {
    struct sj_key key;
    size_t number;
    bool is_used;
};

void sj_trace_map_release(struct sj_trace_map *map)
{
    if (map) {
        free(map->slots);
        *map = (struct sj_trace_map){0};
    }
}

// Keys are hashes already.
static struct sj_trace_slot *place_of(const struct sj_trace_map *map, const struct sj_key *key)
{
    uint64_t hash;
    memcpy(&hash, key->bytes, sizeof hash);
    size_t at = (size_t)hash & (map->size - 1);
    while (map->slots[at].is_used && !sj_key_eq(&map->slots[at].key, key)) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

static void grow(struct sj_trace_map *map)
{
    struct sj_trace_map grown = {.size = map->size ? 2 * map->size : 256, .count = map->count};
    grown.slots = sj_calloc(grown.size, sizeof *grown.slots);
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].is_used) {
            *place_of(&grown, &map->slots[i].key) = map->slots[i];
        }
    }
    free(map->slots);
    *map = grown;
}

size_t *sj_trace_map_at(struct sj_trace_map *map, const struct sj_key *key, bool *is_new)
{
    if (2 * map->count >= map->size) {
        grow(map);
    }
    struct sj_trace_slot *slot = place_of(map, key);
    *is_new = !slot->is_used;
    if (*is_new) {
        *slot = (struct sj_trace_slot){.key = *key, .is_used = true};
        map->count++;
    }
    return &slot->number;
}

const size_t *sj_trace_map_find(const struct sj_trace_map *map, const struct sj_key *key)
{
    const struct sj_trace_slot *slot = map->size ? place_of(map, key) : NULL;
    return slot && slot->is_used ? &slot->number : NULL;
}

void sj_trace_texts_release(struct sj_trace_texts *texts)
{
    if (texts) {
        for (size_t i = 0; i < texts->chunk_count; i++) {
            free(texts->chunks[i]);
        }
        free(texts->chunks);
        sj_trace_map_release(&texts->map);
        *texts = (struct sj_trace_texts){0};
    }
}

static char *copy(struct sj_trace_texts *texts, const char *text, size_t len)
{
    if (len + 1 > texts->room - texts->used) {
        texts->room = len + 1 > CHUNK ? len + 1 : CHUNK;
        texts->used = 0;
        texts->chunks = sj_realloc(texts->chunks, texts->chunk_count + 1, sizeof *texts->chunks);
        texts->chunks[texts->chunk_count++] = sj_calloc(texts->room, 1);
    }
    char *at = texts->chunks[texts->chunk_count - 1] + texts->used;
    memcpy(at, text, len); // the memory is zeroed: a NUL follows
    texts->used += len + 1;
    return at;
}

const char *sj_trace_text(struct sj_trace_texts *texts, const char *text, size_t max, bool *is_cut)
{
    if (!text) {
        return NULL;
    }
    size_t len = strnlen(text, max + 1);
    if (len > max) {
        len = max;
        *is_cut = true;
    }
    const struct sj_key key = sj_key_of(text, len);
    bool is_new;
    size_t *place = sj_trace_map_at(&texts->map, &key, &is_new);
    if (is_new) {
        *place = (size_t)copy(texts, text, len);
    }
    return (const char *)*place; // NOLINT(performance-no-int-to-ptr): it was put there above
}
