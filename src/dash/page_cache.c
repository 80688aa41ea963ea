// SPDX-License-Identifier: Apache-2.0
// The page "cache": what the store holds, who asks it for what, and whether its hits are right.
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "dash/audits.h"
#include "dash/clients.h"
#include "store/maintain.h"
#include "store/store.h"

static void auto_json(json_t **value)
{
    json_decref(*value);
}

// A member; NAN where it is not there.
static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double rate(double count, double seconds)
{
    return seconds > 0 ? count / seconds : NAN;
}

static double hit_rate(const json_t *traffic)
{
    double hits = number(traffic, "hits");
    double all = hits + number(traffic, "misses");
    return all > 0 ? hits / all : NAN;
}

static void add_store(struct sj_doc *doc, const json_t *status)
{
    static const struct {
        const char *member;
        const char *label;
        enum sj_doc_type type;
    } figures[] = {
        {"size_bytes", "Size", SJ_DOC_SIZE},
        {"limit_bytes", "Limit", SJ_DOC_SIZE},
        {"objects", "Objects", SJ_DOC_COUNT},
        {"results", "Results", SJ_DOC_COUNT},
        {"entries", "Other clients' values", SJ_DOC_COUNT},
        {"generations", "Generations", SJ_DOC_COUNT},
        {"evicted_generations", "Generations evicted", SJ_DOC_COUNT},
        {"writes", "Writes", SJ_DOC_COUNT},
        {"failed_writes", "Writes that failed", SJ_DOC_COUNT},
        {"damaged", "Found damaged", SJ_DOC_COUNT},
    };
    const json_t *store = json_object_get(status, "store");
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        sj_doc_figure(doc, figures[i].member, figures[i].label, figures[i].type,
                      number(store, figures[i].member), NULL);
    }
    const char *failure = json_string_value(json_object_get(store, "failure"));
    if (failure) {
        sj_doc_fact(doc, "failure", "Latest failure", failure, NULL);
    }
}

static double a_second(const json_t *traffic, double seconds)
{
    return rate(number(traffic, "requests"), seconds);
}

static void add_traffic(struct sj_doc_table *table, const json_t *traffic)
{
    sj_doc_value(table, number(traffic, "hits"), NULL);
    sj_doc_value(table, number(traffic, "misses"), NULL);
    sj_doc_value(table, hit_rate(traffic), NULL);
    sj_doc_value(table, number(traffic, "received_bytes"), NULL);
    sj_doc_value(table, number(traffic, "sent_bytes"), NULL);
}

static void add_traffic_columns(struct sj_doc_table *table)
{
    sj_doc_column(table, "hits", "Hits", SJ_DOC_COUNT);
    sj_doc_column(table, "misses", "Misses", SJ_DOC_COUNT);
    sj_doc_column(table, "hit_rate", "Hit rate", SJ_DOC_SHARE);
    sj_doc_column(table, "received", "Received", SJ_DOC_SIZE);
    sj_doc_column(table, "sent", "Sent", SJ_DOC_SIZE);
}

/** Times that the server tells of. */
struct times {
    double seconds[3];
    const json_t *traffic[3];
};

static const char *const time_words[] = {"The last minute", "The last hour", "Since the start"};

#define TIMES (sizeof time_words / sizeof time_words[0])

static struct times times_of(const json_t *status)
{
    const json_t *lately = json_object_get(status, "lately");
    struct times times = {
        .traffic = {json_object_get(lately, "minute"), json_object_get(lately, "hour"), status}};
    for (size_t i = 0; i < TIMES; i++) {
        times.seconds[i] = number(times.traffic[i], i < 2 ? "seconds" : "uptime_seconds");
    }
    return times;
}

static void add_times(struct sj_doc *doc, const struct times *times)
{
    struct sj_doc_table *table = sj_doc_table(doc, "traffic", "What was asked of the server");
    sj_doc_column(table, "when", "When", SJ_DOC_TEXT);
    sj_doc_column(table, "span", "Time", SJ_DOC_SPAN);
    sj_doc_column(table, "requests", "Requests", SJ_DOC_COUNT);
    sj_doc_column(table, "requests_per_second", "A second", SJ_DOC_NUMBER);
    add_traffic_columns(table);
    for (size_t i = 0; i < TIMES; i++) {
        const json_t *traffic = times->traffic[i];
        if (traffic) {
            sj_doc_cell(table, time_words[i], NULL);
            sj_doc_value(table, times->seconds[i] * 1e9, NULL);
            sj_doc_value(table, number(traffic, "requests"), NULL);
            sj_doc_value(table, a_second(traffic, times->seconds[i]), NULL);
            add_traffic(table, traffic);
        }
    }
}

