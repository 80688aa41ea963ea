// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_block.h"
#include "record/db_ids.h"
#include "record/db_notes.h"
#include "record/db_rows.h"
#include "record/db_samples.h"

/** What still refers to states: a bit for each. */
struct marks {
    unsigned char *bits;
    uint32_t limit; // numbers below it have a bit
};

static void mark(struct marks *marks, uint32_t number)
{
    if (number < marks->limit) {
        marks->bits[number / 8] = (unsigned char)(marks->bits[number / 8] | 1u << number % 8);
    }
}

static bool is_marked(const struct marks *marks, uint32_t number)
{
    return number < marks->limit && marks->bits[number / 8] >> number % 8 & 1;
}

static void mark_sample(const struct sj_sample *sample, void *user)
{
    mark(user, sample->state);
}

static int mark_unit(struct sj_str key, struct sj_str row, void *user)
{
    struct sj_unit unit;
    int status =
        key.len == SJ_DB_NUMBER ? sj_unit_decode(row, sj_db_unkey(key.data), &unit) : -EBADMSG;
    if (status == 0) {
        mark(user, unit.last_state);
    }
    return status;
}

// A list of rows to be removed, gathered before anything is written.
struct doomed {
    struct sj_db *db;
    struct marks marks;
    uint64_t before_ns;
    uint32_t *numbers;
    size_t count;
    size_t size;
    struct sj_key *keys; // of numbers, where they are strong keys
};

static void doom(struct doomed *doomed, uint32_t number)
{
    if (doomed->count == doomed->size) {
        doomed->size = doomed->size ? 2 * doomed->size : 1024;
        doomed->numbers = sj_realloc(doomed->numbers, doomed->size, sizeof *doomed->numbers);
    }
    doomed->numbers[doomed->count++] = number;
}

// States from the newest to the oldest: a base has a lower number than what is told by it.
static int mark_bases(struct doomed *doomed, uint32_t limit)
{
    for (uint32_t number = limit; number-- > 1;) {
        struct sj_str row;
        uint32_t base = 0;
        uint32_t depth = 0;
        if (!is_marked(&doomed->marks, number)) {
            continue;
        }
        uint32_t config = 0;
        int status = sj_db_state_row(doomed->db, number, &config, &row);
        if (status == SJ_DB_NONE) {
            continue;
        }
        status = status < 0 ? status : sj_db_unpack(doomed->db, row, SJ_STATE_ROW_MAX, &row);
        status = status < 0 ? status : sj_db_state_head(row.data, row.len, number, &base, &depth);
        if (status < 0) {
            return status;
        }
        mark(&doomed->marks, base);
    }
    return 0;
}

static int find_states(struct sj_str key, struct sj_str row, void *user)
{
    struct doomed *doomed = user;
    (void)row;
    if (key.len != SJ_DB_NUMBER) {
        return -EBADMSG;
    }
    uint32_t number = sj_db_unkey(key.data);
    if (!is_marked(&doomed->marks, number)) {
        doom(doomed, number);
    }
    return 0;
}

static int find_strong_keys(struct sj_str key, struct sj_str row, void *user)
{
    struct doomed *doomed = user;
    if (row.len == 4 && !is_marked(&doomed->marks, sj_get_u32(row.data))) {
        doomed->keys = sj_realloc(doomed->keys, doomed->count + 1, sizeof *doomed->keys);
        memcpy(doomed->keys[doomed->count].bytes, key.data + 1, SJ_KEY_SIZE);
        doom(doomed, 0);
    }
    return 0;
}

static int remove_states(struct doomed *doomed)
{
    int status = sj_db_scan(doomed->db, SJ_DB_STATE, NULL, 0, find_states, doomed);
    for (size_t i = 0; i < doomed->count && status == 0; i++) {
        unsigned char key[SJ_DB_NUMBER];
        sj_db_key(doomed->numbers[i], key);
        status = sj_db_delete(doomed->db, SJ_DB_STATE, key, sizeof key);
    }
    doomed->count = 0;
    const char prefix[] = {SJ_DB_ID_STRONG};
    status = status < 0 ? status
                        : sj_db_scan(doomed->db, SJ_DB_IDS, prefix, sizeof prefix, find_strong_keys,
                                     doomed);
    for (size_t i = 0; i < doomed->count && status == 0; i++) {
        unsigned char key[1 + SJ_KEY_SIZE] = {SJ_DB_ID_STRONG};
        memcpy(key + 1, doomed->keys[i].bytes, SJ_KEY_SIZE);
        status = sj_db_delete(doomed->db, SJ_DB_IDS, key, sizeof key);
    }
    return status;
}

