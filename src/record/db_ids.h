// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Numbers of things: looked up in memory first, then in the database. Private to the room.
 */
#pragma once

#include "key/keymap.h"
#include "record/db_handle.h"

/** Find a number. @param map numbers by key @param key key @return number; 0: not in the map */
uint32_t sj_number_find(const struct sj_keymap *map, const struct sj_key *key);

/** Remember a number; a map that has grown large is emptied first. @param map map @param key key
 * @param number not 0 */
void sj_number_add(struct sj_keymap *map, const struct sj_key *key, uint32_t number);

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
int sj_db_id_find(struct sj_db *db, struct sj_keymap *map, enum sj_db_id kind,
                  const struct sj_key *key, uint32_t *number);

/** Give a thing a number. @param db database, being written @param map remembers it; NULL: nothing
 * does @param kind what it is of @param key its key @param number not 0 @return 0 or a negative
 * errno */
int sj_db_id_put(struct sj_db *db, struct sj_keymap *map, enum sj_db_id kind,
                 const struct sj_key *key, uint32_t number);
