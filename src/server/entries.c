// SPDX-License-Identifier: Apache-2.0
// Values of the clients of other caches: get, head, put, delete.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "server/action_result.h"
#include "server/answer.h"
#include "server/entry.h"
#include "server/inflate.h"

// Values up to this size are sent with the header in one call, from memory; larger ones are sent
// straight from the file.
#define COPY_MAX ((uint32_t)64 << 10)

// The first look at a larger value, which hashes all of it, is a worker's.
#define DEFER_MIN ((uint32_t)4 << 20)

#define TYPE_USUAL "application/octet-stream"

// Heads are rarely larger: so much of a value is looked at before it is sent.
#define HEAD_USUAL 512

#define HEADER_TAG      "x-artifact-tag"
#define HEADER_DURATION "x-artifact-duration"
#define HEADER_SHA      "x-artifact-sha"
#define HEADER_RAW_SIZE "x-digest-sizebytes"

static const unsigned char sha256_of_nothing[32] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

static struct sj_str text_header(const struct sj_request *request, const char *name)
{
    const char *value = sj_request_header(request, name);
    return value ? sj_str_of(value) : (struct sj_str){0};
}

bool sj_entry_is_packed(const struct sj_request *request)
{
    const char *coding = sj_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
    return coding && strcmp(coding, "zstd") == 0;
}

int sj_entry_begin(struct sj_request *request)
{
    struct sj_entry_head head = {
        .text = {request->route.text, request->route.text_len},
        .stored_s = (int64_t)(request->start_ns / SJ_NS_PER_S),
    };
    struct sj_str type = text_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (request->route.resource == SJ_RESOURCE_ENTRY && !sj_str_eq(type, sj_str_of(TYPE_USUAL))) {
        head.type = type;
    }
    if (request->route.protocol == SJ_PROTOCOL_TURBO) {
        const char *duration = sj_request_header(request, HEADER_DURATION);
        head.tag = text_header(request, HEADER_TAG);
        head.sha = text_header(request, HEADER_SHA);
        (void)(duration && sj_parse_u64(duration, UINT32_MAX, &head.duration_ms));
    }
    int status = sj_entry_encode(&head, &request->body);
    request->head_len = request->body.len;
    return status;
}

static void add_headers(const struct sj_request *request, const struct sj_entry_head *head,
                        struct MHD_Response *response)
{
    char text[SJ_ENTRY_HEAD_MAX];
    if (head->type.len > 0) {
        memcpy(text, head->type.data, head->type.len);
        text[head->type.len] = '\0';
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, text);
        // Whoever may store could send a page to a maintainer, whose browser shows his password
        // here by itself: nothing that was stored is run, or taken for something else.
        (void)MHD_add_response_header(response, "Content-Security-Policy", "sandbox");
        (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    } else {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, TYPE_USUAL);
    }
    if (request->route.protocol != SJ_PROTOCOL_TURBO) {
        return;
    }
    if (head->tag.len > 0) {
        memcpy(text, head->tag.data, head->tag.len);
        text[head->tag.len] = '\0';
        (void)MHD_add_response_header(response, HEADER_TAG, text);
    }
    if (head->duration_ms > 0) {
        struct sj_buf number = SJ_BUF_INIT(32);
        sj_buf_addf(&number, "%llu", (unsigned long long)head->duration_ms);
        (void)MHD_add_response_header(response, HEADER_DURATION, sj_buf_text(&number));
        sj_buf_release(&number);
    }
}

static void give(struct sj_request *request, const struct sj_entry_head *head,
                 struct MHD_Response *response, uint64_t size)
{
    if (!response) {
        sj_request_event(request, SJ_EVENT_READ_FAILED);
        return;
    }
    add_headers(request, head, response);
    if (request->must_close) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    sj_request_finish(request, MHD_HTTP_OK, response, size);
}

