// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_handle.h"
#include "record/db_notes.h"

#define MEMO_MAX ((size_t)64 << 20)
#define MEMO_KEY (SJ_DB_NUMBER + SJ_KEY_SIZE)
#define NOTE_KEY (SJ_DB_NUMBER + 1 + SJ_DB_NUMBER)

static void memo_key(uint32_t build, const char *name, unsigned char out[MEMO_KEY])
{
    struct sj_key key = sj_key_of(name, strlen(name));
    sj_db_key(build, out);
    memcpy(out + SJ_DB_NUMBER, key.bytes, SJ_KEY_SIZE);
}

static int get_memo(struct sj_db *db, uint32_t build, const char *name, struct sj_buf *out)
{
    unsigned char key[MEMO_KEY];
    struct sj_str row;
    memo_key(build, name, key);
    int status = sj_db_get(db, SJ_DB_MEMO, key, sizeof key, &row);
    status = status == 0 ? sj_db_unpack(db, row, MEMO_MAX, &row) : status;
    if (status == 0) {
        sj_buf_add(out, row.data, row.len);
    }
    return status;
}

int sj_db_memo_get(struct sj_db *db, uint32_t build, const char *name, struct sj_buf *out)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return get_memo(db, build, name, out);
}

static int put_memo(struct sj_db *db, uint32_t build, const char *name, const void *data,
                    size_t len)
{
    if (len > MEMO_MAX) {
        return -EMSGSIZE;
    }
    unsigned char key[MEMO_KEY];
    memo_key(build, name, key);
    int status = sj_db_begin(db);
    if (status < 0) {
        return status;
    }
    struct sj_str row = sj_db_pack(db, data, len);
    return sj_db_end(db, sj_db_put(db, SJ_DB_MEMO, key, sizeof key, row.data, row.len));
}

int sj_db_memo_put(struct sj_db *db, uint32_t build, const char *name, const void *data, size_t len)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return put_memo(db, build, name, data, len);
}

int sj_db_memo_forget(struct sj_db *db, uint32_t build)
{
    unsigned char key[SJ_DB_NUMBER];
    sj_db_key(build, key);
    return sj_db_delete_all(db, SJ_DB_MEMO, key, build ? sizeof key : 0);
}

struct last {
    uint32_t sequence;
};

static int note_last(struct sj_str key, struct sj_str row, void *user)
{
    struct last *last = user;
    (void)row;
    last->sequence = key.len == NOTE_KEY ? sj_db_unkey(key.data + SJ_DB_NUMBER + 1) : 0;
    return 0;
}

int sj_db_note_put(struct sj_db *db, uint32_t build, enum sj_note_kind kind, const void *frame,
                   size_t len)
{
    unsigned char key[NOTE_KEY];
    struct last last = {0};
    sj_db_key(build, key);
    key[SJ_DB_NUMBER] = (unsigned char)kind;
    int status = sj_db_scan(db, SJ_DB_NOTE, key, SJ_DB_NUMBER + 1, note_last, &last);
    if (status < 0) {
        return status;
    }
    sj_db_key(last.sequence + 1, key + SJ_DB_NUMBER + 1);
    struct sj_str row = sj_db_pack(db, frame, len);
    return sj_db_put(db, SJ_DB_NOTE, key, sizeof key, row.data, row.len);
}

int sj_db_notes_forget(struct sj_db *db, uint32_t build)
{
    unsigned char key[SJ_DB_NUMBER];
    sj_db_key(build, key);
    return sj_db_delete_all(db, SJ_DB_NOTE, key, sizeof key);
}

struct reading {
    struct sj_db *db;
    enum sj_note_kind kind;
    int (*visit)(const struct sj_note *note, void *user);
    void *user;
    struct sj_buf frame;
    struct sj_buf arena;
};

static int visit_note(struct sj_str key, struct sj_str row, void *user)
{
    struct reading *reading = user;
    if (key.len != NOTE_KEY || key.data[SJ_DB_NUMBER] != (char)reading->kind) {
        return key.len == NOTE_KEY ? 0 : -EBADMSG;
    }
    struct sj_note note;
    size_t used = 0;
    int status = sj_db_unpack(reading->db, row, SJ_RECORD_MAX, &row);
    if (status < 0) {
        return status;
    }
    // A copy: what is visited may ask the database for more.
    sj_buf_clear(&reading->frame);
    sj_buf_add(&reading->frame, row.data, row.len);
    status = sj_note_decode(reading->frame.data, reading->frame.len, &note, &reading->arena, &used);
    if (status != 0) {
        return -EBADMSG;
    }
    sigjmp_buf *guarded = sj_guard_pause();
    status = reading->visit(&note, reading->user);
    sj_guard_resume(guarded);
    return status;
}

static int visit_notes(struct sj_db *db, uint32_t build, enum sj_note_kind kind,
                       int (*visit)(const struct sj_note *note, void *user), void *user)
{
    struct reading reading = {
        .db = db,
        .kind = kind,
        .visit = visit,
        .user = user,
        .frame = SJ_BUF_INIT(SJ_RECORD_MAX),
        .arena = SJ_BUF_INIT((size_t)16 << 20),
    };
    unsigned char key[SJ_DB_NUMBER + 1];
    sj_db_key(build, key);
    key[SJ_DB_NUMBER] = (unsigned char)kind;
    int status = sj_db_scan(db, SJ_DB_NOTE, key, build ? sizeof key : 0, visit_note, &reading);
    sj_buf_release(&reading.frame);
    sj_buf_release(&reading.arena);
    return status;
}

int sj_db_notes(struct sj_db *db, uint32_t build, enum sj_note_kind kind,
                int (*visit)(const struct sj_note *note, void *user), void *user)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return visit_notes(db, build, kind, visit, user);
}
