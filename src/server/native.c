// SPDX-License-Identifier: Apache-2.0
// The native interface: single values and many. docs/http-api.md has it.
#include <string.h>

#include "base/parse.h"
#include "server/answer.h"
#include "server/entry.h"
#include "server/intake.h"
#include "server/outgo.h"

#define HEADER_SIZE "X-Scrubjay-Size"

static enum sj_frame_kind kind_of(const struct sj_request *request)
{
    static const enum sj_frame_kind kinds[SJ_RESOURCE_COUNT] = {
        [SJ_RESOURCE_OBJECT] = SJ_FRAME_OBJECT,
        [SJ_RESOURCE_RESULT] = SJ_FRAME_RESULT,
        [SJ_RESOURCE_PATHSET] = SJ_FRAME_PATHSET,
        [SJ_RESOURCE_TRAIL] = SJ_FRAME_TRAIL,
    };
    return kinds[request->route.resource];
}

static void refuse_value(struct sj_request *request, unsigned status, const char *problem)
{
    bool is_busy = status == MHD_HTTP_SERVICE_UNAVAILABLE;
    sj_metrics_count(request->server->metrics,
                     is_busy ? SJ_COUNT_REJECTED_BUSY : SJ_COUNT_REJECTED_INVALID);
    sj_request_error(request, status,
                     is_busy                       ? "busy"
                     : status == MHD_HTTP_CONFLICT ? "missing"
                                                   : "invalid",
                     problem);
}

static void stored(struct sj_request *request)
{
    sj_request_event(request, sj_request_write_event(request, request->outcome));
}

static void stored_many(struct sj_request *request)
{
    if (request->outcome < 0) {
        stored(request);
        return;
    }
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&body, "{\"stored\":%zu}\n", request->frame_count);
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

// Store what was taken in, or say why not.
static void settle(struct sj_intake *intake, unsigned refusal, sj_handler *done)
{
    struct sj_request *request = intake->request;
    if (refusal != 0) {
        const char *problem = intake->problem;
        sj_intake_release(intake);
        refuse_value(request, refusal, problem);
        return;
    }
    request->frame_count = intake->count;
    struct sj_write *write = sj_steal(intake->write);
    sj_intake_release(intake);
    sj_request_write(request, write, done);
}

static void put_value(struct sj_request *request)
{
    const char *coding = sj_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
    const char *size = sj_request_header(request, HEADER_SIZE);
    uint64_t raw_len = request->body.len;
    bool is_zstd = coding && strcmp(coding, "zstd") == 0;
    if ((coding && !is_zstd) ||
        (is_zstd && (!size || sj_parse_u64(size, UINT32_MAX, &raw_len) < 0))) {
        sj_request_error(request, MHD_HTTP_BAD_REQUEST, "bad_request",
                         "a zstd frame needs " HEADER_SIZE ", and no other coding is known");
        return;
    }
    const struct sj_frame frame = {
        .kind = kind_of(request),
        .is_compressed = is_zstd,
        .raw_len = (uint32_t)raw_len,
        .key = request->route.key,
        .data = sj_buf_text(&request->body),
        .len = (uint32_t)request->body.len,
    };
    struct sj_intake intake = sj_intake_of(request);
    settle(&intake, sj_intake_add(&intake, &frame), stored);
}

static bool accepts_zstd(const struct sj_request *request)
{
    const char *accepted = sj_request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return accepted && strstr(accepted, "zstd");
}

static void give_blob(struct sj_request *request, enum sj_blob kind)
{
    struct sj_view view;
    struct sj_buf body = SJ_BUF_INIT((size_t)UINT32_MAX);
    int status = sj_request_find(request, kind, &request->route.key, &view);
    if (status != 0) {
        sj_request_event(request, status < 0 ? SJ_EVENT_READ_FAILED : SJ_EVENT_NOT_FOUND);
        return;
    }
    bool is_zstd = sj_view_is_compressed(&view) && accepts_zstd(request);
    if (!sj_request_hold(request, is_zstd ? view.stored_len : view.raw_len)) {
        sj_view_close(request->shared, &view);
        sj_request_event(request, SJ_EVENT_BUSY);
        return;
    }
    status = is_zstd ? sj_view_read_stored(request->shared, &view, &body)
                     : sj_view_read(request->shared, &view, &body);
    uint32_t raw_len = view.raw_len;
    sj_view_close(request->shared, &view);
    if (status != 0) {
        sj_request_event(request, status < 0 ? SJ_EVENT_READ_FAILED : SJ_EVENT_NOT_FOUND);
        return;
    }
    uint64_t size = body.len;
    struct MHD_Response *response = sj_answer_bytes(&body, "application/octet-stream");
    if (is_zstd) {
        struct sj_buf number = SJ_BUF_INIT(32);
        sj_buf_addf(&number, "%u", raw_len);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "zstd");
        (void)MHD_add_response_header(response, HEADER_SIZE, sj_buf_text(&number));
        sj_buf_release(&number);
    }
    sj_request_finish(request, MHD_HTTP_OK, response, size);
}