static void add_protocols(struct sj_doc *doc, const json_t *status)
{
    const struct times times = times_of(status);
    sj_doc_figure(doc, "requests", "Requests", SJ_DOC_COUNT, number(status, "requests"), NULL);
    sj_doc_figure(doc, "requests_per_second", "Requests a second, last minute", SJ_DOC_NUMBER,
                  a_second(times.traffic[0], times.seconds[0]), NULL);
    sj_doc_figure(doc, "hit_rate", "Hit rate, last hour", SJ_DOC_SHARE, hit_rate(times.traffic[1]),
                  NULL);
    sj_doc_figure(doc, "uptime", "Since the start", SJ_DOC_SPAN, times.seconds[2] * 1e9, NULL);
    add_times(doc, &times);
    struct sj_doc_table *table =
        sj_doc_table(doc, "protocols", "Requests by protocol, since the server began");
    sj_doc_column(table, "protocol", "Protocol", SJ_DOC_TEXT);
    sj_doc_column(table, "requests", "Requests", SJ_DOC_COUNT);
    sj_doc_column(table, "minute", "A second, last minute", SJ_DOC_NUMBER);
    sj_doc_column(table, "hour", "Last hour", SJ_DOC_NUMBER);
    sj_doc_column(table, "requests_per_second", "Since the start", SJ_DOC_NUMBER);
    add_traffic_columns(table);
    sj_doc_empty(table, "Nobody has asked this server for anything yet.");
    const char *name;
    json_t *traffic;
    json_object_foreach(json_object_get(status, "protocols"), name, traffic)
    {
        sj_doc_cell(table, name, NULL);
        sj_doc_detail(table, strcmp(name, "own") == 0 ? "pages and figures" : NULL);
        sj_doc_value(table, number(traffic, "requests"), NULL);
        for (size_t i = 0; i < TIMES; i++) {
            const json_t *then =
                json_object_get(json_object_get(times.traffic[i], "protocols"), name);
            double then_rate = a_second(then, times.seconds[i]);
            sj_doc_value(table, then || !times.traffic[i] ? then_rate : 0, NULL);
        }
        add_traffic(table, traffic);
    }
}

static const char *refusal_words(const char *name)
{
    static const char *const words[][2] = {
        {"accept", "connections that could not be accepted"},
        {"auth_failed", "wrong or expired token"},
        {"auth_throttled", "too many wrong tokens from that address"},
        {"busy", "too many uploads at once: told to come again"},
        {"deadline", "connections that took too long"},
        {"disk_full", "the disk is full"},
        {"invalid", "content that is not what its key says"},
        {"malformed", "malformed request"},
        {"quota", "the namespace's quota is used up"},
        {"too_large", "upload larger than the server takes"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], name) == 0) {
            return words[i][1];
        }
    }
    return name;
}

static void add_rejected(struct sj_doc *doc, const json_t *status)
{
    struct sj_doc_table *table =
        sj_doc_table(doc, "rejected", "What was refused, since the server began");
    sj_doc_column(table, "why", "Reason", SJ_DOC_TEXT);
    sj_doc_data_column(table, "reason", "Name", SJ_DOC_TEXT);
    sj_doc_column(table, "count", "How often", SJ_DOC_COUNT);
    sj_doc_empty(table, "No request was refused.");
    const char *name;
    json_t *count;
    json_object_foreach(json_object_get(status, "rejected"), name, count)
    {
        if (json_number_value(count) > 0) {
            sj_doc_cell(table, refusal_words(name), NULL);
            sj_doc_cell(table, name, NULL);
            sj_doc_value(table, json_number_value(count), NULL);
        }
    }
}

static bool may_read(const struct sj_dash_call *call, const char *space)
{
    const struct sj_page_request *request = call->request;
    return request->is_local || request->is_admin ||
           (request->may_read && request->may_read(sj_str_of(space), request->may_read_user));
}

