// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/check.h"
#include "store/handle.h"
#include "store/lmdb_env.h"
#include "store/maintain.h"

// Entries taken from the index at a time: no read transaction is held while blobs are read.
#define CHUNK 4096

// An entry to check.
struct sj_target {
    struct sj_index_key name;
    struct sj_place place;
    bool is_bad; // the place itself makes no sense
};

struct sj_verifier {
    struct sj_store *store;
    struct sj_checker checker;
    struct sj_verify_report report;
    struct sj_target *targets; // CHUNK of them
    size_t count;
    struct sj_index_key next; // where the next chunk begins
    sj_verify_progress *progress;
    void *user;
    uint64_t done;
    uint64_t total;
};

// In the order of the disk.
static int by_place(const void *a, const void *b)
{
    const struct sj_place *one = &((const struct sj_target *)a)->place;
    const struct sj_place *other = &((const struct sj_target *)b)->place;
    if (one->generation != other->generation) {
        return one->generation < other->generation ? -1 : 1;
    }
    return (one->offset > other->offset) - (one->offset < other->offset);
}

// Take the next entries of a table. 1: these were the last.
static int collect(struct sj_verifier *verifier, enum sj_table table)
{
    struct sj_index *index = &verifier->store->index;
    int status = sj_index_read(index);
    MDB_cursor *cursor = NULL;
    status = status < 0 ? status
                        : sj_lmdb_errno(mdb_cursor_open(index->read, index->table[table], &cursor));
    if (status < 0) {
        sj_index_release(index);
        return status;
    }
    MDB_val name = {sizeof verifier->next.bytes, verifier->next.bytes};
    MDB_val value;
    verifier->count = 0;
    int rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    while (rc == 0 && verifier->count < CHUNK && name.mv_size == SJ_INDEX_KEY_SIZE) {
        struct sj_target *target = &verifier->targets[verifier->count++];
        *target = (struct sj_target){0};
        target->is_bad = sj_place_decode(value.mv_data, value.mv_size, &target->place) < 0;
        memcpy(target->name.bytes, name.mv_data, SJ_INDEX_KEY_SIZE);
        rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    if (rc == 0 && name.mv_size == SJ_INDEX_KEY_SIZE) {
        memcpy(verifier->next.bytes, name.mv_data, SJ_INDEX_KEY_SIZE);
    }
    mdb_cursor_close(cursor);
    sj_index_release(index);
    return rc == MDB_NOTFOUND ? 1 : sj_lmdb_errno(rc);
}

// Whether the item is there, is the entry's, and has the data it should have.
static int check_item(struct sj_verifier *verifier, enum sj_table table,
                      const struct sj_target *target, int fd)
{
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    struct sj_item item;
    ssize_t got = pread(fd, prefix, sizeof prefix, (off_t)target->place.offset);
    if (got < 0) {
        return -errno;
    }
    int status = sj_item_decode(prefix, (size_t)got, verifier->store->index.state.salt, &item);
    if (status < 0) {
        return status;
    }
    const unsigned char *key = target->name.bytes + SJ_INDEX_KEY_SIZE - SJ_KEY_SIZE;
    if (sj_table_of((enum sj_blob)item.kind) != table || sj_item_len(&item) != target->place.len ||
        item.raw_len != target->place.raw_len || memcmp(item.key.bytes, key, SJ_KEY_SIZE) != 0) {
        return -EBADMSG;
    }
    status = sj_checker_run(&verifier->checker, fd, &item, target->place.offset);
    verifier->report.checked_bytes += item.raw_len;
    return status;
}

static int forget(struct sj_verifier *verifier, enum sj_table table, const struct sj_target *target)
{
    struct sj_store *store = verifier->store;
    if (store->is_read_only) {
        return 0;
    }
    MDB_txn *txn = NULL;
    int status = sj_store_begin(store, &txn);
    if (status < 0) {
        return status;
    }
    status = sj_index_forget(&store->index, txn, table, &target->name, &target->place);
    return sj_store_end(store, txn, status);
}

static int check(struct sj_verifier *verifier, enum sj_table table, const struct sj_target *target)
{
    struct sj_verify_report *report = &verifier->report;
    const struct sj_state *state = &verifier->store->index.state;
    int fd = target->is_bad || target->place.generation < state->oldest
                 ? -ENOENT
                 : sj_store_file(verifier->store, target->place.generation);
    if (fd == -ENOENT) {
        report->dangling++;
        return forget(verifier, table, target);
    }
    if (fd < 0) {
        return fd;
    }
    report->checked++;
    int status = check_item(verifier, table, target, fd);
    if (status == -EBADMSG) {
        report->damaged++;
        return forget(verifier, table, target);
    }
    return status;
}

static int verify_table(struct sj_verifier *verifier, enum sj_table table)
{
    memset(verifier->next.bytes, 0, sizeof verifier->next.bytes);
    for (;;) {
        int more = collect(verifier, table);
        if (more < 0) {
            return more;
        }
        if (verifier->count > 0) {
            qsort(verifier->targets, verifier->count, sizeof *verifier->targets, by_place);
        }
        for (size_t i = 0; i < verifier->count; i++) {
            int status = check(verifier, table, &verifier->targets[i]);
            if (status < 0) {
                return status;
            }
            verifier->done++;
            if (verifier->progress && verifier->done % 64 == 0) {
                verifier->progress(verifier->done, verifier->total, verifier->user);
            }
        }
        if (more == 1) {
            return 0;
        }
    }
}

int sj_store_verify(struct sj_store *store, sj_verify_progress *progress, void *user,
                    struct sj_verify_report *out, struct sj_err *err)
{
    struct sj_store_stat stat;
    int status = sj_store_stat(store, &stat, err);
    if (status < 0) {
        return status;
    }
    struct sj_verifier verifier = {
        .store = store,
        .checker = sj_checker_of(),
        .targets = sj_calloc(CHUNK, sizeof *verifier.targets),
        .progress = progress,
        .user = user,
        .total = stat.objects + stat.results + stat.pathsets + stat.entries,
    };
    for (int table = SJ_TABLE_OBJECT; status == 0 && table <= SJ_TABLE_ENTRY; table++) {
        status = verify_table(&verifier, (enum sj_table)table);
    }
    sj_checker_release(&verifier.checker);
    free(verifier.targets);
    if (status < 0) {
        return sj_fail(err, status, "cannot verify store '%s'", store->dir);
    }
    if (progress) {
        progress(verifier.done, verifier.total, user);
    }
    *out = verifier.report;
    return 0;
}
