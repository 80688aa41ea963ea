// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/figures.h"
#include "server/rates.h"

#define FIGURES (sizeof(struct sj_figures) / sizeof(uint64_t))
#define TRAFFIC (sizeof(struct sj_traffic) / sizeof(uint64_t))

/** Place of a member in the array that a shard is. */
#define AT(type, member) (offsetof(struct type, member) / sizeof(uint64_t))

#define SHARDS_MAX  16
#define CACHE_LINE  64
#define SPACE_SLOTS 512 /**< twice as many as there can be, so that the search ends soon */

static const unsigned short codes[SJ_CODE_SLOTS - 1] = {
    200, 201, 202, 204, 206, 207, 301, 302, 304,
    400, 401, 403, 404, 405, 406, 409, 411, 412,
    413, 414, 415, 416, 422, 428, 429, 431, SJ_STATUS_GONE,
    500, 501, 503, 504, 505, 507};

static const char *const code_names[SJ_CODE_SLOTS] = {
    "200", "201", "202", "204", "206", "207", "301", "302", "304", "400",  "401", "403",
    "404", "405", "406", "409", "411", "412", "413", "414", "415", "416",  "422", "428",
    "429", "431", "499", "500", "501", "503", "504", "505", "507", "other"};

static const char *const method_names[SJ_METHOD_SLOTS] = {
    "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PROPFIND", "MKCOL", "other"};

static const uint64_t duration_bounds_ns[SJ_DURATION_SLOTS - 1] = {
    100000,     250000,     500000,     1000000,     2500000,    5000000,
    10000000,   25000000,   50000000,   100000000,   250000000,  500000000,
    1000000000, 2500000000, 5000000000, 10000000000, 30000000000};

static const struct sj_count_name count_names[SJ_COUNT_COUNT] = {
    [SJ_COUNT_CONNECTIONS] = {"scrubjay_connections_accepted_total", NULL, "Connections accepted."},
    [SJ_COUNT_DEADLINES] = {"scrubjay_connections_expired_total", NULL,
                            "Connections shut down because they passed a deadline."},
    [SJ_COUNT_MALFORMED] = {"scrubjay_rejected_total", "malformed", "Requests refused, by reason."},
    [SJ_COUNT_AUTH_FAILURES] = {"scrubjay_rejected_total", "auth_failed", NULL},
    [SJ_COUNT_AUTH_THROTTLED] = {"scrubjay_rejected_total", "auth_throttled", NULL},
    [SJ_COUNT_REJECTED_BUSY] = {"scrubjay_rejected_total", "busy", NULL},
    [SJ_COUNT_REJECTED_SIZE] = {"scrubjay_rejected_total", "too_large", NULL},
    [SJ_COUNT_REJECTED_FULL] = {"scrubjay_rejected_total", "disk_full", NULL},
    [SJ_COUNT_REJECTED_QUOTA] = {"scrubjay_rejected_total", "quota", NULL},
    [SJ_COUNT_REJECTED_INVALID] = {"scrubjay_rejected_total", "invalid", NULL},
    [SJ_COUNT_RELOADS] = {"scrubjay_reloads_total", NULL,
                          "Files of tokens, namespaces or certificates read again."},
    [SJ_COUNT_ACCEPT_FAILURES] = {"scrubjay_accept_failures_total", NULL,
                                  "Connections that could not be accepted, as for want of "
                                  "descriptors."},
};

/** Counters of one CPU: threads on different ones do not fight for a cache line. */
struct shard {
    _Atomic uint64_t at[FIGURES];
    unsigned char gap[CACHE_LINE];
};

struct space_shard {
    _Atomic uint64_t at[TRAFFIC];
    unsigned char gap[CACHE_LINE - TRAFFIC * sizeof(uint64_t)];
};

/** A namespace that was asked for; stays for as long as the counters. */
struct space {
    char name[SJ_SPACE_NAME_MAX + 1];
    struct space_shard shards[];
};

struct sj_metrics {
    unsigned shard_mask; /**< shards are a power of two */
    uint64_t start_ns;
    struct shard *shards;
    struct sj_rates *rates;
    struct space *other;                         /**< all namespaces that find no room */
    _Atomic unsigned space_count;                /**< slots taken or about to be */
    _Atomic(struct space *) spaces[SPACE_SLOTS]; /**< by the hash of their names */
};

static struct space *new_space(const struct sj_metrics *metrics, struct sj_str name)
{
    struct space *space =
        sj_calloc(1, sizeof *space + (metrics->shard_mask + 1) * sizeof(struct space_shard));
    memcpy(space->name, name.data, name.len);
    return space;
}

