// SPDX-License-Identifier: Apache-2.0
#include "server/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/entry.h"
#include "server/inflate.h"
#include "server/trail.h"
#include "store/result.h"

struct sj_intake sj_intake_of(struct sj_request *request)
{
    return (struct sj_intake){
        .request = request,
        .write = sj_write_new(request->shared, request->route.space),
    };
}

void sj_intake_release(struct sj_intake *intake)
{
    sj_write_free(intake->write);
    free(intake->objects);
}

static unsigned refuse(struct sj_intake *intake, unsigned status, const char *problem)
{
    intake->problem = problem;
    return status;
}

static void note_object(struct sj_intake *intake, const struct sj_key *key)
{
    // Grown at powers of two.
    if ((intake->object_count & (intake->object_count - 1)) == 0) {
        size_t room = intake->object_count ? intake->object_count * 2 : 1;
        intake->objects = sj_realloc(intake->objects, room, sizeof *intake->objects);
    }
    intake->objects[intake->object_count++] = *key;
}

static bool has_object(struct sj_intake *intake, const struct sj_key *key)
{
    for (size_t i = 0; i < intake->object_count; i++) {
        if (sj_key_eq(&intake->objects[i], key)) {
            return true;
        }
    }
    struct sj_view view;
    if (sj_request_find(intake->request, SJ_BLOB_OBJECT, key, &view) != 0) {
        return false;
    }
    sj_view_close(intake->request->shared, &view);
    return true;
}

static unsigned check_result(struct sj_intake *intake, const struct sj_buf *raw)
{
    struct sj_result result;
    if (sj_result_decode(raw->data, raw->len, &result) < 0) {
        return refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT, "this is no result");
    }
    unsigned status = 0;
    if (!sj_result_is_sound(&result)) {
        status = refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT,
                        "an output of the result is not what its key says");
    }
    for (size_t i = 0; status == 0 && i < result.output_count; i++) {
        const struct sj_result_output *output = &result.outputs[i];
        if (!output->data && !has_object(intake, &output->key)) {
            status = refuse(intake, MHD_HTTP_CONFLICT, "an object of the result is missing");
        }
    }
    sj_result_release(&result);
    return status;
}

static void store(struct sj_intake *intake, enum sj_blob kind, const struct sj_key *key,
                  const struct sj_key *hash, const struct sj_frame *frame, struct sj_buf *raw)
{
    if (!frame->is_compressed) {
        sj_write_blob(intake->write, kind, key, raw);
        return;
    }
    struct sj_buf stored = SJ_BUF_INIT(frame->len);
    sj_buf_add(&stored, frame->data, frame->len);
    sj_write_frame(intake->write, kind, key, hash, frame->raw_len, &stored);
}

static void store_trail(struct sj_intake *intake, const struct sj_key *weak,
                        const struct sj_buf *raw)
{
    char text[SJ_TRAIL_TEXT_SIZE];
    sj_trail_text(weak, text);
    struct sj_entry_head head = {
        .text = sj_str_of(text),
        .stored_s = (int64_t)(intake->request->start_ns / SJ_NS_PER_S),
    };
    struct sj_buf entry = SJ_BUF_INIT(raw->len + SJ_ENTRY_HEAD_MAX);
    (void)sj_entry_encode(&head, &entry);
    sj_buf_add(&entry, raw->data, raw->len);
    struct sj_key key = sj_key_of(text, strlen(text));
    sj_write_blob(intake->write, SJ_BLOB_ENTRY, &key, &entry);
}

static unsigned add_raw(struct sj_intake *intake, const struct sj_frame *frame, struct sj_buf *raw)
{
    struct sj_key hash = sj_key_of(sj_buf_text(raw), raw->len);
    unsigned status = 0;
    switch (frame->kind) {
    case SJ_FRAME_OBJECT:
        if (!sj_key_eq(&hash, &frame->key)) {
            return refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT, "the key is not of this content");
        }
        note_object(intake, &frame->key);
        store(intake, SJ_BLOB_OBJECT, &frame->key, &hash, frame, raw);
        return 0;
    case SJ_FRAME_RESULT:
        status = check_result(intake, raw);
        if (status == 0) {
            store(intake, SJ_BLOB_RESULT, &frame->key, &hash, frame, raw);
        }
        return status;
    case SJ_FRAME_PATHSET:
        store(intake, SJ_BLOB_PATHSET, &hash, &hash, frame, raw);
        sj_write_link(intake->write, &frame->key, &hash);
        return 0;
    case SJ_FRAME_TRAIL:
        if (raw->len == 0 || raw->len % SJ_TRAIL_PAIR_SIZE != 0 ||
            raw->len > (size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE) {
            return refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT, "a trail is 1 to 64 pairs");
        }
        store_trail(intake, &frame->key, raw);
        return 0;
    }
    return refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT, "there is no such kind");
}

unsigned sj_intake_add(struct sj_intake *intake, const struct sj_frame *frame)
{
    uint64_t max = intake->request->server->config->server.max_entry;
    if (frame->raw_len > max || frame->raw_len < frame->len) {
        return refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT, "the lengths make no sense");
    }
    // Unpacked for as long as it is looked at, and counted for as long as the request lives.
    if (frame->is_compressed && frame->raw_len > intake->held_bytes) {
        if (!sj_request_hold(intake->request, frame->raw_len - intake->held_bytes)) {
            return refuse(intake, MHD_HTTP_SERVICE_UNAVAILABLE, "too many uploads: come again");
        }
        intake->held_bytes = frame->raw_len;
    }
    struct sj_buf raw = SJ_BUF_INIT((size_t)frame->raw_len + 1);
    int status = 0;
    if (frame->is_compressed) {
        status = frame->len < frame->raw_len
                     ? sj_inflate(frame->data, frame->len, frame->raw_len, &raw)
                     : -1;
    } else {
        sj_buf_add(&raw, frame->data, frame->len);
    }
    unsigned refusal = status < 0 ? refuse(intake, MHD_HTTP_UNPROCESSABLE_CONTENT,
                                           "this is no zstd frame of the length given")
                                  : add_raw(intake, frame, &raw);
    sj_buf_release(&raw);
    intake->count += refusal == 0;
    return refusal;
}
