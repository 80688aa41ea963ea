// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "server/figures.h"
#include "server/metrics.h"

/** Namespaces of the store that are told apart. */
#define SPACES_PRINTED 1000

/** Text under construction. */
struct page {
    struct sj_buf *out;
    const char *family; /**< of the samples that follow */
};

static void begin(struct page *page, const char *family, const char *type, const char *help)
{
    page->family = family;
    sj_buf_addf(page->out, "# HELP %s %s\n# TYPE %s %s\n", family, help, family, type);
}

/** A label's value between its quotes. */
static void add_value(struct sj_buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte == '\\' || byte == '"') {
            sj_buf_addc(out, '\\');
            sj_buf_addc(out, (char)byte);
        } else if (byte == '\n') {
            sj_buf_adds(out, "\\n");
        } else {
            // The text must be UTF-8; no name that we give out has other bytes.
            sj_buf_addc(out, byte >= ' ' && byte < 0x7f ? (char)byte : '?');
        }
    }
}

/** Labels: pairs of name and value, ended by NULL. */
static void add_head(struct page *page, const char *suffix, const char *const *labels)
{
    sj_buf_addf(page->out, "%s%s", page->family, suffix);
    for (size_t i = 0; labels && labels[i]; i += 2) {
        sj_buf_addf(page->out, "%s%s=\"", i == 0 ? "{" : ",", labels[i]);
        add_value(page->out, labels[i + 1], strlen(labels[i + 1]));
        sj_buf_addc(page->out, '"');
    }
    sj_buf_adds(page->out, labels && labels[0] ? "} " : " ");
}

static void add_sample(struct page *page, const char *suffix, const char *const *labels,
                       uint64_t value)
{
    add_head(page, suffix, labels);
    sj_buf_addf(page->out, "%" PRIu64 "\n", value);
}

/** Seconds with nanoseconds, without printf's decimal point, which a locale may change. */
static void add_seconds(struct page *page, const char *suffix, const char *const *labels,
                        uint64_t ns)
{
    add_head(page, suffix, labels);
    sj_buf_addf(page->out, "%" PRIu64 ".%09" PRIu64 "\n", ns / SJ_NS_PER_S, ns % SJ_NS_PER_S);
}

static void add_gauge(struct page *page, const char *family, uint64_t value, const char *help)
{
    begin(page, family, "gauge", help);
    add_sample(page, "", NULL, value);
}

static void add_counter(struct page *page, const char *family, uint64_t value, const char *help)
{
    begin(page, family, "counter", help);
    add_sample(page, "", NULL, value);
}

static void print_requests(struct page *page, const struct sj_figures *figures)
{
    begin(page, "scrubjay_http_requests_total", "counter",
          "Requests that have ended, by protocol, method and status; 499: the client went away.");
    for (unsigned protocol = 0; protocol < SJ_PROTOCOL_COUNT; protocol++) {
        for (size_t method = 0; method < SJ_METHOD_SLOTS; method++) {
            for (size_t code = 0; code < SJ_CODE_SLOTS; code++) {
                uint64_t count = figures->requests[protocol][method][code];
                if (count > 0) {
                    const char *labels[] = {
                        "protocol", sj_protocol_name(protocol), "method", sj_method_name(method),
                        "code",     sj_code_name(code),         NULL};
                    add_sample(page, "", labels, count);
                }
            }
        }
    }
}

static void print_lookups(struct page *page, const struct sj_figures *figures)
{
    begin(page, "scrubjay_cache_requests_total", "counter",
          "Values asked for, by protocol, and whether they were there.");
    for (unsigned protocol = SJ_PROTOCOL_OWN + 1; protocol < SJ_PROTOCOL_COUNT; protocol++) {
        const struct sj_traffic *traffic = &figures->traffic[protocol];
        const char *name = sj_protocol_name(protocol);
        const char *hit[] = {"protocol", name, "outcome", "hit", NULL};
        const char *miss[] = {"protocol", name, "outcome", "miss", NULL};
        add_sample(page, "", hit, traffic->found);
        add_sample(page, "", miss, traffic->missed);
    }
}

