// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Numbers of things: looked up in memory first, then in the database. Private to the room.
 */
#pragma once

#include "record/db_handle.h"

/** Numbers by key. Zeroed: none. */
struct sj_idmap {
    struct sj_idmap_slot *slots; /**< open addressing */
    size_t size;                 /**< slots; 0 or a power of two */
    size_t count;                /**< used of them */
};

/** Free a map. @param map map */
void sj_idmap_release(struct sj_idmap *map);

/** Find a number. @param map map @param key key @return number; 0: not in the map */
uint32_t sj_idmap_find(const struct sj_idmap *map, const struct sj_key *key);

/** Remember a number; a map that has grown large is emptied first. @param map map @param key key,
 * not in the map @param number not 0 */
void sj_idmap_add(struct sj_idmap *map, const struct sj_key *key, uint32_t number);

/**
 * Find a number in the map or the database.
 *
 * @param db     database
 * @param map    remembers what was found; NULL: nothing does
 * @param kind   what it is of
 * @param key    its key
 * @param number takes it
 * @return 0, SJ_DB_NONE or a negative errno
 */
int sj_db_id_find(struct sj_db *db, struct sj_idmap *map, enum sj_db_id kind,
                  const struct sj_key *key, uint32_t *number);

/** Give a thing a number. @param db database, being written @param map remembers it; NULL: nothing
 * does @param kind what it is of @param key its key @param number not 0 @return 0 or a negative
 * errno */
int sj_db_id_put(struct sj_db *db, struct sj_idmap *map, enum sj_db_id kind,
                 const struct sj_key *key, uint32_t number);
