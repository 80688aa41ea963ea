// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A map from content keys to numbers, and texts that are kept once. Keys are XXH3-128, so two
 * different things do not meet in one place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/key.h"

/** A place of a map. */
struct sj_keymap_slot {
    struct sj_key key; /**< key; counts when is_used */
    uint32_t value;    /**< its number */
    bool is_used;      /**< something stands here */
};

/** A map. Zeroed: empty. */
struct sj_keymap {
    struct sj_keymap_slot *slots; /**< a power of two of them; NULL: none */
    size_t size;                  /**< how many */
    size_t count;                 /**< of them used */
    uint64_t seed;                /**< mixed into keys; the map's own */
};

/** Free a map. @param map map, zeroed or NULL */
void sj_keymap_release(struct sj_keymap *map);

/** Empty a map and keep its memory. @param map map */
void sj_keymap_clear(struct sj_keymap *map);

/** Find a number. @param map map @param key key @return the number, valid until the next
 * sj_keymap_put(); NULL: there is none */
uint32_t *sj_keymap_find(const struct sj_keymap *map, const struct sj_key *key);

/**
 * Find a number or make room for one.
 *
 * @param map    map
 * @param key    key
 * @param is_new takes whether it was not there: then the number is 0
 * @return the number, to be set; valid until the next call
 */
uint32_t *sj_keymap_put(struct sj_keymap *map, const struct sj_key *key, bool *is_new);

/** Texts, each kept once: equal texts have equal pointers. Zeroed: empty. */
struct sj_pool {
    struct sj_keymap map; /**< places of texts */
    char **texts;         /**< the texts */
    size_t size;          /**< allocated of texts */
};

/** Free a pool and its texts. @param pool pool, zeroed or NULL */
void sj_pool_release(struct sj_pool *pool);

/** Keep a text. @param pool pool @param text NUL-terminated; NULL: "" @return the pool's copy,
 * never NULL */
const char *sj_pool_text(struct sj_pool *pool, const char *text);

/** Keep a text with a length. @param pool pool @param data bytes without NUL @param len how many
 * @return the pool's copy, never NULL */
const char *sj_pool_bytes(struct sj_pool *pool, const char *data, size_t len);
