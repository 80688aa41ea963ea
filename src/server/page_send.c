// SPDX-License-Identifier: Apache-2.0
#include "server/page_send.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/mem.h"
#include "key/key.h"
#include "server/answer.h"

#define GZIP_MIN   1024 // bytes of a body that is worth it
#define GZIP_LEVEL 6
#define GZIP_BITS  (MAX_WBITS + 16) // of zlib: with gzip's head
#define STEP       ((size_t)64 << 10)
#define HOLD_MIN   ((uint64_t)64 << 10)

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

bool sj_takes_gzip(const char *header)
{
    for (const char *at = header ? header : ""; *at;) {
        at += strspn(at, " \t,");
        size_t len = strcspn(at, ",");
        size_t name = strcspn(at, " \t,;");
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0) {
            // "gzip;q=0" and "gzip;q=0.000" say no.
            const char *quality = memchr(at, '=', len);
            return !quality || strspn(quality + 1, "0.") != len - (size_t)(quality + 1 - at);
        }
        at += len;
    }
    return false;
}

// Runs zlib over all input. `run` is deflate() or inflate().
static int run_all(z_stream *stream, int (*run)(z_stream *, int), int flush, struct sj_buf *out)
{
    int status = Z_OK;
    while (status == Z_OK) {
        size_t room = out->limit_bytes - out->len < STEP ? out->limit_bytes - out->len : STEP;
        char *at = room > 0 ? sj_buf_reserve(out, room) : NULL;
        if (!at) {
            return -EFBIG;
        }
        stream->next_out = (Bytef *)at;
        stream->avail_out = (uInt)room;
        status = run(stream, flush);
        out->len += room - stream->avail_out;
    }
    return status == Z_STREAM_END ? 0 : -EBADMSG;
}

static int begin(z_stream *stream, const void *data, size_t len)
{
    if (len > UINT_MAX) {
        return -EFBIG;
    }
    *stream = (z_stream){
        .next_in = (z_const Bytef *)(uintptr_t)data, // it only reads
        .avail_in = (uInt)len,
    };
    return 0;
}

int sj_gzip(const void *data, size_t len, struct sj_buf *out)
{
    z_stream stream;
    int status = begin(&stream, data, len);
    if (status < 0) {
        return status;
    }
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        sj_oom();
    }
    status = run_all(&stream, deflate, Z_FINISH, out);
    (void)deflateEnd(&stream);
    return status;
}

int sj_gunzip(const void *data, size_t len, struct sj_buf *out)
{
    z_stream stream;
    int status = begin(&stream, data, len);
    if (status < 0) {
        return status;
    }
    if (inflateInit2(&stream, GZIP_BITS) != Z_OK) {
        sj_oom();
    }
    status = run_all(&stream, inflate, Z_NO_FLUSH, out);
    (void)inflateEnd(&stream);
    return status;
}

// Makes the body what the client takes.
static void fit_body(struct sj_page_answer *answer, bool takes_gzip)
{
    const void *data = answer->still ? answer->still : answer->body.data;
    size_t len = answer->still ? answer->still_len : answer->body.len;
    struct sj_buf other = SJ_BUF_INIT(SJ_PAGE_BODY_MAX);
    int status = -EINVAL;
    if (answer->is_gzip && !takes_gzip) {
        status = sj_gunzip(data, len, &other);
    } else if (!answer->is_gzip && takes_gzip && len > GZIP_MIN) {
        // What is secret in a page is sent to its reader alone: the cookie does not come with what
        // other sites ask for, so that none of them can measure what it compresses to.
        status = sj_gzip(data, len, &other);
    }
    if (status < 0) {
        sj_buf_release(&other);
        return;
    }
    sj_buf_release(&answer->body);
    answer->body = other;
    answer->still = NULL;
    answer->is_gzip = !answer->is_gzip;
}

static bool has_etag(const struct sj_request *request, const char *etag)
{
    const char *header = sj_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    const char *plain = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
    return header && (strcmp(header, "*") == 0 || strstr(header, plain));
}

static void find_etag(struct sj_page_answer *answer)
{
    if (!answer->etag[0] && !answer->still && answer->body.len > 0) {
        struct sj_key key = sj_key_of(answer->body.data, answer->body.len);
        char hex[SJ_KEY_HEX_SIZE];
        sj_key_hex(&key, hex);
        (void)snprintf(answer->etag, sizeof answer->etag, "W/\"%s\"", hex);
    }
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void add_headers(struct MHD_Response *response, const struct sj_page_answer *answer,
                        const struct sj_page_sending *sending)
{
    const char *cache = "no-cache";
    if (answer->is_immutable && answer->status == MHD_HTTP_OK) {
        cache = "public, max-age=31536000, immutable";
    } else if (sending->is_private || answer->status >= MHD_HTTP_BAD_REQUEST) {
        cache = "no-store";
    }
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    add(response, "Content-Security-Policy", policy);
    add(response, "Cross-Origin-Opener-Policy", "same-origin");
    add(response, "Referrer-Policy", "same-origin");
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, MHD_HTTP_HEADER_VARY,
        answer->is_immutable ? "Accept-Encoding"
                             : "Accept, Accept-Encoding, Authorization, Cookie");
    if (answer->etag[0]) {
        add(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    }
    if (answer->location[0]) {
        add(response, MHD_HTTP_HEADER_LOCATION, answer->location);
    }
    if (sending->set_cookie) {
        add(response, MHD_HTTP_HEADER_SET_COOKIE, sending->set_cookie);
    }
    if (sending->refresh) {
        add(response, "Refresh", sending->refresh);
    }
    if (answer->status == MHD_HTTP_UNAUTHORIZED) {
        // Not Basic: browsers would ask for a user's name and a password before they show the form.
        add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"scrubjay\"");
    }
    if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        add(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        add(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
}

static struct MHD_Response *make_response(struct sj_page_answer *answer, uint64_t *size)
{
    if (!answer->still) {
        *size = answer->body.len;
        return sj_answer_bytes(&answer->body, answer->type);
    }
    *size = answer->still_len;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->still_len, (void *)(uintptr_t)answer->still, MHD_RESPMEM_PERSISTENT);
    if (!response) {
        sj_oom();
    }
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    return response;
}

void sj_page_send(struct sj_request *request, struct sj_page_answer *answer,
                  const struct sj_page_sending *sending)
{
    find_etag(answer);
    if (answer->status == MHD_HTTP_OK && answer->etag[0] && has_etag(request, answer->etag)) {
        answer->status = MHD_HTTP_NOT_MODIFIED;
        sj_buf_release(&answer->body);
        answer->still = NULL;
        answer->is_gzip = false;
        answer->type = NULL;
    }
    fit_body(answer, sending->takes_gzip);
    uint64_t size;
    uint64_t held = answer->still ? 0 : answer->body.len;
    // Whoever asks for much and reads nothing keeps it here.
    if (held > HOLD_MIN && !sj_request_hold(request, held)) {
        sj_buf_release(&answer->body);
        sj_request_event(request, SJ_EVENT_BUSY);
        return;
    }
    struct MHD_Response *response = make_response(answer, &size);
    add_headers(response, answer, sending);
    if (answer->is_gzip && size > 0) {
        add(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    }
    if (request->must_close) {
        add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    sj_request_finish(request, answer->status, response, size);
}
