// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Texts that are kept once however often they are told, and a table from keys to numbers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/key.h"

/** A table from keys to numbers. Zeroed: empty. */
struct sj_trace_map {
    struct sj_trace_slot *slots; /**< open addressing */
    size_t size;                 /**< length of slots, a power of two */
    size_t count;                /**< slots used */
};

/** Free a table. @param map table, zeroed or NULL */
void sj_trace_map_release(struct sj_trace_map *map);

/**
 * Find or make the place of a key.
 *
 * @param map   table
 * @param key   key
 * @param is_new takes whether it was not there: the number is 0 then
 * @return its number, valid until the next call
 */
size_t *sj_trace_map_at(struct sj_trace_map *map, const struct sj_key *key, bool *is_new);

/** Find a key. @param map table @param key key @return its number, valid until the next
 * sj_trace_map_at(); NULL: it is not there */
const size_t *sj_trace_map_find(const struct sj_trace_map *map, const struct sj_key *key);

/** Texts. Zeroed: none. */
struct sj_trace_texts {
    struct sj_trace_map map; /**< from the key of a text to its address */
    char **chunks;           /**< memory of the texts */
    size_t chunk_count;      /**< length of chunks */
    size_t used;             /**< bytes used of the last chunk */
    size_t room;             /**< bytes of the last chunk */
};

/** Free texts. @param texts texts, zeroed or NULL */
void sj_trace_texts_release(struct sj_trace_texts *texts);

/**
 * Keep a text.
 *
 * @param texts texts
 * @param text  NUL-terminated, or NULL
 * @param max   longer ones are cut
 * @param is_cut set when it was cut; untouched otherwise
 * @return the same text for the same text, valid as long as texts; NULL for NULL
 */
const char *sj_trace_text(struct sj_trace_texts *texts, const char *text, size_t max, bool *is_cut);
