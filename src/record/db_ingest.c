// SPDX-License-Identifier: Apache-2.0
#include "record/db_ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "record/db_position.h"
#include "record/db_samples.h"
#include "store/store.h"

// What one transaction takes in at most: it stays small enough for LMDB, and for memory.
#define BATCH_SAMPLES ((size_t)64 << 10)
#define BATCH_STATES  ((size_t)16 << 10)
#define BATCH_BYTES   (UINT64_C(64) << 20)

static const size_t counters[] = {
    offsetof(struct sj_db_ingested, records),       offsetof(struct sj_db_ingested, notes),
    offsetof(struct sj_db_ingested, bytes),         offsetof(struct sj_db_ingested, damaged_bytes),
    offsetof(struct sj_db_ingested, without_build), offsetof(struct sj_db_ingested, without_paths),
    offsetof(struct sj_db_ingested, late),          offsetof(struct sj_db_ingested, skewed),
    offsetof(struct sj_db_ingested, gone_parts),    offsetof(struct sj_db_ingested, refused),
};
#define COUNTERS (sizeof counters / sizeof counters[0])

static uint64_t *counter_of(struct sj_db_ingested *sum, size_t index)
{
    return (uint64_t *)((char *)sum + counters[index]);
}

static void add_sums(struct sj_db_ingested *sum, struct sj_db_ingested *more)
{
    for (size_t i = 0; i < COUNTERS; i++) {
        *counter_of(sum, i) = sj_sum(*counter_of(sum, i), *counter_of(more, i));
    }
    if (!sum->refused_why[0]) {
        memcpy(sum->refused_why, more->refused_why, sizeof sum->refused_why);
    }
}

int sj_ingest_refuse(struct sj_ingest *in, const char *why)
{
    if (in->sum.refused++ == 0) {
        (void)snprintf(in->sum.refused_why, sizeof in->sum.refused_why, "%s", why);
    }
    return 0;
}

// Counters of all ingestions: 8 bytes each, in the order of the table, then the first reason.
static int read_ever(struct sj_db *db, struct sj_db_ingested *out)
{
    struct sj_str row;
    struct sj_db_ingested sum = {0};
    int status = sj_db_get(db, SJ_DB_META, (const char[]){SJ_DB_META_EVER}, 1, &row);
    if (status < 0) {
        return status;
    }
    if (status == 0 && row.len != 8 * COUNTERS + sizeof sum.refused_why) {
        return -EBADMSG;
    }
    if (status == 0) {
        for (size_t i = 0; i < COUNTERS; i++) {
            *counter_of(&sum, i) = sj_get_u64(row.data + 8 * i);
        }
        memcpy(sum.refused_why, row.data + 8 * COUNTERS, sizeof sum.refused_why - 1);
    }
    *out = sum;
    return 0;
}

int sj_db_ingested_ever(struct sj_db *db, struct sj_db_ingested *out)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return read_ever(db, out);
}

static int write_ever(struct sj_ingest *in)
{
    struct sj_db_ingested ever;
    unsigned char row[8 * COUNTERS + sizeof ever.refused_why];
    int status = sj_db_ingested_ever(in->db, &ever);
    if (status < 0) {
        return status;
    }
    add_sums(&ever, &in->sum);
    for (size_t i = 0; i < COUNTERS; i++) {
        sj_put_u64(row + 8 * i, *counter_of(&ever, i));
    }
    memcpy(row + 8 * COUNTERS, ever.refused_why, sizeof ever.refused_why);
    return sj_db_put(in->db, SJ_DB_META, (const char[]){SJ_DB_META_EVER}, 1, row, sizeof row);
}

