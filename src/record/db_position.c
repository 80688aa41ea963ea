// SPDX-License-Identifier: Apache-2.0
#include "record/db_position.h"

#include <errno.h>

// A row of the table SJ_DB_META, its key the letter and the part's number, 8 bytes, big-endian:
//
//     0  8  offset up to which the part was taken in
//     8  8  checksum of its first frame
//    16  1  1: it has ended, and all of it was taken in
//
// The row of part 0 has the number of the newest ledger at its first 8 bytes.
#define KEY_SIZE 9
#define ROW_SIZE 17

struct position {
    uint64_t offset;
    uint64_t mark;
    bool is_done;
};

static void make_key(uint64_t number, unsigned char out[KEY_SIZE])
{
    out[0] = SJ_DB_META_PART;
    sj_put_u64(out + 1, __builtin_bswap64(number));
}

static int read_position(struct sj_db *db, uint64_t number, struct position *out)
{
    unsigned char key[KEY_SIZE];
    struct sj_str row;
    make_key(number, key);
    int status = sj_db_get(db, SJ_DB_META, key, sizeof key, &row);
    if (status != 0) {
        return status;
    }
    if (row.len != ROW_SIZE) {
        return -EBADMSG;
    }
    *out = (struct position){sj_get_u64(row.data), sj_get_u64(row.data + 8), row.data[16] != 0};
    return 0;
}

static int write_position(struct sj_db *db, uint64_t number, const struct position *position)
{
    unsigned char key[KEY_SIZE];
    unsigned char row[ROW_SIZE];
    make_key(number, key);
    sj_put_u64(row, position->offset);
    sj_put_u64(row + 8, position->mark);
    row[16] = position->is_done;
    return sj_db_put(db, SJ_DB_META, key, sizeof key, row, sizeof row);
}

struct known {
    uint64_t folded;  // by what was known before
    uint64_t highest; // part known
    uint64_t until;   // parts up to it are gone
    uint64_t done;    // … that were taken in whole
};

static int note_known(struct sj_str key, struct sj_str row, void *user)
{
    struct known *known = user;
    if (key.len != KEY_SIZE || row.len != ROW_SIZE) {
        return -EBADMSG;
    }
    uint64_t number = __builtin_bswap64(sj_get_u64(key.data + 1));
    if (number == 0) {
        known->folded = sj_get_u64(row.data);
    } else {
        known->highest = number;
        known->done += number <= known->until && row.data[16];
    }
    return 0;
}

// Whether the parts are those that were read before: the same numbers, the same first frames.
static int is_same_journal(struct sj_db *db, struct sj_journal *journal, uint64_t highest,
                           bool *is_same)
{
    struct sj_journal_part part = {0};
    int status = 0;
    *is_same = true;
    for (size_t i = 0; (status = sj_journal_part(journal, i, &part)) == 0; i++) {
        struct position position;
        status = read_position(db, part.number, &position);
        if (status < 0) {
            return status;
        }
        if (status == 0 && position.offset > 0 &&
            (position.mark != part.mark || position.offset > part.size)) {
            *is_same = false;
        }
    }
    uint64_t last =
        part.number > sj_journal_folded(journal) ? part.number : sj_journal_folded(journal);
    *is_same = *is_same && highest <= last;
    return status < 0 ? status : 0;
}

int sj_position_seek(struct sj_db *db, struct sj_journal *journal)
{
    struct sj_journal_part part;
    int status = 0;
    for (size_t i = 0; (status = sj_journal_part(journal, i, &part)) == 0; i++) {
        struct position position;
        status = read_position(db, part.number, &position);
        if (status < 0) {
            return status;
        }
        if (status == 0) {
            sj_journal_seek(journal, i, position.offset);
        }
    }
    return status < 0 ? status : 0;
}

int sj_position_read(struct sj_db *db, struct sj_journal *journal, struct sj_db_ingested *sum)
{
    struct known known = {.until = sj_journal_folded(journal)};
    bool is_same = false;
    const char prefix[] = {SJ_DB_META_PART};
    int status = sj_db_scan(db, SJ_DB_META, prefix, sizeof prefix, note_known, &known);
    status = status < 0 ? status : is_same_journal(db, journal, known.highest, &is_same);
    if (status < 0) {
        return status;
    }
    if (!is_same) {
        known.folded = 0;
        known.done = 0;
        status = sj_db_delete_all(db, SJ_DB_META, prefix, sizeof prefix);
    }
    if (status == 0 && known.until > known.folded) {
        sum->gone_parts += known.until - known.folded - known.done;
    }
    return status < 0 ? status : sj_position_seek(db, journal);
}

void sj_position_end(struct sj_journal *journal, struct sj_db_ingested *sum)
{
    struct sj_journal_part part;
    for (size_t i = 0; sj_journal_part(journal, i, &part) == 0; i++) {
        if (part.has_ended && part.offset < part.size) {
            sum->damaged_bytes += part.size - part.offset;
            sj_journal_seek(journal, i, part.size);
        }
    }
}

struct stale {
    uint64_t folded;
    uint64_t number; // a part that the ledger covers; 0: none
};

static int find_stale(struct sj_str key, struct sj_str row, void *user)
{
    struct stale *stale = user;
    (void)row;
    uint64_t number = key.len == KEY_SIZE ? __builtin_bswap64(sj_get_u64(key.data + 1)) : 0;
    stale->number = number <= stale->folded ? number : 0;
    return stale->number > 0; // one at a time: nothing is written while rows are visited
}

static int forget_folded(struct sj_db *db, uint64_t folded)
{
    const char prefix[] = {SJ_DB_META_PART};
    for (;;) {
        struct stale stale = {.folded = folded};
        int status = sj_db_scan(db, SJ_DB_META, prefix, sizeof prefix, find_stale, &stale);
        if (status <= 0) {
            return status;
        }
        unsigned char key[KEY_SIZE];
        make_key(stale.number, key);
        status = sj_db_delete(db, SJ_DB_META, key, sizeof key);
        if (status < 0) {
            return status;
        }
    }
}

int sj_position_write(struct sj_db *db, struct sj_journal *journal, struct sj_db_ingested *sum)
{
    struct sj_journal_part part;
    int status = 0;
    for (size_t i = 0; (status = sj_journal_part(journal, i, &part)) == 0; i++) {
        struct position before = {0};
        struct position now = {part.offset, part.mark, part.has_ended && part.offset >= part.size};
        status = read_position(db, part.number, &before);
        if (status < 0) {
            return status;
        }
        sum->bytes += now.offset - before.offset;
        status = write_position(db, part.number, &now);
        if (status < 0) {
            return status;
        }
    }
    uint64_t folded = sj_journal_folded(journal);
    const struct position ledger = {.offset = folded};
    status = status < 0 ? status : write_position(db, 0, &ledger);
    return status < 0 ? status : forget_folded(db, folded);
}

uint64_t sj_position_left(const struct sj_journal *journal)
{
    struct sj_journal_part part;
    uint64_t left = 0;
    for (size_t i = 0; sj_journal_part(journal, i, &part) == 0; i++) {
        left += part.size > part.offset ? part.size - part.offset : 0;
    }
    return left;
}
