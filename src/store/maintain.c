// SPDX-License-Identifier: Apache-2.0
#include "store/maintain.h"

#include <errno.h>

#include "store/handle.h"
#include "store/lmdb_env.h"
#include "store/rotate.h"

void sj_store_promote(struct sj_store *store)
{
    sj_seen_clear(&store->aging);
}

static uint64_t entries(struct sj_store *store, enum sj_table table)
{
    MDB_stat stat;
    struct sj_index *index = &store->index;
    return mdb_stat(index->read, index->table[table], &stat) == 0 ? stat.ms_entries : 0;
}

int sj_store_stat(struct sj_store *store, struct sj_store_stat *out, struct sj_err *err)
{
    int status = sj_index_read(&store->index);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the index of '%s'", store->dir);
    }
    struct sj_generation_list list;
    status = sj_generation_list(store->dir, &list);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the generations of '%s'", store->dir);
    }
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    (void)mdb_env_info(store->index.env, &info);
    (void)mdb_env_stat(store->index.env, &stat);
    uint64_t size = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    for (size_t i = 0; i < list.count; i++) {
        size += list.files[i].size_bytes;
    }
    *out = (struct sj_store_stat){
        .size_bytes = size,
        .max_size_bytes = store->max_size_bytes,
        .objects = entries(store, SJ_TABLE_OBJECT),
        .results = entries(store, SJ_TABLE_RESULT),
        .pathsets = entries(store, SJ_TABLE_PATHSET),
        .stamps = entries(store, SJ_TABLE_STAMP),
        .files = entries(store, SJ_TABLE_FILE),
        .generations = (uint32_t)list.count,
        .newest = store->index.state.newest,
    };
    sj_generation_list_release(&list);
    return 0;
}

int sj_store_gc(struct sj_store *store, uint64_t max_size_bytes, uint64_t max_age_s,
                struct sj_gc_report *out, struct sj_err *err)
{
    (void)store;
    (void)max_size_bytes;
    (void)max_age_s;
    (void)out;
    return sj_fail(err, -ENOSYS, "gc");
}

int sj_store_clear(struct sj_store *store, struct sj_err *err)
{
    (void)store;
    return sj_fail(err, -ENOSYS, "clear");
}

int sj_store_verify(struct sj_store *store, sj_verify_progress *progress, void *user,
                    struct sj_verify_report *out, struct sj_err *err)
{
    (void)store;
    (void)progress;
    (void)user;
    (void)out;
    return sj_fail(err, -ENOSYS, "verify");
}
