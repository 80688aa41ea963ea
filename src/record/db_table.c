// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/varint.h"
#include "record/db_handle.h"
#include "store/lmdb_env.h"

#define PACK_MIN 128 /**< shorter bytes are not worth a zstd frame */

// LMDB does not write to what a key or value points to.
static MDB_val value_of(const void *data, size_t len)
{
    return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)data};
}

int sj_db_get(struct sj_db *db, enum sj_db_table table, const void *key, size_t len,
              struct sj_str *out)
{
    MDB_val name = value_of(key, len);
    MDB_val value;
    int rc = mdb_get(sj_db_txn(db), db->tables[table], &name, &value);
    if (rc) {
        return rc == MDB_NOTFOUND ? SJ_DB_NONE : sj_lmdb_errno(rc);
    }
    *out = (struct sj_str){value.mv_data, value.mv_size};
    return 0;
}

int sj_db_row(struct sj_db *db, enum sj_db_table table, uint32_t number, struct sj_str *out)
{
    unsigned char key[SJ_DB_NUMBER];
    sj_db_key(number, key);
    return sj_db_get(db, table, key, sizeof key, out);
}

int sj_db_put(struct sj_db *db, enum sj_db_table table, const void *key, size_t len,
              const void *data, size_t data_len)
{
    MDB_val name = value_of(key, len);
    MDB_val value = value_of(data, data_len);
    return sj_lmdb_errno(mdb_put(db->writer, db->tables[table], &name, &value, 0));
}

int sj_db_row_put(struct sj_db *db, enum sj_db_table table, uint32_t number, const void *data,
                  size_t len)
{
    unsigned char key[SJ_DB_NUMBER];
    sj_db_key(number, key);
    return sj_db_put(db, table, key, sizeof key, data, len);
}

int sj_db_delete(struct sj_db *db, enum sj_db_table table, const void *key, size_t len)
{
    MDB_val name = value_of(key, len);
    int rc = mdb_del(db->writer, db->tables[table], &name, NULL);
    return rc == MDB_NOTFOUND ? 0 : sj_lmdb_errno(rc);
}

static bool begins_with(const MDB_val *key, const void *prefix, size_t len)
{
    return key->mv_size >= len && (len == 0 || memcmp(key->mv_data, prefix, len) == 0);
}

static int first_of(MDB_cursor *cursor, const void *prefix, size_t len, MDB_val *key,
                    MDB_val *value)
{
    *key = value_of(prefix, len);
    return mdb_cursor_get(cursor, key, value, len ? MDB_SET_RANGE : MDB_FIRST);
}

int sj_db_scan(struct sj_db *db, enum sj_db_table table, const void *prefix, size_t len,
               sj_db_visit *visit, void *user)
{
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(sj_db_txn(db), db->tables[table], &cursor);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    MDB_val key;
    MDB_val value;
    int status = 0;
    rc = first_of(cursor, prefix, len, &key, &value);
    while (rc == 0 && status == 0 && begins_with(&key, prefix, len)) {
        status = visit((struct sj_str){key.mv_data, key.mv_size},
                       (struct sj_str){value.mv_data, value.mv_size}, user);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return status || rc == 0 || rc == MDB_NOTFOUND ? status : sj_lmdb_errno(rc);
}

int sj_db_delete_all(struct sj_db *db, enum sj_db_table table, const void *prefix, size_t len)
{
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(db->writer, db->tables[table], &cursor);
    MDB_val key;
    MDB_val value;
    rc = rc ? rc : first_of(cursor, prefix, len, &key, &value);
    while (rc == 0 && begins_with(&key, prefix, len)) {
        rc = mdb_cursor_del(cursor, 0);
        // After a removal, the next one is the one that has moved up.
        rc = rc ? rc : mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (cursor) {
        mdb_cursor_close(cursor);
    }
    return rc == MDB_NOTFOUND ? 0 : sj_lmdb_errno(rc);
}

struct sj_str sj_db_pack(struct sj_db *db, const void *data, size_t len)
{
    sj_buf_clear(&db->packed);
    if (len >= PACK_MIN) {
        sj_buf_add_varint(&db->packed, len);
        char *room = sj_buf_reserve(&db->packed, len);
        size_t packed = room ? sj_codec_pack(&db->codec, SJ_DB_ZSTD_LEVEL, data, len, room) : 0;
        if (packed > 0) {
            return (struct sj_str){db->packed.data, db->packed.len + packed};
        }
        sj_buf_clear(&db->packed);
    }
    sj_buf_add_varint(&db->packed, 0);
    sj_buf_add(&db->packed, data, len);
    return (struct sj_str){db->packed.data, db->packed.len};
}

int sj_db_unpack(struct sj_db *db, struct sj_str row, size_t max, struct sj_str *out)
{
    struct sj_reader reader = sj_reader_of(row.data, row.len);
    uint64_t len = sj_reader_varint(&reader);
    size_t rest = (size_t)(reader.end - reader.at);
    if (reader.is_bad || len > max) {
        return -EBADMSG;
    }
    if (len == 0) {
        *out = (struct sj_str){(const char *)reader.at, rest};
        return 0;
    }
    sj_buf_clear(&db->packed);
    char *room = sj_buf_reserve(&db->packed, (size_t)len);
    int status =
        room ? sj_codec_decompress(&db->codec, reader.at, rest, room, (size_t)len) : -EBADMSG;
    *out = (struct sj_str){room, (size_t)len};
    return status;
}
