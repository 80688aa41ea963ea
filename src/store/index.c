// SPDX-License-Identifier: Apache-2.0
#include "store/index.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/lmdb_env.h"
#include "store/seats.h"
#include "store/store.h"

// Address space, not disk: more than an index ever holds, and little enough for instrumented runs
// (valgrind).
#define MAP_BYTES      (UINT64_C(1) << 34)
#define MAP_NEED_BYTES (UINT64_C(1) << 26)

// A reader that was killed keeps pages from being used again until its slot is cleared. LMDB does
// not look by itself; every so many transactions suffices.
#define READER_CHECK 64

#define STATE_NAME "state"

static const char *const table_names[SJ_TABLE_COUNT] = {
    [SJ_TABLE_OBJECT] = "object", [SJ_TABLE_RESULT] = "result", [SJ_TABLE_PATHSET] = "pathset",
    [SJ_TABLE_ENTRY] = "entry",   [SJ_TABLE_LINK] = "link",     [SJ_TABLE_STAMP] = "stamp",
    [SJ_TABLE_FILE] = "file",     [SJ_TABLE_USAGE] = "usage",   [SJ_TABLE_NAMESPACE] = "namespace",
};

int sj_index_open(struct sj_index *index, bool is_writable)
{
    unsigned flags = MDB_NOTLS | (is_writable ? MDB_NOSYNC : MDB_RDONLY);
    int status =
        sj_lmdb_open(index->path, flags, MAP_BYTES, MAP_NEED_BYTES, index->dir, &index->env);
    if (status < 0) {
        return status;
    }
    index->is_writable = is_writable;
    index->has_tables = false;
    return 0;
}

void sj_index_close(struct sj_index *index)
{
    sj_index_release(index);
    if (index->seats) {
        sj_seats_retract(index->seats);
    }
    if (index->env) {
        mdb_env_close(index->env);
        index->env = NULL;
    }
}

// One value in the unnamed database, beside the names of the others.
int sj_index_get_state(struct sj_index *index, MDB_txn *txn)
{
    MDB_val name = {sizeof STATE_NAME - 1, (void *)(uintptr_t)STATE_NAME};
    MDB_val value;
    int rc = mdb_get(txn, index->main, &name, &value);
    if (rc) {
        return rc == MDB_NOTFOUND ? -ENODATA : sj_lmdb_errno(rc);
    }
    return sj_state_decode(value.mv_data, value.mv_size, &index->state);
}

int sj_index_put_state(struct sj_index *index, MDB_txn *txn)
{
    unsigned char bytes[SJ_STATE_SIZE];
    sj_state_encode(&index->state, bytes);
    MDB_val name = {sizeof STATE_NAME - 1, (void *)(uintptr_t)STATE_NAME};
    MDB_val value = {sizeof bytes, bytes};
    return sj_lmdb_errno(mdb_put(txn, index->main, &name, &value, 0));
}

// The handles last as long as the environment once the transaction has been committed.
static int open_tables(struct sj_index *index, MDB_txn *txn, unsigned flags)
{
    int rc = mdb_dbi_open(txn, NULL, 0, &index->main);
    for (int i = 0; rc == 0 && i < SJ_TABLE_COUNT; i++) {
        rc = mdb_dbi_open(txn, table_names[i], flags, &index->table[i]);
    }
    return rc == MDB_NOTFOUND ? -ENODATA : sj_lmdb_errno(rc);
}

// Open the tables where they are not, and read the state.
static int enter(struct sj_index *index, MDB_txn *txn)
{
    int status = index->has_tables ? 0 : open_tables(index, txn, 0);
    return status < 0 ? status : sj_index_get_state(index, txn);
}

int sj_index_read(struct sj_index *index)
{
    if (index->read) {
        return 0;
    }
    int status = index->env ? 0 : sj_index_open(index, false);
    if (status < 0) {
        return status;
    }
    MDB_txn *txn = NULL;
    status = sj_lmdb_begin(index->env, MDB_RDONLY, index->seats == NULL, &txn);
    if (status < 0) {
        return status;
    }
    status = enter(index, txn);
    if (status < 0) {
        mdb_txn_abort(txn);
        return status;
    }
    index->read = txn;
    return 0;
}