static void add_spaces(const struct sj_dash_call *call, const json_t *status)
{
    const char *wanted = call->query->parameter[SJ_DASH_SPACE];
    struct sj_doc_table *table =
        sj_doc_table(call->doc, "namespaces", "What namespaces hold, what was replaced included");
    sj_doc_column(table, "namespace", "Namespace", SJ_DOC_TEXT);
    sj_doc_column(table, "bytes", "Size", SJ_DOC_SIZE);
    sj_doc_column(table, "items", "Values", SJ_DOC_COUNT);
    sj_doc_empty(table, "Nothing is stored in a namespace that you may read.");
    size_t at;
    json_t *space;
    json_array_foreach(json_object_get(status, "namespaces"), at, space)
    {
        const char *name = json_string_value(json_object_get(space, "name"));
        if (!name || !may_read(call, name) || (wanted && strcmp(wanted, name) != 0)) {
            continue;
        }
        sj_doc_cell(table, *name ? name : "default", NULL);
        sj_doc_value(table, number(space, "bytes"), NULL);
        sj_doc_value(table, number(space, "items"), NULL);
    }
}

// A local dashboard has no server to ask, and the store to itself.
static int add_local(const struct sj_dash_call *call, struct sj_err *err)
{
    const struct sj_config *config = call->site->config;
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .is_read_only = true,
    };
    struct sj_store *store = NULL;
    struct sj_store_stat stat = {0};
    int status = sj_store_open(&options, &store, err);
    if (status == 0) {
        status = sj_store_stat(store, &stat, err);
        sj_store_close(store);
    }
    if (status < 0) {
        sj_doc_note(call->doc, err->text);
        return 0;
    }
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "size_bytes", "Size", SJ_DOC_SIZE, (double)stat.size_bytes, NULL);
    sj_doc_figure(doc, "limit_bytes", "Limit", SJ_DOC_SIZE, (double)stat.max_size_bytes, NULL);
    sj_doc_figure(doc, "objects", "Objects", SJ_DOC_COUNT, (double)stat.objects, NULL);
    sj_doc_figure(doc, "results", "Results", SJ_DOC_COUNT, (double)stat.results, NULL);
    sj_doc_figure(doc, "generations", "Generations", SJ_DOC_COUNT, stat.generations, NULL);
    return 0;
}

static int add_server(const struct sj_dash_call *call, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_PAGE_BODY_MAX);
    SJ_AUTO(auto_json) json_t *status = NULL;
    const struct sj_dash_site *site = call->site;
    int result = site->status ? site->status(&text, site->status_user) : -ENOTSUP;
    if (result == -ENOTSUP) {
        return call->request->is_local ? add_local(call, err) : 0;
    }
    if (result == 0) {
        status = json_loadb(sj_buf_text(&text), text.len, 0, NULL);
    }
    if (!status) {
        sj_doc_note(call->doc, "The server's figures are not at hand just now.");
        return 0;
    }
    if (call->request->is_admin || call->request->is_local) {
        add_store(call->doc, status);
        add_spaces(call, status);
        sj_doc_heading(call->doc, "requests", "Requests");
        add_protocols(call->doc, status);
        add_rejected(call->doc, status);
    } else {
        add_spaces(call, status);
        sj_doc_note(call->doc, "Figures of the whole store are the administrator's.");
    }
    return 0;
}

static int add_records(const struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_scope scope;
    struct sj_audits audits;
    int status = sj_scope_load(call, &scope, err);
    if (status == 0) {
        sj_doc_heading(call->doc, "clients", "Clients");
        sj_clients_add(call, &scope);
        status = sj_audits_count(&scope, &audits, err);
    }
    if (status == 0) {
        sj_doc_heading(call->doc, "checked", "Audits");
        sj_audits_add(call, &scope, &audits);
    }
    sj_scope_release(&scope);
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    int status = add_server(call, err);
    return status == 0 && call->site->db ? add_records(call, err) : status;
}

const struct sj_dash_page sj_page_cache = {
    .name = "cache",
    .title = "Cache",
    .subject = NULL,
    .is_admin = false,
    .needs_records = false,
    .make = make,
};