// States that no sample and no unit refers to any more.
static int sweep_states(struct doomed *doomed)
{
    struct sj_str row;
    struct sj_db *db = doomed->db;
    int status = sj_db_get(db, SJ_DB_META, (const char[]){SJ_DB_META_NEXT}, 1, &row);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    if (row.len < 4 * (SJ_DB_STATE + 1)) {
        return -EBADMSG;
    }
    doomed->marks.limit = sj_get_u32(row.data + 4 * SJ_DB_STATE);
    doomed->marks.bits = sj_calloc(doomed->marks.limit / 8 + 1, 1);
    status = sj_db_samples_each(db, mark_sample, &doomed->marks);
    status = status < 0 ? status : sj_db_scan(db, SJ_DB_UNIT, NULL, 0, mark_unit, &doomed->marks);
    status = status < 0 ? status : mark_bases(doomed, doomed->marks.limit);
    doomed->count = 0;
    return status < 0 ? status : remove_states(doomed);
}

static int find_builds(struct sj_str key, struct sj_str data, void *user)
{
    struct doomed *doomed = user;
    struct sj_build_row row;
    int status =
        key.len == SJ_DB_NUMBER ? sj_build_decode(data, sj_db_unkey(key.data), &row) : -EBADMSG;
    if (status < 0) {
        return status;
    }
    if (row.build.start_ns < doomed->before_ns && !(row.build.flags & SJ_BUILD_EXPIRED)) {
        doom(doomed, row.build.number);
    }
    sj_build_row_release(&row);
    return 0;
}

struct counting {
    struct sj_db *db;
    uint64_t count;
};

static int count_block(struct sj_str key, struct sj_str row, void *user)
{
    struct counting *counting = user;
    size_t count = 0;
    (void)key;
    int status = sj_db_unpack(counting->db, row, SJ_BLOCK_ROW_MAX, &row);
    status = status < 0 ? status : sj_block_count(row.data, row.len, &count);
    counting->count += count;
    return status;
}

static int expire_build(struct sj_db *db, uint32_t number, uint64_t *removed)
{
    unsigned char key[SJ_DB_NUMBER];
    struct sj_str data;
    struct sj_build_row row = {0};
    sj_db_key(number, key);
    int status = sj_db_row(db, SJ_DB_BUILD, number, &data);
    status = status < 0 ? status : status > 0 ? -EBADMSG : sj_build_decode(data, number, &row);
    if (status < 0) {
        return status;
    }
    row.build.flags |= SJ_BUILD_EXPIRED;
    sj_buf_clear(&db->scratch);
    sj_build_encode(&row, &db->scratch);
    sj_build_row_release(&row);
    status = sj_db_put(db, SJ_DB_BUILD, key, sizeof key, db->scratch.data, db->scratch.len);
    struct counting counting = {.db = db};
    status =
        status < 0 ? status : sj_db_scan(db, SJ_DB_SAMPLE, key, sizeof key, count_block, &counting);
    *removed += counting.count;
    status = status < 0 ? status : sj_db_delete_all(db, SJ_DB_SAMPLE, key, sizeof key);
    status = status < 0 ? status : sj_db_notes_forget(db, number);
    return status < 0 ? status : sj_db_memo_forget(db, number);
}

static int expire(struct doomed *doomed, uint64_t *removed)
{
    int status = sj_db_scan(doomed->db, SJ_DB_BUILD, NULL, 0, find_builds, doomed);
    for (size_t i = 0; i < doomed->count && status == 0; i++) {
        status = expire_build(doomed->db, doomed->numbers[i], removed);
    }
    return status < 0 || doomed->count == 0 ? status : sweep_states(doomed);
}

static int lock_and_expire(struct sj_db *db, uint64_t before_ns, uint64_t *removed)
{
    int status = sj_db_lock(db);
    if (status < 0) {
        return status;
    }
    sj_db_forget(db);
    mdb_txn_abort(db->reader);
    db->reader = NULL;
    status = sj_db_begin(db);
    uint64_t count = 0;
    if (status == 0) {
        struct doomed doomed = {.db = db, .before_ns = before_ns};
        status = sj_db_end(db, expire(&doomed, &count));
        free(doomed.numbers);
        free(doomed.keys);
        free(doomed.marks.bits);
    }
    sj_db_unlock(db);
    int refreshed = sj_db_refresh(db);
    status = status < 0 ? status : refreshed;
    if (status == 0 && removed) {
        *removed = count;
    }
    return status;
}

int sj_db_expire(struct sj_db *db, uint64_t before_ns, uint64_t *removed)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return lock_and_expire(db, before_ns, removed);
}