/** A figure of each protocol. */
static void print_protocols(struct page *page, const struct sj_figures *figures, size_t offset)
{
    for (unsigned protocol = 0; protocol < SJ_PROTOCOL_COUNT; protocol++) {
        const char *labels[] = {"protocol", sj_protocol_name(protocol), NULL};
        uint64_t value = 0;
        memcpy(&value, (const char *)&figures->traffic[protocol] + offset, sizeof value);
        add_sample(page, "", labels, value);
    }
}

static void print_bytes(struct page *page, const struct sj_figures *figures)
{
    begin(page, "scrubjay_http_received_bytes_total", "counter",
          "Bytes of bodies that were received, by protocol.");
    print_protocols(page, figures, offsetof(struct sj_traffic, received_bytes));
    begin(page, "scrubjay_http_sent_bytes_total", "counter",
          "Bytes of answers that were sent, by protocol.");
    print_protocols(page, figures, offsetof(struct sj_traffic, sent_bytes));
}

/** A bound in seconds, as short as it can be. */
static void format_bound(uint64_t ns, char out[32])
{
    (void)snprintf(out, 32, "%" PRIu64 ".%09" PRIu64, ns / SJ_NS_PER_S, ns % SJ_NS_PER_S);
    size_t len = strlen(out);
    while (out[len - 1] == '0') {
        out[--len] = '\0';
    }
    if (out[len - 1] == '.') {
        out[len - 1] = '\0';
    }
}

static void print_durations(struct page *page, const struct sj_figures *figures)
{
    begin(page, "scrubjay_http_request_duration_seconds", "histogram",
          "Time from a request's line to the end of its answer, by protocol.");
    for (unsigned protocol = 0; protocol < SJ_PROTOCOL_COUNT; protocol++) {
        const char *name = sj_protocol_name(protocol);
        uint64_t below = 0;
        for (size_t slot = 0; slot < SJ_DURATION_SLOTS - 1; slot++) {
            char bound[32];
            format_bound(sj_duration_bound_ns(slot), bound);
            below += figures->durations[protocol][slot];
            const char *labels[] = {"protocol", name, "le", bound, NULL};
            add_sample(page, "_bucket", labels, below);
        }
        below += figures->durations[protocol][SJ_DURATION_SLOTS - 1];
        const char *last[] = {"protocol", name, "le", "+Inf", NULL};
        const char *labels[] = {"protocol", name, NULL};
        add_sample(page, "_bucket", last, below);
        add_seconds(page, "_sum", labels, figures->traffic[protocol].wall_ns);
        add_sample(page, "_count", labels, below);
    }
}

static void print_counts(struct page *page, const struct sj_figures *figures)
{
    for (unsigned what = 0; what < SJ_COUNT_COUNT; what++) {
        const struct sj_count_name *name = sj_count_name(what);
        if (name->help) {
            begin(page, name->family, "counter", name->help);
        }
        const char *labels[] = {"reason", name->reason, NULL};
        add_sample(page, "", name->reason ? labels : NULL, figures->counts[what]);
    }
    begin(page, "scrubjay_client_cache_events_total", "counter",
          "Hits and misses that clients told of themselves (Turborepo).");
    const char *hit[] = {"outcome", "hit", NULL};
    const char *miss[] = {"outcome", "miss", NULL};
    add_sample(page, "", hit, figures->client_hits);
    add_sample(page, "", miss, figures->client_misses);
    begin(page, "scrubjay_client_saved_seconds_total", "counter",
          "Time that hits saved, as clients told themselves (Turborepo).");
    add_seconds(page, "", NULL, figures->saved_ms * SJ_NS_PER_MS);
}

/** A figure of one namespace after the other. */
struct spaces {
    struct page *page;
    size_t offset; /**< of the figure in struct sj_traffic */
};

static void print_space(const char *name, const struct sj_traffic *traffic, void *user)
{
    const struct spaces *spaces = user;
    uint64_t value = 0;
    memcpy(&value, (const char *)traffic + spaces->offset, sizeof value);
    const char *labels[] = {"namespace", name, NULL};
    add_sample(spaces->page, "", labels, value);
}