static void give_object(struct sj_request *request)
{
    give_blob(request, SJ_BLOB_OBJECT);
}

static void give_result(struct sj_request *request)
{
    give_blob(request, SJ_BLOB_RESULT);
}

static void give_frames(struct sj_request *request)
{
    struct sj_outgo outgo = sj_outgo_of(request);
    sj_outgo_add(&outgo, kind_of(request), &request->route.key);
    struct sj_buf body = outgo.frames;
    outgo.frames = (struct sj_buf){0};
    sj_outgo_release(&outgo);
    if (body.len == 0) {
        sj_buf_release(&body);
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return;
    }
    sj_request_bytes(request, MHD_HTTP_OK, "application/octet-stream", &body);
}

static void give_trail(struct sj_request *request)
{
    struct sj_buf pairs = SJ_BUF_INIT((size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE);
    if (!sj_outgo_trail(request, &request->route.key, &pairs)) {
        sj_buf_release(&pairs);
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return;
    }
    sj_request_bytes(request, MHD_HTTP_OK, "application/octet-stream", &pairs);
}

static void get_or_put(struct sj_request *request, sj_handler *get)
{
    sj_request_defer(request, request->method == SJ_METHOD_PUT ? put_value : get);
}

void sj_handle_object(struct sj_request *request)
{
    get_or_put(request, give_object);
}

void sj_handle_result(struct sj_request *request)
{
    get_or_put(request, give_result);
}

void sj_handle_pathset(struct sj_request *request)
{
    get_or_put(request, give_frames);
}

void sj_handle_trail(struct sj_request *request)
{
    get_or_put(request, give_trail);
}

static void batch(struct sj_request *request)
{
    struct sj_reader reader = sj_reader_of(sj_buf_text(&request->body), request->body.len);
    struct sj_outgo outgo = sj_outgo_of(request);
    enum sj_frame_kind kind;
    struct sj_key key;
    int status = 0;
    while ((status = sj_name_next(&reader, &kind, &key)) == 0) {
        size_t len = outgo.frames.len;
        sj_outgo_add(&outgo, kind, &key);
        // Trails are hints: nobody misses one.
        bool is_found = outgo.frames.len > len;
        request->found += is_found && kind != SJ_FRAME_TRAIL;
        request->missed += !is_found && kind != SJ_FRAME_TRAIL;
    }
    if (status < 0) {
        sj_outgo_release(&outgo);
        sj_request_error(request, MHD_HTTP_BAD_REQUEST, "bad_request",
                         "a name is a kind and 16 bytes of key");
        return;
    }
    struct sj_buf body = outgo.frames;
    outgo.frames = (struct sj_buf){0};
    sj_outgo_release(&outgo);
    sj_request_bytes(request, MHD_HTTP_OK, "application/octet-stream", &body);
}

void sj_handle_batch(struct sj_request *request)
{
    sj_request_defer(request, batch);
}

static void upload(struct sj_request *request)
{
    struct sj_reader reader = sj_reader_of(sj_buf_text(&request->body), request->body.len);
    struct sj_intake intake = sj_intake_of(request);
    struct sj_frame frame;
    unsigned refusal = 0;
    int status = 0;
    while (refusal == 0 && (status = sj_frame_next(&reader, &frame)) == 0) {
        refusal = sj_intake_add(&intake, &frame);
        // Each takes memory and time beside its bytes.
        if (refusal == 0 && intake.count > SJ_UPLOAD_COUNT_MAX) {
            intake.problem = "more values than one upload may hold";
            refusal = MHD_HTTP_UNPROCESSABLE_CONTENT;
        }
    }
    if (status < 0) {
        intake.problem = "this is no sequence of frames";
        refusal = MHD_HTTP_UNPROCESSABLE_CONTENT;
    }
    settle(&intake, refusal, stored_many);
}

void sj_handle_upload(struct sj_request *request)
{
    sj_request_defer(request, upload);
}
