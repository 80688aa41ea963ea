// SPDX-License-Identifier: Apache-2.0
#include "store/sweep.h"

#include <errno.h>

#include "store/lmdb_env.h"
#include "store/store.h"
#include "store/usage.h"

// Stamps and file keys live as long as this many eras.
#define ERAS_KEPT 8

// What becomes of an entry.
enum fate {
    KEEP,
    REMOVE,
    SHORTEN, // to what was put into the links
};

struct sj_sweeper {
    struct sj_index *index;
    MDB_txn *txn;
    unsigned char links[SJ_LINKS_MAX * SJ_KEY_SIZE];
    size_t links_len;
};

void sj_sweep_start(struct sj_state *state)
{
    if (sj_sweep_is_due(state)) {
        state->sweep.is_again = true;
        return;
    }
    state->sweep = (struct sj_sweep){.table = SJ_TABLE_OBJECT};
}

bool sj_sweep_is_due(const struct sj_state *state)
{
    return state->sweep.table < SJ_TABLE_NAMESPACE;
}

static bool is_alive(struct sj_sweeper *sweeper, enum sj_table table,
                     const struct sj_index_key *near, const void *key)
{
    // The same namespace's number in front.
    struct sj_index_key name = *near;
    memcpy(name.bytes + SJ_INDEX_KEY_SIZE - SJ_KEY_SIZE, key, SJ_KEY_SIZE);
    struct sj_place place;
    return sj_index_get_place(sweeper->index, sweeper->txn, table, &name, &place) == 0;
}

static enum fate judge_place(struct sj_sweeper *sweeper, const struct sj_index_key *key,
                             const MDB_val *value)
{
    (void)key;
    struct sj_place place;
    bool is_bad = sj_place_decode(value->mv_data, value->mv_size, &place) < 0;
    return is_bad || place.generation < sweeper->index->state.oldest ? REMOVE : KEEP;
}

static enum fate judge_link(struct sj_sweeper *sweeper, const struct sj_index_key *key,
                            const MDB_val *value)
{
    const unsigned char *pathsets = value->mv_data;
    sweeper->links_len = 0;
    for (size_t at = 0; at + SJ_KEY_SIZE <= value->mv_size; at += SJ_KEY_SIZE) {
        if (sweeper->links_len < sizeof sweeper->links &&
            is_alive(sweeper, SJ_TABLE_PATHSET, key, pathsets + at)) {
            memcpy(sweeper->links + sweeper->links_len, pathsets + at, SJ_KEY_SIZE);
            sweeper->links_len += SJ_KEY_SIZE;
        }
    }
    if (sweeper->links_len == value->mv_size) {
        return KEEP;
    }
    return sweeper->links_len == 0 ? REMOVE : SHORTEN;
}

static bool is_past(const struct sj_sweeper *sweeper, const MDB_val *value)
{
    return (uint64_t)sj_get_u32(value->mv_data) + ERAS_KEPT <= sweeper->index->state.era;
}

static enum fate judge_stamp(struct sj_sweeper *sweeper, const struct sj_index_key *key,
                             const MDB_val *value)
{
    if (value->mv_size < SJ_STAMP_HEAD_SIZE || is_past(sweeper, value)) {
        return REMOVE;
    }
    const unsigned char *strong = (const unsigned char *)value->mv_data + SJ_STAMP_STRONG_AT;
    return is_alive(sweeper, SJ_TABLE_RESULT, key, strong) ? KEEP : REMOVE;
}

static enum fate judge_file(struct sj_sweeper *sweeper, const struct sj_index_key *key,
                            const MDB_val *value)
{
    (void)key;
    return value->mv_size != SJ_FILE_ENTRY_SIZE || is_past(sweeper, value) ? REMOVE : KEEP;
}

static enum fate judge_usage(struct sj_sweeper *sweeper, const struct sj_index_key *key,
                             const MDB_val *value)
{
    (void)value;
    return sj_usage_generation(key) < sweeper->index->state.oldest ? REMOVE : KEEP;
}

static enum fate (*const judges[SJ_TABLE_NAMESPACE])(struct sj_sweeper *,
                                                     const struct sj_index_key *,
                                                     const MDB_val *) = {
    [SJ_TABLE_OBJECT] = judge_place,  [SJ_TABLE_RESULT] = judge_place,
    [SJ_TABLE_PATHSET] = judge_place, [SJ_TABLE_ENTRY] = judge_place,
    [SJ_TABLE_LINK] = judge_link,     [SJ_TABLE_STAMP] = judge_stamp,
    [SJ_TABLE_FILE] = judge_file,     [SJ_TABLE_USAGE] = judge_usage,
};

// Look at entries of one table from the sweep's position on. 1: the table's end was reached.
static int sweep_table(struct sj_sweeper *sweeper, MDB_cursor *cursor, uint32_t *left,
                       uint64_t *forgotten)
{
    struct sj_sweep *sweep = &sweeper->index->state.sweep;
    MDB_val name = {sizeof sweep->next.bytes, sweep->next.bytes};
    MDB_val value;
    int rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    for (; rc == 0 && *left > 0; (*left)--) {
        struct sj_index_key key = {{0}};
        enum fate fate = REMOVE;
        if (name.mv_size == sizeof key.bytes) {
            memcpy(key.bytes, name.mv_data, sizeof key.bytes);
            fate = judges[sweep->table](sweeper, &key, &value);
        }
        if (fate == REMOVE) {
            rc = mdb_cursor_del(cursor, 0);
            (*forgotten)++;
        } else if (fate == SHORTEN) {
            value = (MDB_val){sweeper->links_len, sweeper->links};
            MDB_val same = {sizeof key.bytes, key.bytes};
            rc = mdb_cursor_put(cursor, &same, &value, MDB_CURRENT);
        }
        // After a deletion the cursor stands before the next entry, and NEXT gives that one.
        rc = rc ? rc : mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    if (rc == MDB_NOTFOUND) {
        return 1;
    }
    if (rc == 0 && name.mv_size == sizeof sweep->next.bytes) {
        memcpy(sweep->next.bytes, name.mv_data, sizeof sweep->next.bytes);
    }
    return sj_lmdb_errno(rc);
}

int sj_sweep_run(struct sj_index *index, MDB_txn *txn, uint32_t max, uint64_t *forgotten)
{
    struct sj_sweeper sweeper = {.index = index, .txn = txn};
    struct sj_sweep *sweep = &index->state.sweep;
    uint32_t left = max;
    while (left > 0 && sj_sweep_is_due(&index->state)) {
        MDB_cursor *cursor = NULL;
        int rc = mdb_cursor_open(txn, index->table[sweep->table], &cursor);
        if (rc) {
            return sj_lmdb_errno(rc);
        }
        int status = sweep_table(&sweeper, cursor, &left, forgotten);
        mdb_cursor_close(cursor);
        if (status < 0) {
            return status;
        }
        if (status == 1) {
            sweep->table++;
            memset(sweep->next.bytes, 0, sizeof sweep->next.bytes);
        }
        if (!sj_sweep_is_due(&index->state) && sweep->is_again) {
            *sweep = (struct sj_sweep){.table = SJ_TABLE_OBJECT};
        }
    }
    return 0;
}