static void print_spaces(struct page *page, const struct sj_metrics *metrics)
{
    static const struct {
        const char *family;
        const char *help;
        size_t offset;
    } families[] = {
        {"scrubjay_namespace_requests_total", "Requests that have ended, by namespace.",
         offsetof(struct sj_traffic, requests)},
        {"scrubjay_namespace_hits_total", "Values asked for that were there, by namespace.",
         offsetof(struct sj_traffic, found)},
        {"scrubjay_namespace_misses_total", "Values asked for that were not there, by namespace.",
         offsetof(struct sj_traffic, missed)},
        {"scrubjay_namespace_received_bytes_total", "Bytes of bodies received, by namespace.",
         offsetof(struct sj_traffic, received_bytes)},
        {"scrubjay_namespace_sent_bytes_total", "Bytes of answers sent, by namespace.",
         offsetof(struct sj_traffic, sent_bytes)},
    };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        begin(page, families[i].family, "counter", families[i].help);
        struct spaces spaces = {page, families[i].offset};
        sj_metrics_spaces(metrics, print_space, &spaces);
    }
}

/** What the namespaces of a store hold, one after the other. */
struct usages {
    struct page *page;
    size_t count;         /**< printed */
    uint64_t other_bytes; /**< of those that were not */
};

static void print_usage(struct sj_str name, const struct sj_space_usage *usage, void *user)
{
    struct usages *usages = user;
    if (usages->count >= SPACES_PRINTED) {
        usages->other_bytes += usage->bytes;
        return;
    }
    usages->count++;
    struct sj_buf *out = usages->page->out;
    sj_buf_addf(out, "%s{namespace=\"", usages->page->family);
    add_value(out, name.len > 0 ? name.data : "default", name.len > 0 ? name.len : 7);
    sj_buf_addf(out, "\"} %" PRIu64 "\n", usage->bytes);
}

static void print_usages(struct page *page, struct sj_shared *shared)
{
    begin(page, "scrubjay_namespace_bytes", "gauge",
          "Bytes that lie in the store for a namespace, what was replaced included.");
    struct usages usages = {.page = page};
    (void)sj_shared_spaces(shared, print_usage, &usages);
    if (usages.other_bytes > 0) {
        const char *labels[] = {"namespace", "_other", NULL};
        add_sample(page, "", labels, usages.other_bytes);
    }
}

static void print_holdings(struct page *page, const struct sj_store_stat *store)
{
    add_gauge(page, "scrubjay_store_size_bytes", store->size_bytes,
              "Disk space of generations and index.");
    add_gauge(page, "scrubjay_store_limit_bytes", store->max_size_bytes,
              "Cap of the disk space (max_size).");
    add_gauge(page, "scrubjay_store_generations", store->generations, "Generations on disk.");
    const struct {
        const char *kind;
        uint64_t count;
    } kinds[] = {
        {"entry", store->entries},  {"object", store->objects}, {"pathset", store->pathsets},
        {"result", store->results}, {"stamp", store->stamps},
    };
    begin(page, "scrubjay_store_items", "gauge", "Values in the store, by kind.");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *labels[] = {"kind", kinds[i].kind, NULL};
        add_sample(page, "", labels, kinds[i].count);
    }
}

