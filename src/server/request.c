// SPDX-License-Identifier: Apache-2.0
#include "server/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/answer.h"

// Parts of a body are added without growing when its length is known and no larger than this; what
// is larger has to arrive before it takes memory.
#define RESERVE_MAX ((size_t)1 << 20)

// Most bytes of a refused body that are read to its end.
#define DISCARD_MAX ((uint64_t)1 << 30)

static sj_handler *const handlers[SJ_RESOURCE_COUNT] = {
    [SJ_RESOURCE_HEALTHZ] = sj_handle_healthz,
    [SJ_RESOURCE_READYZ] = sj_handle_readyz,
    [SJ_RESOURCE_STATUS] = sj_handle_status,
    [SJ_RESOURCE_METRICS] = sj_handle_metrics,
    [SJ_RESOURCE_ENTRY] = sj_handle_entry,
    [SJ_RESOURCE_CAS] = sj_handle_entry,
    [SJ_RESOURCE_COLLECTION] = sj_handle_collection,
    [SJ_RESOURCE_TURBO_STATUS] = sj_handle_turbo_status,
    [SJ_RESOURCE_TURBO_EVENTS] = sj_handle_turbo_events,
    [SJ_RESOURCE_TURBO_QUERY] = sj_handle_turbo_query,
    [SJ_RESOURCE_TURBO_USER] = sj_handle_turbo_user,
    [SJ_RESOURCE_SPACE] = sj_handle_space,
    [SJ_RESOURCE_OBJECT] = sj_handle_object,
    [SJ_RESOURCE_RESULT] = sj_handle_result,
    [SJ_RESOURCE_PATHSET] = sj_handle_pathset,
    [SJ_RESOURCE_TRAIL] = sj_handle_trail,
    [SJ_RESOURCE_RECORD] = sj_handle_record,
    [SJ_RESOURCE_BATCH] = sj_handle_batch,
    [SJ_RESOURCE_UPLOAD] = sj_handle_upload,
    [SJ_RESOURCE_FETCH] = sj_handle_fetch,
    [SJ_RESOURCE_PUSH] = sj_handle_push,
    [SJ_RESOURCE_PAGE] = sj_handle_page,
    [SJ_RESOURCE_HOME] = sj_handle_page,
};

const char *sj_request_header(const struct sj_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

// All but its texts is zeroed: they are most of it, and written before they are read.
static struct sj_request *new_request(struct sj_server *server)
{
    struct sj_request *request = sj_realloc(NULL, 1, sizeof *request);
    memset(request, 0, offsetof(struct sj_request, route) + offsetof(struct sj_route, text));
    request->route.text[0] = '\0';
    request->server = server;
    request->cell = (unsigned)sched_getcpu() % SJ_CELLS;
    (void)atomic_fetch_add(&server->cells[request->cell].requests, 1);
    return request;
}

uint64_t sj_server_requests(const struct sj_server *server)
{
    uint64_t sum = 0;
    for (int i = 0; i < SJ_CELLS; i++) {
        sum += atomic_load(&server->cells[i].requests);
    }
    return sum;
}

uint64_t sj_server_working(const struct sj_server *server)
{
    uint64_t sum = 0;
    for (int i = 0; i < SJ_CELLS; i++) {
        sum += atomic_load(&server->cells[i].working);
    }
    return sum;
}

// Called with the request line, before anything is parsed: the only look at the raw target.
static void *begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct sj_daemon *daemon = cls;
    struct sj_request *request = new_request(daemon->server);
    request->connection = connection;
    request->start_ns = sj_clock_ns(CLOCK_REALTIME_COARSE);
    request->start_mono_ns = sj_clock_ns(CLOCK_MONOTONIC);
    request->target_len = strlen(target);
    size_t len = request->target_len <= SJ_TARGET_MAX ? request->target_len : SJ_TARGET_MAX + 1;
    memcpy(request->target, target, len);
    request->target[len] = '\0';
    return request;
}

static void describe_address(struct sj_request *request, char *out, size_t len)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    const char *text = NULL;
    if (address && address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        text = inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)len);
    } else if (address && address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        text = inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)len);
    }
    if (!text) {
        memcpy(out, "unix", sizeof "unix");
    }
}

// A value was asked for by its name.
static bool is_lookup(const struct sj_request *request)
{
    static const bool has_values[SJ_RESOURCE_COUNT] = {
        [SJ_RESOURCE_ENTRY] = true,  [SJ_RESOURCE_CAS] = true,     [SJ_RESOURCE_OBJECT] = true,
        [SJ_RESOURCE_RESULT] = true, [SJ_RESOURCE_PATHSET] = true,
    };
    return request->method == SJ_METHOD_GET && has_values[request->route.resource];
}

