// SPDX-License-Identifier: Apache-2.0
#include "store/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "store/handle.h"
#include "store/lmdb_env.h"
#include "store/mark.h"
#include "store/rotate.h"
#include "store/sweep.h"

// Entries that gc looks at in one transaction: writers wait some milliseconds at most.
#define GC_STEP 2000

static uint64_t count_entries(struct sj_index *index, enum sj_table table)
{
    MDB_stat stat;
    return mdb_stat(index->read, index->table[table], &stat) == 0 ? stat.ms_entries : 0;
}

int sj_store_count(struct sj_index *index, const char *dir, uint64_t max_size_bytes,
                   struct sj_store_stat *out)
{
    struct sj_generation_list list;
    int status = sj_generation_list(dir, &list);
    if (status < 0) {
        return status;
    }
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    (void)mdb_env_info(index->env, &info);
    (void)mdb_env_stat(index->env, &stat);
    uint64_t size = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    for (size_t i = 0; i < list.count; i++) {
        size += list.files[i].size_bytes;
    }
    *out = (struct sj_store_stat){
        .size_bytes = size,
        .max_size_bytes = max_size_bytes,
        .objects = count_entries(index, SJ_TABLE_OBJECT),
        .results = count_entries(index, SJ_TABLE_RESULT),
        .pathsets = count_entries(index, SJ_TABLE_PATHSET),
        .entries = count_entries(index, SJ_TABLE_ENTRY),
        .stamps = count_entries(index, SJ_TABLE_STAMP),
        .files = count_entries(index, SJ_TABLE_FILE),
        .generations = (uint32_t)list.count,
        .newest = index->state.newest,
    };
    sj_generation_list_release(&list);
    return 0;
}

int sj_store_stat(struct sj_store *store, struct sj_store_stat *out, struct sj_err *err)
{
    int status = sj_index_read(&store->index);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the index of '%s'", store->dir);
    }
    status = sj_store_count(&store->index, store->dir, store->max_size_bytes, out);
    sj_store_release(store);
    return status < 0 ? sj_fail(err, status, "cannot list the generations of '%s'", store->dir) : 0;
}

// The lowest generation that stays: the youngest ones that fit and are young enough.
static uint32_t lowest_kept(const struct sj_generation_list *list, const struct sj_state *state,
                            uint64_t max_size_bytes, uint64_t max_age_s)
{
    uint64_t now_s = sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S;
    uint64_t sum = 0;
    uint32_t lowest = state->newest + 1;
    for (size_t i = list->count; i > 0; i--) {
        const struct sj_generation_file *file = &list->files[i - 1];
        bool is_old = max_age_s > 0 && file->mtime_s >= 0 && (uint64_t)file->mtime_s < now_s &&
                      now_s - (uint64_t)file->mtime_s > max_age_s;
        sum += file->size_bytes;
        if (file->number < state->oldest || sum > max_size_bytes || is_old) {
            break;
        }
        lowest = file->number;
    }
    return lowest;
}

static int drop(struct sj_store *store, uint64_t max_size_bytes, uint64_t max_age_s,
                struct sj_gc_report *report)
{
    MDB_txn *txn = NULL;
    int status = sj_store_begin(store, &txn);
    if (status < 0) {
        return status;
    }
    struct sj_generation_list list = {0};
    struct sj_state *state = &store->index.state;
    status = sj_generation_list(store->dir, &list);
    if (status == 0) {
        state->oldest = lowest_kept(&list, state, max_size_bytes, max_age_s);
        sj_sweep_start(state);
        status = sj_index_put_state(&store->index, txn);
    }
    sj_generation_list_release(&list);
    uint32_t oldest = state->oldest;
    status = sj_store_end(store, txn, status);
    if (status == 0) {
        report->dropped = sj_generations_unlink(store->dir, oldest, &report->freed_bytes);
        sj_store_close_old_files(store);
    }
    return status;
}