// The next numbers, 4 bytes for each table; a table that came later begins with 1.
static int read_next(struct sj_ingest *in)
{
    struct sj_str row = {0};
    int status = sj_db_get(in->db, SJ_DB_META, (const char[]){SJ_DB_META_NEXT}, 1, &row);
    if (status < 0) {
        return status;
    }
    for (size_t i = 0; i < SJ_DB_TABLES; i++) {
        in->next[i] = status == 0 && row.len >= 4 * (i + 1) ? sj_get_u32(row.data + 4 * i) : 1;
    }
    return 0;
}

static int write_next(struct sj_ingest *in)
{
    unsigned char row[4 * SJ_DB_TABLES];
    for (size_t i = 0; i < SJ_DB_TABLES; i++) {
        // Numbers never come again; when they have run out, the database must be made anew.
        if (in->next[i] >= UINT32_MAX - BATCH_SAMPLES) {
            return -EOVERFLOW;
        }
        sj_put_u32(row + 4 * i, in->next[i]);
    }
    return sj_db_put(in->db, SJ_DB_META, (const char[]){SJ_DB_META_NEXT}, 1, row, sizeof row);
}

static int write_samples(struct sj_ingest *in)
{
    size_t count = in->samples_count;
    if (count > 0) {
        qsort(in->samples, count, sizeof *in->samples, sj_sample_compare);
    }
    int status = 0;
    for (size_t from = 0, to = 0; from < count && status == 0; from = to) {
        const struct sj_sample *first = &in->samples[from];
        while (to < count && in->samples[to].build == first->build &&
               in->samples[to].outcome == first->outcome) {
            to++;
        }
        status = sj_db_samples_put(in->db, first, to - from);
    }
    in->samples_count = 0;
    return status;
}

static int write_units(struct sj_ingest *in)
{
    int status = 0;
    for (struct sj_open_unit *open = in->touched_units; open && status == 0; open = open->next) {
        sj_buf_clear(&in->key);
        sj_unit_encode(&open->unit, &in->key);
        status = sj_db_row_put(in->db, SJ_DB_UNIT, open->unit.number, in->key.data, in->key.len);
        open->is_touched = false;
    }
    in->touched_units = NULL;
    return status;
}

static void release(struct sj_ingest *in)
{
    sj_ingest_close_builds(in);
    for (size_t i = 0; i < in->units_size; i++) {
        free(in->units[i]);
    }
    free(in->units);
    for (size_t i = 0; i < in->named_count; i++) {
        free(in->named[i].paths);
    }
    free(in->named);
    free(in->samples);
    free(in->inputs);
    sj_keymap_release(&in->texts);
    sj_keymap_release(&in->contents);
    sj_keymap_release(&in->strongs);
    sj_keymap_release(&in->made);
    sj_keymap_release(&in->names);
    sj_keymap_release(&in->configs);
    sj_keymap_release(&in->sets);
    sj_buf_release(&in->key);
    sj_buf_release(&in->path);
    sj_buf_release(&in->latest_id);
}

static bool is_full(const struct sj_ingest *in, uint64_t bytes)
{
    return in->samples_count >= BATCH_SAMPLES || in->states >= BATCH_STATES || bytes >= BATCH_BYTES;
}

// Takes in until the batch is full. SJ_JOURNAL_END: there is no more.
static int take_batch(struct sj_ingest *in, struct sj_journal *journal)
{
    int status = 0;
    uint64_t bytes = 0;
    while (status == 0 && !is_full(in, bytes)) {
        struct sj_journal_frame frame;
        status = sj_journal_next_frame(journal, &frame);
        if (status == 0) {
            bytes += frame.len;
            status = frame.kind == SJ_JOURNAL_RECORD ? sj_ingest_record(in, &frame.record)
                                                     : sj_ingest_note(in, &frame);
        }
    }
    return status;
}

static int write_batch(struct sj_ingest *in, struct sj_journal *journal)
{
    int status = write_samples(in);
    status = status < 0 ? status : write_units(in);
    status = status < 0 ? status : sj_ingest_write_builds(in);
    status = status < 0 ? status : sj_position_write(in->db, journal, &in->sum);
    status = status < 0 ? status : write_next(in);
    return status < 0 ? status : write_ever(in);
}