static void print_store(struct page *page, struct sj_shared *shared)
{
    struct sj_shared_stat stat = {0};
    int status = sj_shared_stat(shared, &stat);
    add_gauge(page, "scrubjay_store_readable", status == 0,
              "1 when the figures of the store could be read.");
    if (status < 0) {
        return;
    }
    print_holdings(page, &stat.store);
    add_counter(page, "scrubjay_store_evicted_generations_total", stat.dropped_generations,
                "Generations evicted to stay below the cap.");
    add_counter(page, "scrubjay_store_commits_total", stat.commits, "Groups of writes committed.");
    add_counter(page, "scrubjay_store_writes_total", stat.writes, "Writes committed.");
    add_counter(page, "scrubjay_store_written_bytes_total", stat.written_bytes,
                "Bytes of the values written, as stored.");
    begin(page, "scrubjay_store_sync_seconds_total", "counter",
          "Time that the writer spent waiting for the disk.");
    add_seconds(page, "", NULL, stat.sync_ns);
    add_counter(page, "scrubjay_store_failed_writes_total", stat.failed_writes,
                "Writes that failed.");
    add_counter(page, "scrubjay_store_damaged_total", stat.damaged,
                "Values found damaged, and forgotten.");
    add_counter(page, "scrubjay_store_promoted_total", stat.promoted,
                "Values copied forward because they were in use.");
    add_gauge(page, "scrubjay_store_queue_bytes", stat.queued_bytes,
              "Bytes of writes that wait for the writer.");
    add_gauge(page, "scrubjay_store_write_failure", stat.last_failure != 0,
              "1 when the last write failed: see /status for the reason.");
    print_usages(page, shared);
}

/** Descriptors that are open. @return 0: cannot be told, as when there are none left */
static uint64_t count_descriptors(void)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir("/proc/self/fd");
    uint64_t count = 0;
    for (struct dirent *one = dir ? readdir(dir) : NULL; one; one = readdir(dir)) {
        count += one->d_name[0] != '.';
    }
    // One is the directory's own.
    return count > 0 ? count - 1 : 0;
}

static void print_memory(struct page *page)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(4096);
    if (sj_file_read(AT_FDCWD, "/proc/self/statm", &text) < 0) {
        return;
    }
    // "size resident shared …", in pages.
    uint64_t pages[2] = {0};
    const char *at = sj_buf_text(&text);
    for (size_t i = 0; i < 2; i++) {
        for (; *at >= '0' && *at <= '9'; at++) {
            pages[i] = pages[i] * 10 + (uint64_t)(*at - '0');
        }
        at += *at == ' ';
    }
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    add_gauge(page, "process_virtual_memory_bytes", pages[0] * page_bytes,
              "Virtual memory size in bytes.");
    add_gauge(page, "process_resident_memory_bytes", pages[1] * page_bytes,
              "Resident memory size in bytes.");
}

static void print_process(struct page *page, const struct sj_metrics *metrics,
                          const struct sj_levels *levels)
{
    begin(page, "process_cpu_seconds_total", "counter",
          "Total user and system CPU time spent in seconds.");
    add_seconds(page, "", NULL, sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID));
    begin(page, "process_start_time_seconds", "gauge",
          "Start time of the process since unix epoch in seconds.");
    add_seconds(page, "", NULL, sj_metrics_start_ns(metrics));
    uint64_t descriptors = count_descriptors();
    if (descriptors > 0) {
        add_gauge(page, "process_open_fds", descriptors, "Number of open file descriptors.");
    }
    add_gauge(page, "process_max_fds", levels->fd_limit,
              "Maximum number of open file descriptors.");
    print_memory(page);
}

void sj_metrics_print(const struct sj_metrics *metrics, struct sj_shared *shared,
                      const struct sj_levels *levels, struct sj_buf *out)
{
    struct page page = {.out = out};
    struct sj_figures figures;
    sj_metrics_sum(metrics, &figures);

    begin(&page, "scrubjay_build_info", "gauge", "1; the label names the program's version.");
    const char *version[] = {"version", SJ_VERSION, NULL};
    add_sample(&page, "", version, 1);
    print_requests(&page, &figures);
    print_lookups(&page, &figures);
    print_durations(&page, &figures);
    print_bytes(&page, &figures);
    print_counts(&page, &figures);
    add_gauge(&page, "scrubjay_connections", levels->connections, "Connections that are open.");
    add_gauge(&page, "scrubjay_upload_bytes", levels->upload_bytes,
              "Bytes of uploads that are under way.");
    add_gauge(&page, "scrubjay_draining", levels->is_draining,
              "1 when the server is about to end.");
    print_spaces(&page, metrics);
    if (shared) {
        print_store(&page, shared);
    }
    print_process(&page, metrics, levels);
}