struct sj_metrics *sj_metrics_new(void)
{
    struct sj_metrics *metrics = sj_new(struct sj_metrics);
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    unsigned shards = 1;
    while (shards < SHARDS_MAX && (long)shards < cpus) {
        shards *= 2;
    }
    metrics->shard_mask = shards - 1;
    metrics->shards = sj_calloc(shards, sizeof metrics->shards[0]);
    metrics->start_ns = sj_clock_ns(CLOCK_REALTIME);
    metrics->other = new_space(metrics, sj_str_of("_other"));
    metrics->rates = sj_rates_new(sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS);
    return metrics;
}

void sj_metrics_free(struct sj_metrics *metrics)
{
    if (!metrics) {
        return;
    }
    for (size_t i = 0; i < SPACE_SLOTS; i++) {
        free(atomic_load_explicit(&metrics->spaces[i], memory_order_relaxed));
    }
    sj_rates_free(metrics->rates);
    free(metrics->other);
    free(metrics->shards);
    free(metrics);
}

static unsigned shard_of_now(const struct sj_metrics *metrics)
{
    int cpu = sched_getcpu();
    return cpu < 0 ? 0 : (unsigned)cpu & metrics->shard_mask;
}

static void add(_Atomic uint64_t *cells, size_t at, uint64_t amount)
{
    if (amount > 0) {
        (void)atomic_fetch_add_explicit(&cells[at], amount, memory_order_relaxed);
    }
}

void sj_metrics_count(struct sj_metrics *metrics, enum sj_count what)
{
    add(metrics->shards[shard_of_now(metrics)].at, AT(sj_figures, counts) + what, 1);
}

void sj_metrics_client_event(struct sj_metrics *metrics, bool is_hit, uint64_t saved_ms)
{
    _Atomic uint64_t *cells = metrics->shards[shard_of_now(metrics)].at;
    add(cells, is_hit ? AT(sj_figures, client_hits) : AT(sj_figures, client_misses), 1);
    add(cells, AT(sj_figures, saved_ms), saved_ms);
}

static size_t method_slot(unsigned method)
{
    size_t slot = method ? (size_t)__builtin_ctz(method) : SJ_METHOD_SLOTS;
    return slot < SJ_METHOD_SLOTS - 1 ? slot : SJ_METHOD_SLOTS - 1;
}

static size_t code_slot(unsigned status)
{
    unsigned code = status ? status : SJ_STATUS_GONE;
    size_t slot = 0;
    while (slot < SJ_CODE_SLOTS - 1 && codes[slot] != code) {
        slot++;
    }
    return slot;
}

static size_t duration_slot(uint64_t wall_ns)
{
    size_t slot = 0;
    while (slot < SJ_DURATION_SLOTS - 1 && wall_ns > duration_bounds_ns[slot]) {
        slot++;
    }
    return slot;
}

/** Count what a request looked for: a batch says so itself, else a GET that was answered. */
static void judge(const struct sj_request_note *note, struct sj_traffic *traffic)
{
    traffic->found = note->found;
    traffic->missed = note->missed;
    if (note->found > 0 || note->missed > 0 || !note->is_lookup) {
        return;
    }
    traffic->found = note->status == 200 || note->status == 206 || note->status == 304;
    traffic->missed = note->status == 404;
}

/** Look for a name, or for its free slot. */
static size_t space_slot(struct sj_metrics *metrics, struct sj_str name, struct space **found)
{
    struct sj_key key = sj_key_of(name.data, name.len);
    size_t slot = ((size_t)key.bytes[0] << 8 | key.bytes[1]) % SPACE_SLOTS;
    for (;; slot = (slot + 1) % SPACE_SLOTS) {
        *found = atomic_load_explicit(&metrics->spaces[slot], memory_order_acquire);
        if (!*found || sj_str_eq(sj_str_of((*found)->name), name)) {
            return slot;
        }
    }
}

/**
 * A namespace's counters. Names come from outside, so there is room for a number of them only, and
 * none for one whose requests all failed.
 */
static struct space *find_space(struct sj_metrics *metrics, struct sj_str name, bool may_add)
{
    if (name.len == 0) {
        name = sj_str_of("default");
    }
    if (name.len > SJ_SPACE_NAME_MAX) {
        return metrics->other;
    }
    struct space *found = NULL;
    size_t slot = space_slot(metrics, name, &found);
    if (found) {
        return found;
    }
    if (!may_add ||
        atomic_load_explicit(&metrics->space_count, memory_order_relaxed) >= SJ_SPACES_COUNTED) {
        return metrics->other;
    }
    // Counted before it is there, so that the table can never fill up.
    if (atomic_fetch_add_explicit(&metrics->space_count, 1, memory_order_relaxed) >=
        SJ_SPACES_COUNTED) {
        return metrics->other;
    }
    struct space *added = new_space(metrics, name);
    for (;;) {
        struct space *expected = NULL;
        if (atomic_compare_exchange_strong_explicit(&metrics->spaces[slot], &expected, added,
                                                    memory_order_acq_rel, memory_order_acquire)) {
            return added;
        }
        slot = space_slot(metrics, name, &found);
        if (found) {
            // Another thread was first with the same name.
            (void)atomic_fetch_sub_explicit(&metrics->space_count, 1, memory_order_relaxed);
            free(added);
            return found;
        }
    }
}