static int sweep(struct sj_store *store, struct sj_gc_report *report)
{
    for (;;) {
        MDB_txn *txn = NULL;
        int status = sj_store_begin(store, &txn);
        if (status < 0) {
            return status;
        }
        status = sj_sweep_run(&store->index, txn, GC_STEP, &report->forgotten);
        status = status < 0 ? status : sj_index_put_state(&store->index, txn);
        bool is_due = sj_sweep_is_due(&store->index.state);
        status = sj_store_end(store, txn, status);
        if (status < 0 || !is_due) {
            return status;
        }
    }
}

int sj_store_gc(struct sj_store *store, uint64_t max_size_bytes, uint64_t max_age_s,
                struct sj_gc_report *out, struct sj_err *err)
{
    struct sj_gc_report report = {0};
    uint64_t max = max_size_bytes == UINT64_MAX ? store->max_size_bytes : max_size_bytes;
    int status = store->is_read_only ? -EROFS : drop(store, max, max_age_s, &report);
    status = status < 0 ? status : sweep(store, &report);
    status = status < 0 ? status : sj_store_sync(store);
    if (status < 0) {
        return sj_fail(err, status, "cannot clean store '%s'", store->dir);
    }
    if (out) {
        *out = report;
    }
    return 0;
}

static int empty_tables(struct sj_store *store, MDB_txn *txn)
{
    struct sj_index *index = &store->index;
    for (int i = 0; i < SJ_TABLE_NAMESPACE; i++) {
        int rc = mdb_drop(txn, index->table[i], 0);
        if (rc) {
            return sj_lmdb_errno(rc);
        }
    }
    // Numbers are not given out twice: a reader may still hold the file of one.
    index->state.oldest = index->state.newest + 1;
    index->state.era_bytes = 0;
    index->state.sweep = (struct sj_sweep){.table = SJ_TABLE_NAMESPACE};
    return sj_index_put_state(index, txn);
}

int sj_store_clear(struct sj_store *store, struct sj_err *err)
{
    MDB_txn *txn = NULL;
    int status = store->is_read_only ? -EROFS : sj_store_begin(store, &txn);
    if (status == 0) {
        status = empty_tables(store, txn);
        uint32_t oldest = store->index.state.oldest;
        status = sj_store_end(store, txn, status);
        if (status == 0) {
            (void)sj_generations_unlink(store->dir, oldest, NULL);
            sj_store_close_old_files(store);
        }
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot clear store '%s'", store->dir);
    }
    return 0;
}

static int sync_data(struct sj_store *store, uint32_t generation)
{
    int fd = sj_store_file(store, generation);
    if (fd >= 0 && fdatasync(fd) < 0) {
        return -errno;
    }
    return sj_lmdb_errno(mdb_env_sync(store->index.env, 1));
}

int sj_store_sync(struct sj_store *store)
{
    static const struct sj_key none;
    int status = sj_index_read(&store->index);
    sj_store_release(store);
    if (status < 0 || sj_key_eq(&store->index.state.boot, &none)) {
        return status;
    }
    // The bulk of it before the mark is touched, and never while the lock is held.
    MDB_txn *txn = NULL;
    status = sj_store_begin(store, &txn);
    status = status < 0 ? status : sj_store_end(store, txn, 0);
    uint32_t newest = store->index.state.newest;
    if (status == 0 && newest > store->index.state.oldest) {
        status = sync_data(store, newest - 1);
    }
    status = status < 0 ? status : sync_data(store, newest);
    status = status < 0 ? status : sj_store_begin(store, &txn);
    if (status < 0) {
        return status;
    }
    store->index.state.boot = none;
    status = sj_store_end(store, txn, sj_index_put_state(&store->index, txn));
    newest = store->index.state.newest;
    status = status < 0 ? status : sync_data(store, newest);
    status = status < 0 ? status : sj_index_begin(&store->index, &txn);
    if (status < 0) {
        return status;
    }
    // Whoever wrote in the meantime has set the boot again, and keeps the mark.
    if (sj_key_eq(&store->index.state.boot, &none)) {
        status = sj_mark_clear(store->dir);
    }
    (void)sj_index_end(&store->index, txn, SJ_STORE_MISS);
    return status;
}
