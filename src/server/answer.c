// SPDX-License-Identifier: Apache-2.0
#include "server/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "server/protocol.h"

// Answers of this size are not counted as memory.
#define FREE_SIZE ((uint64_t)64 << 10)

struct sj_answers {
    // By protocol and event; whether the connection is closed afterwards.
    struct MHD_Response *event[SJ_PROTOCOL_COUNT][SJ_EVENT_COUNT][2];
    struct MHD_Response *empty[2];
};

static struct MHD_Response *make_static(const char *text, const char *type, bool must_close)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (!response) {
        sj_oom();
    }
    if (*text) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    if (must_close) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    return response;
}

static struct MHD_Response *make_event(enum sj_protocol protocol, enum sj_event event,
                                       bool must_close)
{
    const char *type = "text/plain";
    const char *body = sj_protocol_body(protocol, event, &type);
    struct MHD_Response *response = make_static(body, type, must_close);
    if (event == SJ_EVENT_UNAUTHENTICATED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                      "Basic realm=\"scrubjay\"");
    }
    if (sj_protocol_status(protocol, event) == MHD_HTTP_SERVICE_UNAVAILABLE) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
    return response;
}

struct sj_answers *sj_answers_new(void)
{
    struct sj_answers *answers = sj_new(struct sj_answers);
    for (int closes = 0; closes < 2; closes++) {
        answers->empty[closes] = make_static("", NULL, closes);
        for (int protocol = 0; protocol < SJ_PROTOCOL_COUNT; protocol++) {
            for (int event = 0; event < SJ_EVENT_COUNT; event++) {
                answers->event[protocol][event][closes] =
                    make_event((enum sj_protocol)protocol, (enum sj_event)event, closes);
            }
        }
    }
    return answers;
}

void sj_answers_free(struct sj_answers *answers)
{
    if (!answers) {
        return;
    }
    for (int closes = 0; closes < 2; closes++) {
        MHD_destroy_response(answers->empty[closes]);
        for (int protocol = 0; protocol < SJ_PROTOCOL_COUNT; protocol++) {
            for (int event = 0; event < SJ_EVENT_COUNT; event++) {
                MHD_destroy_response(answers->event[protocol][event][closes]);
            }
        }
    }
    free(answers);
}

void sj_request_finish(struct sj_request *request, unsigned status, struct MHD_Response *response,
                       uint64_t size)
{
    _Atomic uint64_t *working = &request->server->cells[request->cell].working;
    bool was_working = request->is_working;
    request->status = status;
    request->sent_bytes = size;
    request->response = response;
    request->is_working = false;
    if (request->is_suspended) {
        MHD_resume_connection(request->connection);
    }
    // Last: when nobody works any more, the server ends.
    if (was_working) {
        (void)atomic_fetch_sub(working, 1);
    }
}

void sj_request_event(struct sj_request *request, enum sj_event event)
{
    enum sj_protocol protocol = request->route.protocol;
    const char *type;
    request->is_shared_response = true;
    sj_request_finish(request, sj_protocol_status(protocol, event),
                      request->server->answers->event[protocol][event][request->must_close],
                      strlen(sj_protocol_body(protocol, event, &type)));
}

void sj_request_status(struct sj_request *request, unsigned status)
{
    request->is_shared_response = true;
    sj_request_finish(request, status, request->server->answers->empty[request->must_close], 0);
}

static void free_bytes(void *cls)
{
    free(cls);
}

struct MHD_Response *sj_answer_bytes(struct sj_buf *body, const char *type)
{
    size_t len = body->len;
    char *data = body->data;
    *body = (struct sj_buf){.limit_bytes = body->limit_bytes};
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(len, data, free_bytes, data);
    if (!response) {
        sj_oom();
    }
    if (type) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    return response;
}

void sj_request_bytes(struct sj_request *request, unsigned status, const char *type,
                      struct sj_buf *body)
{
    uint64_t size = body->len;
    // Whoever asks for much and reads nothing keeps it here.
    if (size > FREE_SIZE && !sj_request_hold(request, size)) {
        sj_buf_release(body);
        sj_request_event(request, SJ_EVENT_BUSY);
        return;
    }
    struct MHD_Response *response = sj_answer_bytes(body, type);
    if (request->must_close) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    sj_request_finish(request, status, response, size);
}

void sj_request_error(struct sj_request *request, unsigned status, const char *code,
                      const char *message)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_json json = sj_json_of(&body);
    sj_json_open(&json, NULL, '{');
    sj_json_open(&json, "error", '{');
    sj_json_str(&json, "code", code);
    sj_json_str(&json, "message", message);
    sj_json_close(&json, '}');
    sj_json_close(&json, '}');
    sj_buf_addc(&body, '\n');
    sj_request_bytes(request, status, "application/json", &body);
}

static void work(void *user)
{
    struct sj_request *request = user;
    request->after(request);
}

void sj_request_defer_to(struct sj_request *request, struct sj_worker *worker, sj_handler *handler)
{
    request->is_suspended = true;
    request->after = handler;
    MHD_suspend_connection(request->connection);
    sj_worker_do(worker, work, request);
}

void sj_request_defer(struct sj_request *request, sj_handler *handler)
{
    sj_request_defer_to(request, request->server->worker, handler);
}

static void written(int status, void *user)
{
    struct sj_request *request = user;
    request->outcome = status;
    request->after(request);
}

void sj_request_write(struct sj_request *request, struct sj_write *write, sj_handler *done)
{
    if (!request->is_suspended) {
        request->is_suspended = true;
        MHD_suspend_connection(request->connection);
    }
    request->after = done;
    sj_write_limit(write, request->rule->quota);
    int status = sj_write_submit(write, written, request);
    if (status < 0) {
        sj_write_free(write);
        written(status, request);
    }
}

enum sj_event sj_request_write_event(struct sj_request *request, int status)
{
    struct sj_metrics *metrics = request->server->metrics;
    switch (status) {
    case 0:
        return SJ_EVENT_STORED;
    case -EAGAIN:
        sj_metrics_count(metrics, SJ_COUNT_REJECTED_BUSY);
        return SJ_EVENT_BUSY;
    case -EFBIG:
        sj_metrics_count(metrics, SJ_COUNT_REJECTED_SIZE);
        return SJ_EVENT_TOO_LARGE;
    case -EDQUOT:
        sj_metrics_count(metrics, SJ_COUNT_REJECTED_QUOTA);
        return SJ_EVENT_FULL;
    case -ENOSPC:
        sj_metrics_count(metrics, SJ_COUNT_REJECTED_FULL);
        return SJ_EVENT_FULL;
    default:
        return SJ_EVENT_BUSY;
    }
}

int sj_request_find(struct sj_request *request, enum sj_blob kind, const struct sj_key *key,
                    struct sj_view *out)
{
    struct sj_str chain[SJ_OVERLAY_MAX];
    size_t count = sj_space_chain(&request->rules->spaces, request->route.space, chain);
    int status = SJ_STORE_MISS;
    for (size_t i = 0; status == SJ_STORE_MISS && i < count; i++) {
        status = sj_shared_find(request->shared, chain[i], kind, key, out);
    }
    return status;
}
