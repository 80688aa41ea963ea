// SPDX-License-Identifier: Apache-2.0
// Records and notes that clients leave: they are written to the journal as those of compiles on
// this machine are. docs/http-api.md has it.
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "record/journal.h"
#include "record/ledger.h"
#include "server/answer.h"
#include "server/entry.h"

/** A body on its way into the journal. */
struct taking {
    const struct sj_request *request;
    struct sj_buf label;
    struct sj_buf arena; // of the note in hand
    uint64_t records;
    uint64_t notes;
    uint64_t damaged;
};

// All records lie in one journal: where one came from is its first label, which nobody else can
// give it. "phase=test" of a pull request becomes "namespace=pr-7,phase=test".
static const char *label_of(struct taking *taking, const char *given)
{
    static const char key[] = "namespace=";
    struct sj_str space = taking->request->route.space;
    struct sj_buf *label = &taking->label;
    sj_buf_clear(label);
    sj_buf_adds(label, key);
    sj_buf_add(label, space.len ? space.data : "default", space.len ? space.len : 7);
    for (const char *at = given ? given : ""; *at;) {
        size_t len = strcspn(at, ",");
        if (strncmp(at, key, sizeof key - 1) != 0) {
            sj_buf_addc(label, ',');
            sj_buf_add(label, at, len);
        }
        at += len + (at[len] == ',');
    }
    return sj_buf_text(label);
}

// What became of an append. 0 or a negative errno.
static int settle(const char *dir, int status)
{
    if (status == SJ_JOURNAL_ROTATED) {
        (void)sj_ledger_fold(dir, SJ_LEDGER_KEEP, NULL, NULL);
    }
    return status < 0 ? status : 0;
}

static int append_record(struct taking *taking, struct sj_record *record)
{
    const struct sj_config *config = taking->request->server->config;
    record->label = label_of(taking, record->label);
    taking->records++;
    return settle(config->cache_dir,
                  sj_journal_append(config->cache_dir, config->journal_size, record));
}

static int append_note(struct taking *taking, struct sj_note *note)
{
    const struct sj_config *config = taking->request->server->config;
    note->label = label_of(taking, note->label);
    taking->notes++;
    return settle(config->cache_dir,
                  sj_journal_append_note(config->cache_dir, config->journal_size, note));
}

// Take the frame at the start; `used` says how long it is. What is damaged, or cut, is counted.
static int take_frame(struct taking *taking, const char *data, size_t len, size_t *used)
{
    struct sj_record record;
    struct sj_note note;
    *used = 0;
    int status = sj_record_decode(data, len, &record, used);
    if (status == 0) {
        return append_record(taking, &record);
    }
    if (status == -EBADMSG) {
        status = sj_note_decode(data, len, &note, &taking->arena, used);
    }
    if (status == 0) {
        return append_note(taking, &note);
    }
    if (status == SJ_RECORD_PARTIAL || *used == 0) {
        *used = len;
    }
    taking->damaged += *used;
    return 0;
}

static void take_records(struct sj_request *request)
{
    const char *at = sj_buf_text(&request->body);
    size_t left = request->body.len;
    int status = 0;
    struct taking taking = {
        .request = request,
        .label = SJ_BUF_INIT(SJ_RECORD_MAX),
        .arena = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
    };
    while (left > 0 && status == 0) {
        size_t used;
        status = take_frame(&taking, at, left, &used);
        at += used;
        left -= used;
    }
    sj_buf_release(&taking.label);
    sj_buf_release(&taking.arena);
    if (taking.records + taking.notes > 0) {
        sj_ingester_wake(atomic_load(&request->server->ingester));
    }
    if (status < 0) {
        sj_request_event(request, sj_request_write_event(request, status));
        return;
    }
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_json json = sj_json_of(&body);
    sj_json_open(&json, NULL, '{');
    sj_json_u64(&json, "stored", taking.records + taking.notes);
    sj_json_u64(&json, "notes", taking.notes);
    sj_json_u64(&json, "damaged_bytes", taking.damaged);
    sj_json_close(&json, '}');
    sj_buf_addc(&body, '\n');
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

void sj_handle_record(struct sj_request *request)
{
    sj_request_defer(request, take_records);
}
