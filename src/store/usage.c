// SPDX-License-Identifier: Apache-2.0
#include "store/usage.h"

#include <errno.h>

#include "base/bytes.h"
#include "store/lmdb_env.h"
#include "store/store.h"

// A row's value: bytes and items in 64 bits each.
#define ROW_SIZE 16

// The generation's number stands behind the namespace's, most significant byte first, so that the
// rows of a namespace lie together in the order of their age.
static struct sj_index_key row_key(uint32_t ns, uint32_t generation)
{
    struct sj_key key = {{(unsigned char)(generation >> 24), (unsigned char)(generation >> 16),
                          (unsigned char)(generation >> 8), (unsigned char)generation}};
    return sj_index_key_of(ns, &key);
}

uint32_t sj_usage_generation(const struct sj_index_key *key)
{
    uint32_t number;
    memcpy(&number, key->bytes + SJ_INDEX_KEY_SIZE - SJ_KEY_SIZE, sizeof number);
    return be32toh(number);
}

static void decode(const MDB_val *value, struct sj_space_usage *out)
{
    const unsigned char *at = value->mv_data;
    // Only figures: a damaged row counts as nothing.
    *out = value->mv_size == ROW_SIZE
               ? (struct sj_space_usage){.bytes = sj_get_u64(at), .items = sj_get_u64(at + 8)}
               : (struct sj_space_usage){0};
}

int sj_usage_add(struct sj_index *index, MDB_txn *txn, uint32_t ns, uint32_t generation,
                 const struct sj_space_usage *more)
{
    struct sj_index_key key = row_key(ns, generation);
    struct sj_space_usage sum = {0};
    MDB_val value;
    int status = sj_index_get(index, txn, SJ_TABLE_USAGE, &key, &value);
    if (status < 0) {
        return status;
    }
    if (status == 0) {
        decode(&value, &sum);
    }
    unsigned char row[ROW_SIZE];
    sj_put_u64(row, sum.bytes + more->bytes);
    sj_put_u64(row + 8, sum.items + more->items);
    return sj_index_put(index, txn, SJ_TABLE_USAGE, &key, row, sizeof row);
}

int sj_usage_get(struct sj_index *index, MDB_txn *txn, uint32_t ns, struct sj_space_usage *out)
{
    struct sj_space_usage sum = {0};
    struct sj_index_key first = row_key(ns, index->state.oldest);
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn, index->table[SJ_TABLE_USAGE], &cursor);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    MDB_val name = {sizeof first.bytes, first.bytes};
    MDB_val value;
    rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    while (rc == 0 && name.mv_size == SJ_INDEX_KEY_SIZE && memcmp(name.mv_data, &first, 4) == 0) {
        struct sj_space_usage row;
        decode(&value, &row);
        sum.bytes += row.bytes;
        sum.items += row.items;
        rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (rc && rc != MDB_NOTFOUND) {
        return sj_lmdb_errno(rc);
    }
    *out = sum;
    return 0;
}