void sj_index_release(struct sj_index *index)
{
    if (!index->read) {
        return;
    }
    // Committed, not aborted: that keeps the tables open.
    index->has_tables = mdb_txn_commit(index->read) == 0 || index->has_tables;
    index->read = NULL;
    if (index->seats && index->has_tables) {
        sj_seats_publish(index->seats, index);
    }
}

bool sj_index_is_replaced(const struct sj_index *index)
{
    int fd = -1;
    struct stat st;
    return mdb_env_get_fd(index->env, &fd) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0;
}

int sj_index_begin(struct sj_index *index, MDB_txn **out)
{
    sj_index_release(index);
    if (index->env && (!index->is_writable || sj_index_is_replaced(index))) {
        sj_index_close(index);
    }
    MDB_txn *txn = NULL;
    int status = index->env ? 0 : sj_index_open(index, true);
    status = status < 0 ? status : sj_lmdb_begin(index->env, 0, index->seats == NULL, &txn);
    if (status == -EAGAIN && index->seats) {
        // The file outgrew the map, which is not to be moved while others read: a new one.
        sj_index_close(index);
        status = sj_index_open(index, true);
        status = status < 0 ? status : sj_lmdb_begin(index->env, 0, true, &txn);
    }
    if (status < 0) {
        return status;
    }
    status = enter(index, txn);
    if (mdb_txn_id(txn) % READER_CHECK == 0) {
        (void)mdb_reader_check(index->env, NULL);
    }
    if (status < 0) {
        return sj_index_end(index, txn, status);
    }
    *out = txn;
    return 0;
}

int sj_index_end(struct sj_index *index, MDB_txn *txn, int status)
{
    if (status != 0) {
        mdb_txn_abort(txn);
        return status;
    }
    status = sj_lmdb_errno(mdb_txn_commit(txn));
    if (status == 0) {
        index->has_tables = true;
        if (index->seats) {
            sj_seats_publish(index->seats, index);
        }
    } else {
        // LMDB may have given the environment up for good.
        sj_index_close(index);
    }
    return status;
}

int sj_index_create(struct sj_index *index, const unsigned char salt[SJ_SALT_SIZE])
{
    MDB_txn *txn = NULL;
    int status = sj_lmdb_begin(index->env, 0, true, &txn);
    if (status < 0) {
        return status;
    }
    status = open_tables(index, txn, MDB_CREATE);
    status = status < 0 ? status : sj_index_get_state(index, txn);
    if (status == -ENODATA) {
        index->state = (struct sj_state){.oldest = 1, .sweep.table = SJ_TABLE_NAMESPACE};
        memcpy(index->state.salt, salt, SJ_SALT_SIZE);
        status = sj_index_put_state(index, txn);
    }
    return sj_index_end(index, txn, status);
}

int sj_index_get(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                 const struct sj_index_key *key, MDB_val *out)
{
    MDB_val name = {sizeof key->bytes, (void *)(uintptr_t)key->bytes};
    int rc = mdb_get(txn, index->table[table], &name, out);
    return rc == MDB_NOTFOUND ? SJ_STORE_MISS : sj_lmdb_errno(rc);
}

int sj_index_put(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                 const struct sj_index_key *key, const void *data, size_t len)
{
    MDB_val name = {sizeof key->bytes, (void *)(uintptr_t)key->bytes};
    MDB_val value = {len, (void *)(uintptr_t)data};
    return sj_lmdb_errno(mdb_put(txn, index->table[table], &name, &value, 0));
}

int sj_index_get_place(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                       const struct sj_index_key *key, struct sj_place *out)
{
    MDB_val value;
    int status = sj_index_get(index, txn, table, key, &value);
    if (status != 0) {
        return status;
    }
    struct sj_place place;
    status = sj_place_decode(value.mv_data, value.mv_size, &place);
    if (status < 0) {
        return status;
    }
    if (place.generation < index->state.oldest || place.generation > index->state.newest) {
        return SJ_STORE_MISS;
    }
    *out = place;
    return 0;
}