static bool is_same(const struct sj_request *request, const struct sj_entry_head *head)
{
    return sj_str_eq(head->text, (struct sj_str){request->route.text, request->route.text_len});
}

static void free_base(void *cls)
{
    free(cls);
}

// Small: one read, checked; the answer owns the bytes.
static void give_copy(struct sj_request *request, const struct sj_view *view)
{
    struct sj_buf bytes = SJ_BUF_INIT(COPY_MAX + SJ_ENTRY_HEAD_MAX);
    struct sj_entry_head head = {0};
    int64_t head_len = -EBADMSG;
    int status = sj_view_read(request->shared, view, &bytes);
    if (status == 0) {
        head_len = sj_entry_decode(bytes.data, bytes.len, &head);
    }
    if (status < 0 || head_len < 0 || !is_same(request, &head)) {
        sj_buf_release(&bytes);
        sj_request_event(request, status < 0 ? SJ_EVENT_READ_FAILED : SJ_EVENT_NOT_FOUND);
        return;
    }
    size_t size = bytes.len - (size_t)head_len;
    // The headers are copied by the call before the bytes are given away.
    give(request, &head,
         MHD_create_response_from_buffer_with_free_callback_cls(size, bytes.data + head_len,
                                                                free_base, bytes.data),
         size);
}

// Small, and in memory as it is: what was checked once is sent from where it lies. False: it has to
// be read.
static bool give_shown(struct sj_request *request, struct sj_view *view)
{
    char start[HEAD_USUAL];
    size_t len = view->raw_len < sizeof start ? view->raw_len : sizeof start;
    const char *data;
    struct sj_entry_head head = {0};
    // What is encrypted is read by the program, not by the kernel.
    if (request->server->tls || sj_view_show(request->shared, view, start, len, &data) != 0) {
        return false;
    }
    int64_t head_len = sj_entry_decode(start, len, &head);
    if (head_len < 0 || !is_same(request, &head)) {
        return false;
    }
    size_t size = view->raw_len - (size_t)head_len;
    void *held = sj_view_take(view);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        size, (void *)(uintptr_t)(data + head_len), sj_view_drop, held);
    if (!response) {
        sj_view_drop(held);
    }
    give(request, &head, response, size);
    return true;
}

int64_t sj_entry_peek(const struct sj_view *view, char start[SJ_ENTRY_HEAD_MAX],
                      struct sj_entry_head *out)
{
    size_t want = view->raw_len < SJ_ENTRY_HEAD_MAX ? view->raw_len : SJ_ENTRY_HEAD_MAX;
    ssize_t got = pread(view->fd, start, want, (off_t)sj_view_data_offset(view));
    return got < 0 ? -errno : sj_entry_decode(start, (size_t)got, out);
}