static void note_end(struct sj_request *request)
{
    struct sj_server *server = request->server;
    char address[INET6_ADDRSTRLEN] = "";
    struct sj_request_note note = {
        .protocol = request->route.protocol,
        .method = request->method,
        .method_name = request->method_name ? request->method_name : "-",
        .target = request->target,
        .space = request->route.space,
        .address = address,
        .token = request->grant.id,
        .is_lookup = is_lookup(request),
        .found = request->found,
        .missed = request->missed,
        .status = request->status,
        .start_ns = request->start_ns,
        .wall_ns = sj_clock_ns(CLOCK_MONOTONIC) - request->start_mono_ns,
        .received_bytes = request->received_bytes,
        .sent_bytes = request->method == SJ_METHOD_HEAD ? 0 : request->sent_bytes,
    };
    sj_metrics_note(server->metrics, &note);
    if (server->log) {
        describe_address(request, address, sizeof address);
        note.agent = sj_request_header(request, MHD_HTTP_HEADER_USER_AGENT);
        note.referer = sj_request_header(request, MHD_HTTP_HEADER_REFERER);
        sj_access_log_note(server->log, &note);
    }
}

static void end(void *cls, struct MHD_Connection *connection, void **con_cls,
                enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    struct sj_request *request = *con_cls;
    if (!request) {
        return;
    }
    struct sj_server *server = request->server;
    (void)code;
    note_end(request);
    if (request->peer) {
        sj_deadline_enter(server->deadlines, request->peer->deadline, SJ_PHASE_HEADER, 0);
    }
    if (request->response && !request->is_shared_response) {
        MHD_destroy_response(request->response);
    }
    sj_rules_unref(server->access, request->rules);
    if (request->held_bytes > 0) {
        (void)atomic_fetch_sub(&server->upload_bytes, request->held_bytes);
    }
    EVP_MD_CTX_free(request->sha256);
    sj_buf_release(&request->body);
    if (server->is_agent) {
        atomic_store_explicit(&server->last_request_ms, sj_now_ms(), memory_order_relaxed);
    }
    unsigned cell = request->cell;
    free(request);
    *con_cls = NULL;
    (void)atomic_fetch_sub(&server->cells[cell].requests, 1);
}

static void notify(void *cls, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code)
{
    struct sj_daemon *daemon = cls;
    struct sj_server *server = daemon->server;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct sj_peer *peer = sj_new(struct sj_peer);
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        peer->daemon = daemon;
        peer->deadline = sj_deadline_begin(server->deadlines, info->connect_fd);
        *socket_context = peer;
        (void)atomic_fetch_add(&server->connections, 1);
        sj_metrics_count(server->metrics, SJ_COUNT_CONNECTIONS);
        return;
    }
    struct sj_peer *peer = *socket_context;
    if (peer) {
        sj_deadline_end(server->deadlines, peer->deadline);
        free(peer);
        *socket_context = NULL;
        (void)atomic_fetch_sub(&server->connections, 1);
    }
}

// Nothing is decoded: the grammar refuses what would have to be.
static size_t keep_raw(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

size_t sj_request_options(struct sj_daemon *daemon, struct MHD_OptionItem *options)
{
    options[0] = (struct MHD_OptionItem){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)begin, daemon};
    options[1] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)end, daemon};
    options[2] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)notify, daemon};
    options[3] = (struct MHD_OptionItem){MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_raw, NULL};
    return 4;
}

static enum MHD_Result queue(struct sj_request *request)
{
    struct MHD_Response *response = sj_steal(request->response);
    struct sj_server *server = request->server;
    sj_deadline_enter(server->deadlines, request->peer->deadline, SJ_PHASE_ANSWER,
                      request->sent_bytes);
    enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
    if (!request->is_shared_response) {
        MHD_destroy_response(response);
    }
    return result;
}

bool sj_request_hold(struct sj_request *request, uint64_t bytes)
{
    struct sj_server *server = request->server;
    uint64_t all = atomic_fetch_add(&server->upload_bytes, bytes) + bytes;
    if (all > server->config->server.max_upload_memory) {
        (void)atomic_fetch_sub(&server->upload_bytes, bytes);
        return false;
    }
    request->held_bytes += bytes;
    return true;
}

// What is refused in the middle of a body is answered at its end: libmicrohttpd cannot before.
static void refuse(struct sj_request *request, enum sj_event event)
{
    request->refusal = event;
    request->is_discarded = true;
    sj_buf_release(&request->body);
    (void)atomic_fetch_sub(&request->server->upload_bytes, request->held_bytes);
    request->held_bytes = 0;
}

