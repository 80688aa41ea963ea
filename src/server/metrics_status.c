// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "server/figures.h"
#include "server/metrics.h"
#include "server/rates.h"

static void add_traffic(struct sj_json *json, const struct sj_traffic *traffic)
{
    sj_json_u64(json, "requests", traffic->requests);
    sj_json_u64(json, "hits", traffic->found);
    sj_json_u64(json, "misses", traffic->missed);
    sj_json_u64(json, "received_bytes", traffic->received_bytes);
    sj_json_u64(json, "sent_bytes", traffic->sent_bytes);
}

// All protocols together, then each that was spoken.
static void add_protocols(struct sj_json *json, const struct sj_traffic traffic[SJ_PROTOCOL_COUNT])
{
    struct sj_traffic all = {0};
    for (unsigned i = 0; i < SJ_PROTOCOL_COUNT; i++) {
        all.requests += traffic[i].requests;
        all.found += traffic[i].found;
        all.missed += traffic[i].missed;
        all.received_bytes += traffic[i].received_bytes;
        all.sent_bytes += traffic[i].sent_bytes;
    }
    add_traffic(json, &all);
    sj_json_open(json, "protocols", '{');
    for (unsigned i = 0; i < SJ_PROTOCOL_COUNT; i++) {
        if (traffic[i].requests > 0) {
            sj_json_open(json, sj_protocol_name(i), '{');
            add_traffic(json, &traffic[i]);
            sj_json_close(json, '}');
        }
    }
    sj_json_close(json, '}');
}

static void add_lately(struct sj_json *json, const struct sj_metrics *metrics,
                       const struct sj_figures *figures)
{
    static const struct {
        const char *name;
        uint64_t window_ms;
    } windows[] = {{"minute", SJ_RATES_MINUTE_MS}, {"hour", SJ_RATES_HOUR_MS}};
    uint64_t now_ms = sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
    sj_json_open(json, "lately", '{');
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct sj_traffic traffic[SJ_PROTOCOL_COUNT];
        uint64_t span_ms = sj_rates_since(sj_metrics_rates(metrics), windows[i].window_ms, now_ms,
                                          figures->traffic, traffic);
        sj_json_open(json, windows[i].name, '{');
        sj_json_real(json, "seconds", (double)span_ms / 1000);
        add_protocols(json, traffic);
        sj_json_close(json, '}');
    }
    sj_json_close(json, '}');
}

static void add_counts(struct sj_json *json, const struct sj_figures *figures)
{
    sj_json_open(json, "rejected", '{');
    for (unsigned what = 0; what < SJ_COUNT_COUNT; what++) {
        const struct sj_count_name *name = sj_count_name(what);
        if (name->reason) {
            sj_json_u64(json, name->reason, figures->counts[what]);
        }
    }
    sj_json_u64(json, "deadline", figures->counts[SJ_COUNT_DEADLINES]);
    sj_json_u64(json, "accept", figures->counts[SJ_COUNT_ACCEPT_FAILURES]);
    sj_json_close(json, '}');
}

static void add_space(struct sj_str name, const struct sj_space_usage *usage, void *user)
{
    struct sj_json *json = user;
    sj_json_open(json, NULL, '{');
    sj_json_strn(json, "name", name.data, name.len);
    sj_json_u64(json, "bytes", usage->bytes);
    sj_json_u64(json, "items", usage->items);
    sj_json_close(json, '}');
}

static void add_spaces(struct sj_json *json, struct sj_shared *shared)
{
    sj_json_open(json, "namespaces", '[');
    (void)sj_shared_spaces(shared, add_space, json);
    sj_json_close(json, ']');
}

static void add_store(struct sj_json *json, struct sj_shared *shared)
{
    struct sj_shared_stat stat = {0};
    int status = sj_shared_stat(shared, &stat);
    sj_json_open(json, "store", '{');
    sj_json_bool(json, "readable", status == 0);
    if (status == 0) {
        sj_json_u64(json, "size_bytes", stat.store.size_bytes);
        sj_json_u64(json, "limit_bytes", stat.store.max_size_bytes);
        sj_json_u64(json, "generations", stat.store.generations);
        sj_json_u64(json, "evicted_generations", stat.dropped_generations);
        sj_json_u64(json, "entries", stat.store.entries);
        sj_json_u64(json, "objects", stat.store.objects);
        sj_json_u64(json, "results", stat.store.results);
        sj_json_u64(json, "writes", stat.writes);
        sj_json_u64(json, "failed_writes", stat.failed_writes);
        sj_json_u64(json, "queue_bytes", stat.queued_bytes);
        sj_json_u64(json, "damaged", stat.damaged);
    }
    int failure = status < 0 ? status : stat.last_failure;
    if (failure != 0) {
        const char *name = strerrorname_np(-failure);
        sj_json_str(json, "failure", name ? name : "unknown");
    }
    sj_json_close(json, '}');
}

void sj_metrics_status(const struct sj_metrics *metrics, struct sj_shared *shared,
                       const struct sj_levels *levels, const char *version, struct sj_buf *out)
{
    struct sj_figures figures;
    sj_metrics_sum(metrics, &figures);
    uint64_t up_ns = sj_clock_ns(CLOCK_REALTIME) - sj_metrics_start_ns(metrics);

    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "version", version);
    sj_json_u64(&json, "uptime_seconds", up_ns / SJ_NS_PER_S);
    sj_json_bool(&json, "draining", levels->is_draining);
    sj_json_u64(&json, "connections", levels->connections);
    sj_json_u64(&json, "upload_bytes", levels->upload_bytes);
    add_protocols(&json, figures.traffic);
    add_lately(&json, metrics, &figures);
    add_counts(&json, &figures);
    if (shared) {
        add_store(&json, shared);
        add_spaces(&json, shared);
    }
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