int sj_index_put_place(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                       const struct sj_index_key *key, const struct sj_place *place)
{
    unsigned char bytes[SJ_PLACE_SIZE];
    sj_place_encode(place, bytes);
    return sj_index_put(index, txn, table, key, bytes, sizeof bytes);
}

int sj_index_forget(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                    const struct sj_index_key *key, const struct sj_place *place)
{
    MDB_val value;
    int status = sj_index_get(index, txn, table, key, &value);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    struct sj_place now;
    if (place && sj_place_decode(value.mv_data, value.mv_size, &now) == 0 &&
        !sj_place_eq(&now, place)) {
        return 0;
    }
    MDB_val name = {sizeof key->bytes, (void *)(uintptr_t)key->bytes};
    return sj_lmdb_errno(mdb_del(txn, index->table[table], &name, NULL));
}

int sj_index_link(struct sj_index *index, MDB_txn *txn, const struct sj_index_key *weak,
                  const void *pathset)
{
    unsigned char links[SJ_LINKS_MAX * SJ_KEY_SIZE];
    MDB_val value;
    int status = sj_index_get(index, txn, SJ_TABLE_LINK, weak, &value);
    if (status < 0) {
        return status;
    }
    memcpy(links, pathset, SJ_KEY_SIZE);
    size_t len = SJ_KEY_SIZE;
    size_t old_len = status == 0 ? value.mv_size : 0;
    for (size_t at = 0; at + SJ_KEY_SIZE <= old_len && len < sizeof links; at += SJ_KEY_SIZE) {
        const unsigned char *old = (const unsigned char *)value.mv_data + at;
        if (memcmp(old, pathset, SJ_KEY_SIZE) != 0) {
            memcpy(links + len, old, SJ_KEY_SIZE);
            len += SJ_KEY_SIZE;
        }
    }
    return sj_index_put(index, txn, SJ_TABLE_LINK, weak, links, len);
}

int sj_index_get_links(struct sj_index *index, MDB_txn *txn, uint32_t ns, const struct sj_key *weak,
                       struct sj_key *out, int max)
{
    struct sj_index_key name = sj_index_key_of(ns, weak);
    MDB_val value;
    int status = sj_index_get(index, txn, SJ_TABLE_LINK, &name, &value);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    int count = 0;
    for (size_t at = 0; at + SJ_KEY_SIZE <= value.mv_size && count < max; at += SJ_KEY_SIZE) {
        struct sj_key key;
        struct sj_place place;
        memcpy(key.bytes, (const char *)value.mv_data + at, SJ_KEY_SIZE);
        name = sj_index_key_of(ns, &key);
        if (sj_index_get_place(index, txn, SJ_TABLE_PATHSET, &name, &place) == 0) {
            out[count++] = key;
        }
    }
    return count;
}

int sj_index_get_namespace(struct sj_index *index, MDB_txn *txn, const char *name, size_t len,
                           uint32_t *out)
{
    if (len == 0) {
        *out = 0;
        return 0;
    }
    MDB_val key = {len, (void *)(uintptr_t)name};
    MDB_val value;
    int rc = mdb_get(txn, index->table[SJ_TABLE_NAMESPACE], &key, &value);
    if (rc) {
        return rc == MDB_NOTFOUND ? SJ_STORE_MISS : sj_lmdb_errno(rc);
    }
    if (value.mv_size != 4 || sj_get_u32(value.mv_data) == 0) {
        return -EBADMSG;
    }
    *out = sj_get_u32(value.mv_data);
    return 0;
}

int sj_index_make_namespace(struct sj_index *index, MDB_txn *txn, const char *name, size_t len,
                            uint32_t *out)
{
    int status = sj_index_get_namespace(index, txn, name, len, out);
    if (status != SJ_STORE_MISS) {
        return status;
    }
    uint32_t number = index->state.namespaces + 1;
    unsigned char bytes[4];
    sj_put_u32(bytes, number);
    MDB_val key = {len, (void *)(uintptr_t)name};
    MDB_val value = {sizeof bytes, bytes};
    int rc = mdb_put(txn, index->table[SJ_TABLE_NAMESPACE], &key, &value, 0);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    index->state.namespaces = number;
    status = sj_index_put_state(index, txn);
    if (status == 0) {
        *out = number;
    }
    return status;
}
