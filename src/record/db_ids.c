// SPDX-License-Identifier: Apache-2.0
#include "record/db_ids.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

#define SLOTS_FIRST 1024u
#define SLOTS_MAX   (1u << 21) /**< 40 MiB */
#define KEY_SIZE    (1 + SJ_KEY_SIZE)

struct sj_idmap_slot {
    struct sj_key key;
    uint32_t number; // 0: free
};

void sj_idmap_release(struct sj_idmap *map)
{
    free(map->slots);
    *map = (struct sj_idmap){0};
}

static struct sj_idmap_slot *slot_of(const struct sj_idmap *map, const struct sj_key *key)
{
    size_t at = sj_get_u64(key->bytes) & (map->size - 1);
    while (map->slots[at].number && !sj_key_eq(&map->slots[at].key, key)) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

uint32_t sj_idmap_find(const struct sj_idmap *map, const struct sj_key *key)
{
    return map->size ? slot_of(map, key)->number : 0;
}

static void grow(struct sj_idmap *map)
{
    struct sj_idmap old = *map;
    // What is forgotten is found in the database again.
    bool is_large = old.size >= SLOTS_MAX;
    map->size = old.size == 0 ? SLOTS_FIRST : is_large ? old.size : 4 * old.size;
    map->size = map->size > SLOTS_MAX ? SLOTS_MAX : map->size;
    map->slots = sj_calloc(map->size, sizeof *map->slots);
    map->count = 0;
    for (size_t i = 0; i < old.size && !is_large; i++) {
        if (old.slots[i].number) {
            *slot_of(map, &old.slots[i].key) = old.slots[i];
            map->count++;
        }
    }
    free(old.slots);
}

void sj_idmap_add(struct sj_idmap *map, const struct sj_key *key, uint32_t number)
{
    if (map->count >= map->size / 4 * 3) {
        grow(map);
    }
    *slot_of(map, key) = (struct sj_idmap_slot){*key, number};
    map->count++;
}

static void make_key(enum sj_db_id kind, const struct sj_key *key, unsigned char out[KEY_SIZE])
{
    out[0] = (unsigned char)kind;
    memcpy(out + 1, key->bytes, SJ_KEY_SIZE);
}

int sj_db_id_find(struct sj_db *db, struct sj_idmap *map, enum sj_db_id kind,
                  const struct sj_key *key, uint32_t *number)
{
    uint32_t known = map ? sj_idmap_find(map, key) : 0;
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
        sj_idmap_add(map, key, known);
    }
    *number = known;
    return 0;
}

int sj_db_id_put(struct sj_db *db, struct sj_idmap *map, enum sj_db_id kind,
                 const struct sj_key *key, uint32_t number)
{
    unsigned char name[KEY_SIZE];
    unsigned char value[4];
    make_key(kind, key, name);
    sj_put_u32(value, number);
    int status = sj_db_put(db, SJ_DB_IDS, name, sizeof name, value, sizeof value);
    if (status == 0 && map && !sj_idmap_find(map, key)) {
        sj_idmap_add(map, key, number);
    }
    return status;
}
