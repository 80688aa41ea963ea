// SPDX-License-Identifier: Apache-2.0
// What the headers alone can refuse. libmicrohttpd 0.9.75 lets pass much that RFC 9112 forbids, and
// two readers of one connection that disagree on where a body ends are how requests are smuggled:
// so what is odd in the framing is refused, and the connection closed.
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "server/answer.h"
#include "server/entry.h"
#include "server/page_desk.h"
#include "server/request.h"

#define HEADERS_MAX       64
#define PROPFIND_BODY_MAX 4096
#define EVENTS_BODY_MAX   ((size_t)1 << 20)
#define NATIVE_BODY_MAX   ((size_t)64 << 20) // of one value that is no object, or of records
#define AC_BODY_MAX       ((size_t)16 << 20)

// What the framing of a request rests on.
struct framing {
    unsigned headers;
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    const char *length;
    const char *coding;
    bool has_control;
};

static enum MHD_Result see(void *user, enum MHD_ValueKind kind, const char *name, size_t name_len,
                           const char *value, size_t value_len)
{
    (void)kind;
    struct framing *framing = user;
    framing->headers++;
    if (memchr(name, ' ', name_len) || memchr(name, '\t', name_len) || strlen(name) != name_len ||
        (value && (strlen(value) != value_len || memchr(value, '\r', value_len)))) {
        framing->has_control = true;
    }
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        framing->hosts++;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        framing->lengths++;
        framing->length = value;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        framing->codings++;
        framing->coding = value;
    }
    return MHD_YES;
}

static bool malformed(struct sj_request *request, unsigned status, const char *message)
{
    sj_metrics_count(request->server->metrics, SJ_COUNT_MALFORMED);
    request->must_close = true;
    sj_request_error(request, status, "malformed", message);
    return false;
}

static bool has_upload(const struct sj_request *request)
{
    return request->method & (SJ_METHOD_PUT | SJ_METHOD_POST);
}

static bool check_length(struct sj_request *request, const struct framing *framing)
{
    if (framing->lengths > 0) {
        const char *text = framing->length ? framing->length : "";
        if (sj_parse_u64(text, UINT64_MAX >> 1, &request->body_len) < 0) {
            return malformed(request, MHD_HTTP_BAD_REQUEST, "Content-Length is no number");
        }
    } else if (has_upload(request) && framing->codings == 0) {
        return malformed(request, MHD_HTTP_LENGTH_REQUIRED, "send a Content-Length");
    }
    bool may_have_body = has_upload(request) || request->method == SJ_METHOD_PROPFIND;
    if (!may_have_body && (request->body_len > 0 || framing->codings > 0)) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "this method takes no body");
    }
    return true;
}

static bool check_coding(struct sj_request *request, const struct framing *framing, bool is_old)
{
    if (framing->codings == 0) {
        return true;
    }
    if (is_old) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "HTTP/1.0 has no transfer codings");
    }
    bool is_chunked =
        framing->codings == 1 && framing->coding && strcasecmp(framing->coding, "chunked") == 0;
    return is_chunked ||
           malformed(request, MHD_HTTP_NOT_IMPLEMENTED, "the one transfer coding is 'chunked'");
}

static bool check_framing(struct sj_request *request, const char *version)
{
    struct framing framing = {0};
    (void)MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, see, &framing);
    bool is_old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    if (!is_old && strcmp(version, MHD_HTTP_VERSION_1_1) != 0) {
        return malformed(request, MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED, "speak HTTP/1.1");
    }
    if (framing.headers > HEADERS_MAX) {
        return malformed(request, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers");
    }
    if (framing.has_control) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "a header holds what none may hold");
    }
    if (framing.hosts > 1 || (framing.hosts == 0 && !is_old)) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "send one Host");
    }
    if (framing.lengths > 1 || (framing.lengths > 0 && framing.codings > 0)) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "the length is given twice");
    }
    return check_coding(request, &framing, is_old) && check_length(request, &framing);
}

