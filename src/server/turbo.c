// SPDX-License-Identifier: Apache-2.0
// What Turborepo asks beside its artifacts.
// Source: Vercel, Remote Cache OpenAPI; turborepo, crates/turborepo-api-client.
#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "server/answer.h"
#include "server/entry.h"

#define HASHES_MAX 1000
#define HASH_MAX   ((size_t)128) // bytes

void sj_handle_turbo_status(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&body, "{\"status\":\"enabled\"}\n");
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

// `turbo login` and `turbo link` want to know who they speak to. The token is all that there is.
void sj_handle_turbo_user(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (strstr(request->target, "/tokens/")) {
        sj_buf_adds(&body, "{\"token\":{\"id\":\"scrubjay\",\"name\":\"scrubjay\","
                           "\"type\":\"personal\",\"origin\":\"scrubjay\",\"scopes\":[],"
                           "\"activeAt\":0,\"createdAt\":0}}\n");
    } else if (strstr(request->target, "/teams")) {
        sj_buf_adds(&body, "{\"teams\":[{\"id\":\"default\",\"slug\":\"default\","
                           "\"name\":\"default\",\"createdAt\":0,\"created\":\"\","
                           "\"membership\":{\"role\":\"MEMBER\"}}]}\n");
    } else {
        sj_buf_adds(&body, "{\"user\":{\"id\":\"scrubjay\",\"username\":\"scrubjay\","
                           "\"email\":\"\",\"name\":\"scrubjay\"}}\n");
    }
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

static json_t *read_json(struct sj_request *request)
{
    return json_loadb(sj_buf_text(&request->body), request->body.len, JSON_REJECT_DUPLICATES, NULL);
}

static void note_event(struct sj_request *request, const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    json_int_t duration = json_integer_value(json_object_get(event, "duration"));
    if (kind) {
        sj_metrics_client_event(request->server->metrics, strcmp(kind, "HIT") == 0,
                                duration > 0 ? (uint64_t)duration : 0);
    }
}

void sj_handle_turbo_events(struct sj_request *request)
{
    json_t *events = read_json(request);
    if (!json_is_array(events)) {
        json_decref(events);
        sj_request_error(request, MHD_HTTP_BAD_REQUEST, "bad_request", "send an array of events");
        return;
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        note_event(request, json_array_get(events, i));
    }
    json_decref(events);
    sj_request_status(request, MHD_HTTP_OK);
}

static bool is_hash(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= HASH_MAX &&
           strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == len;
}

static void describe(struct sj_request *request, const char *hash, struct sj_json *json)
{
    struct sj_view view;
    struct sj_entry_head head;
    char start[SJ_ENTRY_HEAD_MAX];
    struct sj_buf name = SJ_BUF_INIT(sizeof "turbo/" + HASH_MAX);
    sj_buf_addf(&name, "turbo/%s", hash);
    struct sj_key key = sj_key_of(name.data, name.len);
    int status =
        is_hash(hash) ? sj_request_find(request, SJ_BLOB_ENTRY, &key, &view) : SJ_STORE_MISS;
    if (status == 0) {
        int64_t head_len = sj_entry_peek(&view, start, &head);
        if (head_len >= 0 && sj_str_eq(head.text, (struct sj_str){name.data, name.len})) {
            sj_json_open(json, hash, '{');
            sj_json_u64(json, "size", view.raw_len - (uint64_t)head_len);
            sj_json_u64(json, "taskDurationMs", head.duration_ms);
            if (head.tag.len > 0) {
                sj_json_strn(json, "tag", head.tag.data, head.tag.len);
            }
            sj_json_close(json, '}');
        } else {
            status = SJ_STORE_MISS;
        }
        sj_view_close(request->shared, &view);
    }
    if (status != 0) {
        sj_json_str(json, hash, NULL);
    }
    sj_buf_release(&name);
}

static void query(struct sj_request *request)
{
    json_t *document = read_json(request);
    const json_t *hashes = json_object_get(document, "hashes");
    if (!json_is_array(hashes) || json_array_size(hashes) > HASHES_MAX) {
        json_decref(document);
        sj_request_error(request, MHD_HTTP_BAD_REQUEST, "bad_request",
                         "send {\"hashes\":[…]}, 1,000 at most");
        return;
    }
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_json json = sj_json_of(&body);
    sj_json_open(&json, NULL, '{');
    for (size_t i = 0; i < json_array_size(hashes); i++) {
        const char *hash = json_string_value(json_array_get(hashes, i));
        if (hash) {
            describe(request, hash, &json);
        }
    }
    sj_json_close(&json, '}');
    json_decref(document);
    sj_request_bytes(request, MHD_HTTP_OK, "application/json", &body);
}

void sj_handle_turbo_query(struct sj_request *request)
{
    sj_request_defer(request, query);
}