// Have room for `need` bytes of the body, which its limit allows. False: uploads have taken all
// memory that they may.
static bool make_room(struct sj_request *request, size_t need)
{
    struct sj_buf *body = &request->body;
    if (need < body->size) {
        return true;
    }
    size_t want = 2 * body->size > need ? 2 * body->size - 1 : need;
    if (request->body_len && request->body_len <= RESERVE_MAX) {
        want = request->head_len + (size_t)request->body_len;
    }
    want = want < body->limit_bytes ? want : body->limit_bytes;
    if (!sj_request_hold(request, want + 1 - body->size)) {
        return false;
    }
    (void)sj_buf_reserve(body, want - body->len);
    // The buffer may have taken more; it is there now, and counts.
    uint64_t more = body->size > want + 1 ? body->size - want - 1 : 0;
    (void)atomic_fetch_add(&request->server->upload_bytes, more);
    request->held_bytes += more;
    return true;
}

// False: there is no end to it.
static bool take(struct sj_request *request, const char *data, size_t len)
{
    request->received_bytes += len;
    if (request->is_discarded) {
        return request->received_bytes <= DISCARD_MAX;
    }
    if (len > request->body.limit_bytes - request->body.len) {
        refuse(request, SJ_EVENT_TOO_LARGE);
        return true;
    }
    if (!make_room(request, request->body.len + len)) {
        refuse(request, SJ_EVENT_BUSY);
        return true;
    }
    sj_buf_add(&request->body, data, len);
    if (request->sha256) {
        (void)EVP_DigestUpdate(request->sha256, data, len);
    }
    return true;
}

// False: the server ends, and what handlers work with may be gone already.
static bool process(struct sj_request *request)
{
    struct sj_server *server = request->server;
    sj_deadline_enter(server->deadlines, request->peer->deadline, SJ_PHASE_WORK, 0);
    if (request->refusal != SJ_EVENT_FOUND) {
        sj_request_event(request, request->refusal);
        return true;
    }
    // Counted first, then looked: whoever ends the server does it the other way round.
    _Atomic uint64_t *working = &server->cells[request->cell].working;
    (void)atomic_fetch_add(working, 1);
    if (atomic_load(&server->is_ending)) {
        (void)atomic_fetch_sub(working, 1);
        return false;
    }
    request->is_working = true;
    handlers[request->route.resource](request);
    return true;
}

static bool has_body(const struct sj_request *request)
{
    return request->method & (SJ_METHOD_PUT | SJ_METHOD_POST | SJ_METHOD_PROPFIND);
}

// Whether a refusal is answered before the end of its request, which closes the connection. While a
// client still sends, that resets it, and it may never read the answer: so what it sends is read
// and thrown away, unless it is malformed, too much, or waits to be told to send it.
static bool must_answer_now(struct sj_request *request)
{
    const char *expects = sj_request_header(request, MHD_HTTP_HEADER_EXPECT);
    request->is_discarded = true;
    return request->must_close ||
           (has_body(request) && (expects || request->body_len > DISCARD_MAX));
}

// ccache sends a header, then the body, and its kernel keeps the body back until the header is
// acknowledged, which ours puts off for 40 ms once a connection has been answered. Now means now.
static void acknowledge_header(struct MHD_Connection *connection)
{
    const int on = 1;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

enum MHD_Result sj_request_step(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload_data,
                                size_t *upload_data_size, void **con_cls)
{
    (void)cls;
    (void)url;
    struct sj_request *request = *con_cls;
    if (!request) {
        return MHD_NO;
    }
    if (!request->is_started) {
        request->is_started = true;
        request->method_name = method;
        request->peer =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        if (!sj_request_admit(request, version) && must_answer_now(request)) {
            return queue(request);
        }
        if (has_body(request)) {
            acknowledge_header(connection);
            sj_deadline_enter(request->server->deadlines, request->peer->deadline, SJ_PHASE_BODY,
                              request->body_len);
        }
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        if (!take(request, upload_data, *upload_data_size)) {
            return MHD_NO;
        }
        *upload_data_size = 0;
        if (request->body_len == 0) {
            // Of unknown length: the more has come, the longer it may have taken.
            sj_deadline_enter(request->server->deadlines, request->peer->deadline, SJ_PHASE_BODY,
                              request->received_bytes);
        }
        return MHD_YES;
    }
    if (request->response) {
        return queue(request); // refused, or suspended and finished
    }
    if (!process(request)) {
        return MHD_NO;
    }
    return request->is_suspended ? MHD_YES : queue(request);
}