static void add_traffic(_Atomic uint64_t *cells, size_t at, const struct sj_traffic *traffic)
{
    add(cells, at + AT(sj_traffic, requests), traffic->requests);
    add(cells, at + AT(sj_traffic, found), traffic->found);
    add(cells, at + AT(sj_traffic, missed), traffic->missed);
    add(cells, at + AT(sj_traffic, received_bytes), traffic->received_bytes);
    add(cells, at + AT(sj_traffic, sent_bytes), traffic->sent_bytes);
    add(cells, at + AT(sj_traffic, wall_ns), traffic->wall_ns);
}

void sj_metrics_note(struct sj_metrics *metrics, const struct sj_request_note *note)
{
    size_t protocol = note->protocol < SJ_PROTOCOL_COUNT ? note->protocol : SJ_PROTOCOL_OWN;
    struct sj_traffic traffic = {.requests = 1,
                                 .received_bytes = note->received_bytes,
                                 .sent_bytes = note->sent_bytes,
                                 .wall_ns = note->wall_ns};
    judge(note, &traffic);

    unsigned shard = shard_of_now(metrics);
    _Atomic uint64_t *cells = metrics->shards[shard].at;
    add_traffic(cells, AT(sj_figures, traffic) + protocol * TRAFFIC, &traffic);
    size_t cell = (protocol * SJ_METHOD_SLOTS + method_slot(note->method)) * SJ_CODE_SLOTS +
                  code_slot(note->status);
    add(cells, AT(sj_figures, requests) + cell, 1);
    cell = protocol * SJ_DURATION_SLOTS + duration_slot(note->wall_ns);
    add(cells, AT(sj_figures, durations) + cell, 1);

    if (protocol != SJ_PROTOCOL_OWN) {
        bool may_add = note->status >= 200 && note->status < 400;
        add_traffic(find_space(metrics, note->space, may_add)->shards[shard].at, 0, &traffic);
    }
}

void sj_metrics_sum(const struct sj_metrics *metrics, struct sj_figures *out)
{
    uint64_t sums[FIGURES] = {0};
    for (unsigned i = 0; i <= metrics->shard_mask; i++) {
        for (size_t at = 0; at < FIGURES; at++) {
            sums[at] += atomic_load_explicit(&metrics->shards[i].at[at], memory_order_relaxed);
        }
    }
    memcpy(out, sums, sizeof *out);
}

static void visit_space(const struct sj_metrics *metrics, const struct space *space,
                        sj_traffic_visit *visit, void *user)
{
    uint64_t sums[TRAFFIC] = {0};
    for (unsigned i = 0; i <= metrics->shard_mask; i++) {
        for (size_t at = 0; at < TRAFFIC; at++) {
            sums[at] += atomic_load_explicit(&space->shards[i].at[at], memory_order_relaxed);
        }
    }
    struct sj_traffic traffic;
    memcpy(&traffic, sums, sizeof traffic);
    if (traffic.requests > 0) {
        visit(space->name, &traffic, user);
    }
}

void sj_metrics_spaces(const struct sj_metrics *metrics, sj_traffic_visit *visit, void *user)
{
    for (size_t i = 0; i < SPACE_SLOTS; i++) {
        const struct space *space = atomic_load_explicit(&metrics->spaces[i], memory_order_acquire);
        if (space) {
            visit_space(metrics, space, visit, user);
        }
    }
    visit_space(metrics, metrics->other, visit, user);
}

void sj_metrics_tick(struct sj_metrics *metrics, uint64_t now_ms)
{
    if (sj_rates_is_due(metrics->rates, now_ms)) {
        struct sj_figures figures;
        sj_metrics_sum(metrics, &figures);
        sj_rates_take(metrics->rates, now_ms, figures.traffic);
    }
}

struct sj_rates *sj_metrics_rates(const struct sj_metrics *metrics)
{
    return metrics->rates;
}

uint64_t sj_metrics_start_ns(const struct sj_metrics *metrics)
{
    return metrics->start_ns;
}

const char *sj_method_name(size_t slot)
{
    return method_names[slot];
}

const char *sj_code_name(size_t slot)
{
    return code_names[slot];
}

uint64_t sj_duration_bound_ns(size_t slot)
{
    return duration_bounds_ns[slot];
}

const struct sj_count_name *sj_count_name(enum sj_count what)
{
    return &count_names[what];
}
