// SPDX-License-Identifier: Apache-2.0
// What no cache protocol asks for: health, readiness, figures.
#include <errno.h>

#include "base/json.h"
#include "server/answer.h"

void sj_handle_healthz(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&body, "ok\n");
    sj_request_bytes(request, MHD_HTTP_OK, "text/plain", &body);
}

static const char *not_ready(const struct sj_request *request)
{
    const struct sj_server *server = request->server;
    if (server->is_draining) {
        return "draining\n";
    }
    if (!atomic_load(&server->shared)) {
        return "opening the store\n";
    }
    return NULL;
}

void sj_handle_readyz(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    const char *reason = not_ready(request);
    sj_buf_adds(&body, reason ? reason : "ready\n");
    sj_request_bytes(request, reason ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, "text/plain",
                     &body);
}

static struct sj_levels levels_of(const struct sj_server *server)
{
    return (struct sj_levels){
        .connections = atomic_load(&server->connections),
        .upload_bytes = atomic_load(&server->upload_bytes),
        .fd_limit = server->fd_limit,
        .is_draining = atomic_load(&server->is_draining),
    };
}

static void print_metrics(struct sj_request *request)
{
    struct sj_levels levels = levels_of(request->server);
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_metrics_print(request->server->metrics, request->shared, &levels, &body);
    sj_request_bytes(request, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}

void sj_handle_metrics(struct sj_request *request)
{
    sj_request_defer(request, print_metrics);
}

// The document that sj_metrics_status() makes, with the agent's part put into it.
static void add_agent(struct sj_tiers *tiers, struct sj_buf *body)
{
    while (body->len > 0 && body->data[body->len - 1] != '}') {
        body->len--;
    }
    if (body->len == 0) {
        return;
    }
    body->len--;
    // `scrubjay run` asks until nothing is queued any more.
    sj_tiers_flush(tiers);
    struct sj_tiers_stat stat = {0};
    sj_tiers_stat(tiers, &stat);
    struct sj_json json = {.out = body, .needs_comma = true};
    sj_json_open(&json, "agent", '{');
    sj_json_u64(&json, "queued", stat.queued);
    sj_json_u64(&json, "uploaded", stat.uploaded);
    sj_json_u64(&json, "uploaded_bytes", stat.uploaded_bytes);
    sj_json_u64(&json, "fetched", stat.fetched);
    sj_json_u64(&json, "fetched_bytes", stat.fetched_bytes);
    sj_json_u64(&json, "prefetched", stat.prefetched);
    sj_json_u64(&json, "dropped", stat.dropped);
    sj_json_u64(&json, "failures", stat.failures);
    sj_json_bool(&json, "is_down", stat.is_down);
    sj_json_str(&json, "problem", stat.problem);
    sj_json_close(&json, '}');
    sj_buf_adds(body, "}\n");
}

int sj_server_status(struct sj_server *server, struct sj_buf *out)
{
    struct sj_shared *shared = atomic_load(&server->shared);
    if (!shared) {
        return -EAGAIN;
    }
    struct sj_levels levels = levels_of(server);
    sj_metrics_status(server->metrics, shared, &levels, server->version, out);
    struct sj_tiers *tiers = atomic_load(&server->tiers);
    if (tiers) {
        add_agent(tiers, out);
    }
    return 0;
}

static void print_status(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    (void)sj_server_status(request->server,
                           &body); // no request comes here before the store is open
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

void sj_handle_status(struct sj_request *request)
{
    if (!(request->grant.scopes & SJ_SCOPE_ADMIN)) {
        sj_request_status(request, MHD_HTTP_OK);
        return;
    }
    sj_request_defer(request, print_status);
}

void sj_handle_space(struct sj_request *request)
{
    struct sj_space_usage usage = {0};
    if (sj_shared_usage(request->shared, request->route.space, &usage) < 0) {
        sj_request_event(request, SJ_EVENT_READ_FAILED);
        return;
    }
    struct sj_str space = request->route.space;
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_json json = sj_json_of(&body);
    sj_json_open(&json, NULL, '{');
    sj_json_strn(&json, "namespace", space.len ? space.data : "default", space.len ? space.len : 7);
    sj_json_str(&json, "overlay", request->rule->overlay);
    sj_json_u64(&json, "bytes", usage.bytes);
    sj_json_u64(&json, "items", usage.items);
    sj_json_u64(&json, "quota_bytes", request->rule->quota);
    sj_json_close(&json, '}');
    sj_buf_addc(&body, '\n');
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}