// One transaction. SJ_JOURNAL_END: there is no more.
static int ingest_batch(struct sj_ingest *in, struct sj_journal *journal, bool is_first)
{
    int status = sj_db_begin(in->db);
    if (status < 0) {
        return status;
    }
    in->sum = (struct sj_db_ingested){0};
    in->states = 0;
    status = is_first ? sj_position_read(in->db, journal, &in->sum) : 0;
    status = status < 0 ? status : read_next(in);
    uint64_t skipped = sj_journal_skipped(journal);
    int taken = status < 0 ? status : take_batch(in, journal);
    if (taken == SJ_JOURNAL_END) {
        sj_position_end(journal, &in->sum);
    }
    in->sum.damaged_bytes += sj_journal_skipped(journal) - skipped;
    status = taken < 0 ? taken : write_batch(in, journal);
    status = sj_db_end(in->db, status);
    if (in->intake->store) {
        sj_store_release(in->intake->store);
    }
    return status < 0 ? status : taken;
}

static bool must_stop(const struct sj_ingest *in)
{
    sigjmp_buf *guarded = sj_guard_pause();
    bool is_over = in->intake->is_over && in->intake->is_over(in->intake->user);
    sj_guard_resume(guarded);
    return is_over;
}

static int ingest(struct sj_ingest *in, struct sj_journal *journal, struct sj_db_ingested *out)
{
    int status = 0;
    uint64_t total = 0;
    for (bool is_first = true; status == 0 && (is_first || !must_stop(in)); is_first = false) {
        status = ingest_batch(in, journal, is_first);
        if (status >= 0) {
            add_sums(out, &in->sum);
        }
        if (is_first) {
            total = sj_position_left(journal);
        }
        if (status >= 0 && in->intake->progress) {
            uint64_t left = sj_position_left(journal);
            sigjmp_buf *guarded = sj_guard_pause();
            in->intake->progress(total > left ? total - left : 0, total, in->intake->user);
            sj_guard_resume(guarded);
        }
    }
    return status < 0 ? status : 0;
}

static int lock_and_ingest(struct sj_db *db, const struct sj_db_intake *intake,
                           struct sj_db_ingested *out, struct sj_err *err)
{
    *out = (struct sj_db_ingested){0};
    int status = sj_db_lock(db);
    if (status < 0) {
        return sj_fail(err, status, "cannot lock the record database '%s'", db->path);
    }
    // Not before: a list of parts that is older than the positions looks like a journal that was
    // begun anew, and all of it would be taken in once more.
    struct sj_journal *journal = NULL;
    status = sj_journal_open(intake->dir, &journal, err);
    if (status < 0) {
        sj_db_unlock(db);
        return status;
    }
    // A reader that stays where it is would keep the pages it sees from being used again.
    sj_db_forget(db);
    mdb_txn_abort(db->reader);
    db->reader = NULL;
    struct sj_ingest in = {
        .db = db,
        .intake = intake,
        .now_ns = sj_clock_ns(CLOCK_REALTIME),
        .key = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .path = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .latest_id = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
    };
    in.home = sj_strdup(intake->store ? sj_store_namespace(intake->store) : "");
    status = ingest(&in, journal, out);
    if (intake->store) {
        (void)sj_store_use(intake->store, in.home);
    }
    free(in.home);
    release(&in);
    sj_journal_close(journal);
    sj_db_unlock(db);
    int refreshed = sj_db_refresh(db);
    status = status < 0 ? status : refreshed;
    return status < 0 ? sj_db_fail(err, status, db) : 0;
}

int sj_db_ingest(struct sj_db *db, const struct sj_db_intake *intake, struct sj_db_ingested *out,
                 struct sj_err *err)
{
    SJ_DB_GUARD(db, sj_db_fail(err, -EBADMSG, db));
    return lock_and_ingest(db, intake, out, err);
}