const struct sockaddr *sj_request_address(const struct sj_request *request)
{
    if (request->peer->daemon->listener->is_unix) {
        return NULL;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

// Scope that a request needs: a bit of enum sj_scope; 0: none.
static unsigned scope_of(const struct sj_request *request)
{
    enum sj_resource resource = request->route.resource;
    // moon asks for the status before all else, and gives the cache up when it is refused: whoever
    // asks is told that somebody is there, and who may see them the figures.
    if (resource == SJ_RESOURCE_HEALTHZ || resource == SJ_RESOURCE_READYZ ||
        resource == SJ_RESOURCE_STATUS || request->method == SJ_METHOD_OPTIONS) {
        return 0;
    }
    if (resource == SJ_RESOURCE_METRICS) {
        return SJ_SCOPE_ADMIN;
    }
    return request->method & request->route.writes ? SJ_SCOPE_WRITE : SJ_SCOPE_READ;
}

static bool check_access(struct sj_request *request)
{
    struct sj_server *server = request->server;
    request->rules = sj_access_rules(server->access);
    request->rule = sj_space_find(&request->rules->spaces, request->route.space);
    sj_access_judge(server->access, request->rules,
                    sj_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION), request->route.space,
                    sj_request_address(request), &request->grant);
    unsigned scope = scope_of(request);
    if (request->grant.is_throttled) {
        sj_metrics_count(server->metrics, SJ_COUNT_AUTH_THROTTLED);
        request->must_close = true;
        sj_request_status(request, MHD_HTTP_TOO_MANY_REQUESTS);
        return false;
    }
    if (request->grant.is_refused) {
        sj_metrics_count(server->metrics, SJ_COUNT_AUTH_FAILURES);
    }
    bool is_status = request->route.resource == SJ_RESOURCE_STATUS;
    if ((scope == 0 && !(is_status && request->grant.is_refused)) ||
        (!request->grant.is_refused && (request->grant.scopes & scope))) {
        return true;
    }
    bool is_known = request->grant.id[0] != '\0' && !request->grant.is_refused;
    if (is_known && scope == SJ_SCOPE_WRITE && request->rule->discards) {
        request->refusal = SJ_EVENT_EXISTS;
        request->is_discarded = true;
        return true;
    }
    sj_request_event(request, is_known ? SJ_EVENT_FORBIDDEN : SJ_EVENT_UNAUTHENTICATED);
    return false;
}

// Most bytes of a body; 0: what an entry may have.
static const size_t body_limits[SJ_RESOURCE_COUNT] = {
    [SJ_RESOURCE_COLLECTION] = PROPFIND_BODY_MAX,
    [SJ_RESOURCE_TURBO_EVENTS] = EVENTS_BODY_MAX,
    [SJ_RESOURCE_TURBO_QUERY] = EVENTS_BODY_MAX,
    [SJ_RESOURCE_BATCH] = (size_t)SJ_FRAME_COUNT_MAX * SJ_NAME_SIZE,
    [SJ_RESOURCE_FETCH] = (size_t)SJ_FRAME_COUNT_MAX * SJ_NAME_SIZE,
    [SJ_RESOURCE_TRAIL] = (size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE,
    [SJ_RESOURCE_PATHSET] = NATIVE_BODY_MAX,
    [SJ_RESOURCE_RESULT] = NATIVE_BODY_MAX,
    [SJ_RESOURCE_RECORD] = NATIVE_BODY_MAX,
    [SJ_RESOURCE_PAGE] = SJ_PAGE_FORM_MAX,
};

static size_t body_max(const struct sj_request *request)
{
    uint64_t max = request->rule->max_entry ? request->rule->max_entry
                                            : request->server->config->server.max_entry;
    size_t limit = body_limits[request->route.resource];
    if (limit == 0 && request->route.resource == SJ_RESOURCE_ENTRY && request->rule->validates_ac &&
        request->route.protocol == SJ_PROTOCOL_BAZEL) {
        limit = AC_BODY_MAX;
    }
    return limit > 0 && limit < max ? limit : (size_t)max;
}

// Get ready for a body: its limit, the head of an entry in front of it, its hash.
static bool expect_body(struct sj_request *request)
{
    size_t max = body_max(request);
    if (request->body_len > max) {
        sj_metrics_count(request->server->metrics, SJ_COUNT_REJECTED_SIZE);
        sj_request_event(request, SJ_EVENT_TOO_LARGE);
        return false;
    }
    if (request->is_discarded) {
        return true;
    }
    request->body = SJ_BUF_INIT(max + SJ_ENTRY_HEAD_MAX);
    enum sj_resource resource = request->route.resource;
    bool is_put = request->method == SJ_METHOD_PUT;
    if (is_put && (resource == SJ_RESOURCE_ENTRY || resource == SJ_RESOURCE_CAS) &&
        sj_entry_begin(request) < 0) {
        return malformed(request, MHD_HTTP_BAD_REQUEST, "a header is too long");
    }
    request->body.limit_bytes = request->head_len + max;
    if (is_put && resource == SJ_RESOURCE_CAS && !sj_entry_is_packed(request)) {
        request->sha256 = EVP_MD_CTX_new();
        (void)EVP_DigestInit_ex(request->sha256, EVP_sha256(), NULL);
    }
    return true;
}

static bool is_page(const struct sj_request *request)
{
    return request->route.resource == SJ_RESOURCE_PAGE ||
           request->route.resource == SJ_RESOURCE_HOME;
}

// Where there are pages, "/" is one for whoever would read it; for WebDAV it stays a folder.
// Gives a positive HTTP status where nothing stands behind the target.
static int find_page(struct sj_request *request)
{
    const struct sj_server *server = request->server;
    struct sj_route *route = &request->route;
    const unsigned reads = SJ_METHOD_GET | SJ_METHOD_HEAD;
    if (server->desk && request->method & reads && strcmp(request->target, "/") == 0) {
        *route = (struct sj_route){
            .resource = SJ_RESOURCE_HOME,
            .methods = reads,
            .path = sj_str_of(request->target),
        };
    }
    bool is_hidden =
        is_page(request) ? !server->desk : server->desk && sj_desk_is_local(server->desk);
    return is_hidden && route->resource != SJ_RESOURCE_HEALTHZ ? MHD_HTTP_NOT_FOUND : 0;
}

// What stands behind the target: the store may not be open yet, and some of it is an agent's alone.
static bool check_resource(struct sj_request *request)
{
    enum sj_resource resource = request->route.resource;
    bool is_agents = resource == SJ_RESOURCE_FETCH || resource == SJ_RESOURCE_PUSH;
    if (is_agents && !(request->server->is_agent && request->peer->daemon->listener->is_unix)) {
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return false;
    }
    request->shared = atomic_load_explicit(&request->server->shared, memory_order_acquire);
    if (is_page(request)) {
        return true; // what it needs of the store it says
    }
    if (!request->shared && resource != SJ_RESOURCE_HEALTHZ && resource != SJ_RESOURCE_READYZ) {
        sj_request_event(request, has_upload(request) ? SJ_EVENT_BUSY : SJ_EVENT_READ_FAILED);
        return false;
    }
    return true;
}

bool sj_request_admit(struct sj_request *request, const char *version)
{
    request->method = sj_method_of(request->method_name);
    // A Unix socket has no TLS, and its mode says who may come.
    bool has_tls = !request->peer->daemon->listener->is_unix;
    if (has_tls && !sj_tls_admits(request->server->tls, request->connection)) {
        return malformed(request, MHD_HTTP_FORBIDDEN, "show a valid client certificate");
    }
    if (!request->method) {
        return malformed(request, MHD_HTTP_NOT_IMPLEMENTED, "no such method");
    }
    int status = sj_route_parse(request->target, request->target_len, &request->route);
    status = status == 0 ? find_page(request) : status;
    if (!check_framing(request, version)) {
        return false;
    }
    if (status == MHD_HTTP_NOT_FOUND) {
        sj_request_error(request, MHD_HTTP_NOT_FOUND, "not_found",
                         "no cache protocol has such a target");
        return false;
    }
    if (status != 0) {
        return malformed(request, (unsigned)status, "the target is not well formed");
    }
    if (!(request->method & request->route.methods)) {
        sj_request_status(request, MHD_HTTP_METHOD_NOT_ALLOWED);
        return false;
    }
    if (request->server->is_draining) {
        request->must_close = true;
    }
    bool is_admitted = is_page(request) ? sj_page_admit(request) : check_access(request);
    return is_admitted && check_resource(request) && expect_body(request);
}