static ssize_t no_content(void *cls, uint64_t position, char *out, size_t max)
{
    (void)cls;
    (void)position;
    (void)out;
    (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

// The head of what has been checked: from memory where it can be, else read.
static int64_t look(const struct sj_request *request, const struct sj_view *view,
                    char start[SJ_ENTRY_HEAD_MAX], struct sj_entry_head *out)
{
    const char *data;
    size_t len = view->raw_len < HEAD_USUAL ? view->raw_len : HEAD_USUAL;
    int status = sj_view_show(request->shared, view, start, len, &data);
    int64_t head_len = status == 0 ? sj_entry_decode(start, len, out) : -EBADMSG;
    if (head_len >= 0) {
        return head_len;
    }
    status = sj_view_check(request->shared, view);
    return status == 0 ? sj_entry_peek(view, start, out) : status < 0 ? status : -EBADMSG;
}

// Large, or the size alone: the head is read here, the value by sendfile() or not at all.
static void give_file(struct sj_request *request, const struct sj_view *view)
{
    char start[SJ_ENTRY_HEAD_MAX];
    struct sj_entry_head head = {0};
    bool is_head = request->method == SJ_METHOD_HEAD;
    int64_t head_len =
        is_head ? sj_entry_peek(view, start, &head) : look(request, view, start, &head);
    if (head_len < 0 && head_len != -EBADMSG) {
        sj_request_event(request, SJ_EVENT_READ_FAILED);
        return;
    }
    if (head_len < 0 || !is_same(request, &head)) {
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return;
    }
    uint64_t size = view->raw_len - (uint64_t)head_len;
    if (is_head) {
        // libmicrohttpd sends the length and never asks for the content.
        give(request, &head, MHD_create_response_from_callback(size, 1, no_content, NULL, NULL),
             size);
        return;
    }
    int fd = dup(view->fd);
    struct MHD_Response *response =
        fd < 0 ? NULL
               : MHD_create_response_from_fd_at_offset64(
                     size, fd, sj_view_data_offset(view) + (uint64_t)head_len);
    if (!response && fd >= 0) {
        (void)close(fd);
    }
    give(request, &head, response, size);
}

static void get_large(struct sj_request *request)
{
    struct sj_view view;
    int status = sj_request_find(request, SJ_BLOB_ENTRY, &request->route.key, &view);
    if (status != 0) {
        sj_request_event(request, status < 0 ? SJ_EVENT_READ_FAILED : SJ_EVENT_NOT_FOUND);
        return;
    }
    struct sj_shared *shared = request->shared; // with the answer the request is gone
    give_file(request, &view);
    sj_view_close(shared, &view);
}

static void get(struct sj_request *request)
{
    if (request->route.resource == SJ_RESOURCE_CAS &&
        memcmp(request->route.sha256, sha256_of_nothing, sizeof sha256_of_nothing) == 0) {
        // Clients name the empty value and never store it.
        sj_request_status(request, MHD_HTTP_OK);
        return;
    }
    struct sj_view view;
    int status = sj_request_find(request, SJ_BLOB_ENTRY, &request->route.key, &view);
    if (status != 0) {
        sj_request_event(request, status < 0 ? SJ_EVENT_READ_FAILED : SJ_EVENT_NOT_FOUND);
        return;
    }
    if (view.stored_len > DEFER_MIN && request->method != SJ_METHOD_HEAD) {
        sj_request_defer(request, get_large);
    } else if (request->method == SJ_METHOD_HEAD || view.stored_len > COPY_MAX) {
        give_file(request, &view);
    } else if (!give_shown(request, &view)) {
        give_copy(request, &view);
    }
    sj_view_close(request->shared, &view);
}

static void stored(struct sj_request *request)
{
    sj_request_event(request, sj_request_write_event(request, request->outcome));
}

static void refuse_content(struct sj_request *request)
{
    sj_metrics_count(request->server->metrics, SJ_COUNT_REJECTED_INVALID);
    sj_request_event(request, SJ_EVENT_INVALID);
}

static void store(struct sj_request *request)
{
    struct sj_write *write = sj_write_new(request->shared, request->route.space);
    // Two may have found nothing there at one time.
    if (request->rule->is_immutable) {
        sj_write_keep(write);
    }
    sj_write_blob(write, SJ_BLOB_ENTRY, &request->route.key, &request->body);
    sj_request_write(request, write, stored);
}

static bool is_right_sha(struct sj_request *request)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    return EVP_DigestFinal_ex(request->sha256, hash, NULL) == 1 &&
           memcmp(hash, request->route.sha256, sizeof request->route.sha256) == 0;
}

// A value that comes compressed is kept as it would have come otherwise.
static void unpack_and_store(struct sj_request *request)
{
    const char *text = sj_request_header(request, HEADER_RAW_SIZE);
    uint64_t raw_len = 0;
    struct sj_buf raw = SJ_BUF_INIT(request->body.limit_bytes);
    sj_buf_add(&raw, request->body.data, request->head_len);
    uint64_t max = request->body.limit_bytes - request->head_len;
    bool is_sized = text && sj_parse_u64(text, max, &raw_len) == 0;
    if (is_sized && !sj_request_hold(request, raw_len)) {
        sj_buf_release(&raw);
        sj_metrics_count(request->server->metrics, SJ_COUNT_REJECTED_BUSY);
        sj_request_event(request, SJ_EVENT_BUSY);
        return;
    }
    int status = is_sized ? sj_inflate(request->body.data + request->head_len,
                                       request->body.len - request->head_len, raw_len, &raw)
                          : -EINVAL;
    request->sha256 = EVP_MD_CTX_new();
    if (status == 0) {
        (void)EVP_DigestInit_ex(request->sha256, EVP_sha256(), NULL);
        (void)EVP_DigestUpdate(request->sha256, raw.data + request->head_len,
                               raw.len - request->head_len);
    }
    if (status < 0 || !is_right_sha(request)) {
        sj_buf_release(&raw);
        refuse_content(request);
        return;
    }
    sj_buf_release(&request->body);
    request->body = raw;
    store(request);
}

// Whether the namespace itself has the entry, and, unless that may be aging, is going to have it
// for a while.
static bool is_there(struct sj_request *request, bool may_be_aging)
{
    struct sj_view view;
    if (sj_shared_find(request->shared, request->route.space, SJ_BLOB_ENTRY, &request->route.key,
                       &view) != 0) {
        return false;
    }
    bool is_good = may_be_aging || !view.is_aging;
    sj_view_close(request->shared, &view);
    return is_good;
}

static void put(struct sj_request *request)
{
    bool is_cas = request->route.resource == SJ_RESOURCE_CAS;
    const char *coding = sj_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
    const char *data = sj_buf_text(&request->body) + request->head_len;
    size_t len = request->body.len - request->head_len;
    if (is_cas && sj_entry_is_packed(request)) {
        sj_request_defer(request, unpack_and_store);
        return;
    }
    if (coding && strcmp(coding, "identity") != 0) {
        // Kept without being understood, it would be given back as something else.
        sj_request_status(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE);
        return;
    }
    if (is_cas && !is_right_sha(request)) {
        refuse_content(request);
        return;
    }
    if (request->rule->validates_ac && request->route.protocol == SJ_PROTOCOL_BAZEL && !is_cas &&
        !sj_is_action_result(data, len)) {
        refuse_content(request);
        return;
    }
    // Content under its own hash need not be written twice.
    bool is_immutable = request->rule->is_immutable;
    if ((is_cas || is_immutable) && is_there(request, is_immutable)) {
        sj_request_event(request, SJ_EVENT_EXISTS);
        return;
    }
    store(request);
}

static void forgotten(struct sj_request *request)
{
    sj_request_status(request,
                      request->outcome < 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_NO_CONTENT);
}

static void delete (struct sj_request *request)
{
    if (!is_there(request, true)) {
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return;
    }
    if (request->rule->is_immutable) {
        sj_request_event(request, SJ_EVENT_FORBIDDEN);
        return;
    }
    struct sj_write *write = sj_write_new(request->shared, request->route.space);
    sj_write_forget(write, SJ_BLOB_ENTRY, &request->route.key);
    sj_request_write(request, write, forgotten);
}

void sj_handle_entry(struct sj_request *request)
{
    switch (request->method) {
    case SJ_METHOD_PUT:
        put(request);
        return;
    case SJ_METHOD_DELETE:
        delete (request);
        return;
    case SJ_METHOD_OPTIONS:
        sj_answer_options(request);
        return;
    case SJ_METHOD_PROPFIND:
        sj_handle_collection(request);
        return;
    case SJ_METHOD_GET:
    case SJ_METHOD_HEAD:
        get(request);
        return;
    case SJ_METHOD_POST:
    case SJ_METHOD_MKCOL:
        break;
    }
    sj_request_status(request, MHD_HTTP_METHOD_NOT_ALLOWED);
}
