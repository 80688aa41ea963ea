// SPDX-License-Identifier: Apache-2.0
#include "record/db_ids.h"

#include <errno.h>

#define NUMBERS_MAX (1u << 20) // in one map
#define KEY_SIZE    (1 + SJ_KEY_SIZE)

uint32_t sj_number_find(const struct sj_keymap *map, const struct sj_key *key)
{
    const uint32_t *number = sj_keymap_find(map, key);
    return number ? *number : 0;
}

void sj_number_add(struct sj_keymap *map, const struct sj_key *key, uint32_t number)
{
    if (map->count == NUMBERS_MAX) {
        sj_keymap_clear(map); // what is forgotten is found in the database again
    }
    bool is_new;
    *sj_keymap_put(map, key, &is_new) = number;
}

static void make_key(enum sj_db_id kind, const struct sj_key *key, unsigned char out[KEY_SIZE])
{
    out[0] = (unsigned char)kind;
    memcpy(out + 1, key->bytes, SJ_KEY_SIZE);
}

int sj_db_id_find(struct sj_db *db, struct sj_keymap *map, enum sj_db_id kind,
                  const struct sj_key *key, uint32_t *number)
{
    uint32_t known = map ? sj_number_find(map, key) : 0;
    if (known) {
        *number = known;
        return 0;
    }
    unsigned char name[KEY_SIZE];
    struct sj_str row;
    make_key(kind, key, name);
    int status = sj_db_get(db, SJ_DB_IDS, name, sizeof name, &row);
    if (status != 0) {
        return status;
    }
    known = row.len == 4 ? sj_get_u32(row.data) : 0;
    if (!known) {
        return -EBADMSG;
    }
    if (map) {
        sj_number_add(map, key, known);
    }
    *number = known;
    return 0;
}

int sj_db_id_put(struct sj_db *db, struct sj_keymap *map, enum sj_db_id kind,
                 const struct sj_key *key, uint32_t number)
{
    unsigned char name[KEY_SIZE];
    unsigned char value[4];
    make_key(kind, key, name);
    sj_put_u32(value, number);
    int status = sj_db_put(db, SJ_DB_IDS, name, sizeof name, value, sizeof value);
    if (status == 0 && map && !sj_number_find(map, key)) {
        sj_number_add(map, key, number);
    }
    return status;
}
