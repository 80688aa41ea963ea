// SPDX-License-Identifier: Apache-2.0
#include "record/db_samples.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_block.h"

#define SMALL    (SJ_BLOCK_MAX / 2) /**< a block below this is written anew with what comes */
#define RUNS_MAX 4096               /**< most blocks of a build that are merged */

static int compare_places(const struct sj_sample *a, const struct sj_sample *b)
{
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

int sj_sample_compare(const void *left, const void *right)
{
    const struct sj_sample *a = left;
    const struct sj_sample *b = right;
    if (a->build != b->build) {
        return a->build < b->build ? -1 : 1;
    }
    return a->outcome != b->outcome ? (int)a->outcome - (int)b->outcome : compare_places(a, b);
}

static void block_key(uint32_t build, uint8_t outcome, uint32_t sequence,
                      unsigned char out[SJ_BLOCK_KEY])
{
    sj_db_key(build, out);
    out[SJ_DB_NUMBER] = outcome;
    sj_db_key(sequence, out + SJ_DB_NUMBER + 1);
}

struct last {
    uint32_t sequence;
    struct sj_str row;
};

static int note_last(struct sj_str key, struct sj_str row, void *user)
{
    struct last *last = user;
    if (key.len == SJ_BLOCK_KEY) {
        *last = (struct last){sj_db_unkey(key.data + SJ_DB_NUMBER + 1), row};
    }
    return 0;
}

static struct sj_sample *make_room(struct sj_db *db, size_t count)
{
    if (count > db->samples_size) {
        db->samples_size = count + count / 2;
        db->samples = sj_realloc(db->samples, db->samples_size, sizeof *db->samples);
    }
    return db->samples;
}

// Decodes a block behind the samples on their way. The new count, or a negative errno.
static ssize_t read_block(struct sj_db *db, struct sj_str key, struct sj_str row, size_t have)
{
    size_t count = 0;
    int status = key.len == SJ_BLOCK_KEY ? sj_db_unpack(db, row, SJ_BLOCK_ROW_MAX, &row) : -EBADMSG;
    status = status < 0 ? status : sj_block_count(row.data, row.len, &count);
    if (status < 0) {
        return status;
    }
    (void)make_room(db, have + count);
    status = sj_block_decode(row.data, row.len, sj_db_unkey(key.data),
                             (uint8_t)key.data[SJ_DB_NUMBER], db->samples + have);
    return status < 0 ? status : (ssize_t)(have + count);
}

static int write_block(struct sj_db *db, uint32_t sequence, const struct sj_sample *samples,
                       size_t count)
{
    unsigned char key[SJ_BLOCK_KEY];
    block_key(samples->build, samples->outcome, sequence, key);
    sj_buf_clear(&db->scratch);
    sj_block_encode(samples, count, &db->scratch);
    struct sj_str row = sj_db_pack(db, db->scratch.data, db->scratch.len);
    return sj_db_put(db, SJ_DB_SAMPLE, key, sizeof key, row.data, row.len);
}

int sj_db_samples_put(struct sj_db *db, const struct sj_sample *samples, size_t count)
{
    unsigned char key[SJ_BLOCK_KEY];
    struct last last = {0};
    block_key(samples->build, samples->outcome, 0, key);
    int status = sj_db_scan(db, SJ_DB_SAMPLE, key, SJ_DB_NUMBER + 1, note_last, &last);
    if (status < 0) {
        return status;
    }
    ssize_t have = 0;
    if (last.sequence > 0) {
        sj_db_key(last.sequence, key + SJ_DB_NUMBER + 1);
        have = read_block(db, (struct sj_str){(const char *)key, sizeof key}, last.row, 0);
        if (have < 0) {
            return (int)have;
        }
        have = have < (ssize_t)SMALL ? have : 0;
    }
    size_t all = (size_t)have + count;
    struct sj_sample *sorted = make_room(db, all);
    memcpy(sorted + have, samples, count * sizeof *sorted);
    if (have > 0) {
        qsort(sorted, all, sizeof *sorted, sj_sample_compare);
    }
    uint32_t sequence = have > 0 ? last.sequence : last.sequence + 1;
    for (size_t done = 0; status == 0 && done < all; sequence++) {
        size_t part = all - done < SJ_BLOCK_MAX ? all - done : SJ_BLOCK_MAX;
        status = write_block(db, sequence, sorted + done, part);
        done += part;
    }
    return status;
}

// Blocks of a build that were read one behind the other into db->samples; each is sorted.
struct runs {
    struct sj_db *db;
    unsigned outcomes;
    size_t count;
    size_t starts[RUNS_MAX + 1];
};

static int add_run(struct sj_str key, struct sj_str row, void *user)
{
    struct runs *runs = user;
    if (key.len != SJ_BLOCK_KEY || runs->count == RUNS_MAX) {
        return -EBADMSG;
    }
    if (!(runs->outcomes >> (key.data[SJ_DB_NUMBER] & 31) & 1)) {
        return 0;
    }
    ssize_t all = read_block(runs->db, key, row, runs->starts[runs->count]);
    if (all < 0) {
        return (int)all;
    }
    runs->starts[++runs->count] = (size_t)all;
    return 0;
}

static void merge_runs(const struct runs *runs, size_t at[], struct sj_sample *out)
{
    const struct sj_sample *samples = runs->db->samples;
    size_t count = runs->starts[runs->count];
    for (size_t i = 0; i < count; i++) {
        size_t least = SIZE_MAX;
        for (size_t r = 0; r < runs->count; r++) {
            if (at[r] < runs->starts[r + 1] &&
                (least == SIZE_MAX || compare_places(&samples[at[r]], &samples[at[least]]) < 0)) {
                least = r;
            }
        }
        out[i] = samples[at[least]++];
    }
}

static int read_samples(struct sj_db *db, uint32_t build, unsigned outcomes,
                        struct sj_sample **array, size_t *count, size_t *size)
{
    unsigned char key[SJ_DB_NUMBER];
    sj_db_key(build, key);
    SJ_AUTO(sj_auto_free) struct runs *runs = sj_new(struct runs);
    runs->db = db;
    runs->outcomes = outcomes;
    int status = sj_db_scan(db, SJ_DB_SAMPLE, key, sizeof key, add_run, runs);
    size_t more = runs->starts[runs->count];
    if (status < 0 || more == 0) {
        return status;
    }
    if (*count + more > *size) {
        *size = 2 * *size > *count + more ? 2 * *size : *count + more;
        *array = sj_realloc(*array, *size, sizeof **array);
    }
    if (runs->count == 1) {
        memcpy(*array + *count, db->samples, more * sizeof **array);
    } else {
        SJ_AUTO(sj_auto_free) size_t *at = sj_calloc(runs->count, sizeof *at);
        memcpy(at, runs->starts, runs->count * sizeof *at);
        merge_runs(runs, at, *array + *count);
    }
    *count += more;
    return 0;
}

int sj_db_samples(struct sj_db *db, uint32_t build, unsigned outcomes, struct sj_sample **array,
                  size_t *count, size_t *size)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return read_samples(db, build, outcomes, array, count, size);
}

struct each {
    struct sj_db *db;
    void (*visit)(const struct sj_sample *sample, void *user);
    void *user;
};

static int visit_block(struct sj_str key, struct sj_str row, void *user)
{
    const struct each *each = user;
    ssize_t count = read_block(each->db, key, row, 0);
    for (ssize_t i = 0; i < count; i++) {
        each->visit(&each->db->samples[i], each->user);
    }
    return count < 0 ? (int)count : 0;
}

int sj_db_samples_each(struct sj_db *db, void (*visit)(const struct sj_sample *sample, void *user),
                       void *user)
{
    struct each each = {db, visit, user};
    return sj_db_scan(db, SJ_DB_SAMPLE, NULL, 0, visit_block, &each);
}
