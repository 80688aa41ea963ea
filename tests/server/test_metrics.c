// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "server/figures.h"
#include "server/metrics.h"
#include "store/write.h"

static struct sj_metrics *metrics;
static struct sj_buf text;

static void begin(void)
{
    metrics = sj_metrics_new();
    text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
}

static void end(void)
{
    sj_metrics_free(metrics);
    sj_buf_release(&text);
}

TestSuite(metrics, .init = begin, .fini = end);

static void note(enum sj_protocol protocol, unsigned method, const char *space, unsigned status)
{
    sj_metrics_note(metrics, &(struct sj_request_note){.protocol = protocol,
                                                       .method = method,
                                                       .target = "/x",
                                                       .space = sj_str_of(space),
                                                       .is_lookup = method == SJ_METHOD_GET,
                                                       .status = status,
                                                       .wall_ns = 300000,
                                                       .received_bytes = 10,
                                                       .sent_bytes = 100});
}

static const char *print(void)
{
    const struct sj_levels levels = {.connections = 3, .upload_bytes = 4, .fd_limit = 1024};
    sj_buf_clear(&text);
    sj_metrics_print(metrics, NULL, &levels, &text);
    return sj_buf_text(&text);
}

static void expect_lines(const char *const *lines)
{
    const char *page = print();
    for (size_t i = 0; lines[i]; i++) {
        const char *at = strstr(page, lines[i]);
        cr_expect(at && (at == page || at[-1] == '\n') && at[strlen(lines[i])] == '\n',
                  "no line '%s'", lines[i]);
    }
}

Test(metrics, counts_requests_by_protocol_method_and_status)
{
    note(SJ_PROTOCOL_BAZEL, SJ_METHOD_GET, "main", 200);
    note(SJ_PROTOCOL_BAZEL, SJ_METHOD_GET, "main", 404);
    note(SJ_PROTOCOL_BAZEL, SJ_METHOD_PUT, "main", 200);
    note(SJ_PROTOCOL_BAZEL, SJ_METHOD_PUT, "main", 0);
    note(SJ_PROTOCOL_NX, 0, "main", 418);
    note(SJ_PROTOCOL_NX, SJ_METHOD_MKCOL, "", 405);
    note(SJ_PROTOCOL_OWN, SJ_METHOD_GET, "", 200);
    static const char *const lines[] = {
        "scrubjay_http_requests_total{protocol=\"bazel\",method=\"GET\",code=\"200\"} 1",
        "scrubjay_http_requests_total{protocol=\"bazel\",method=\"PUT\",code=\"499\"} 1",
        "scrubjay_http_requests_total{protocol=\"nx\",method=\"other\",code=\"other\"} 1",
        "scrubjay_http_requests_total{protocol=\"nx\",method=\"MKCOL\",code=\"405\"} 1",
        "scrubjay_cache_requests_total{protocol=\"bazel\",outcome=\"hit\"} 1",
        "scrubjay_cache_requests_total{protocol=\"bazel\",outcome=\"miss\"} 1",
        "scrubjay_cache_requests_total{protocol=\"nx\",outcome=\"hit\"} 0",
        "scrubjay_http_received_bytes_total{protocol=\"bazel\"} 40",
        "scrubjay_http_sent_bytes_total{protocol=\"own\"} 100",
        "scrubjay_namespace_requests_total{namespace=\"main\"} 5",
        "scrubjay_namespace_hits_total{namespace=\"main\"} 1",
        "scrubjay_connections 3",
        "process_max_fds 1024",
        NULL,
    };
    expect_lines(lines);
}

Test(metrics, sorts_durations_into_buckets)
{
    static const uint64_t durations_ns[] = {0, 100000, 100001, 30000000000, 30000000001};
    for (size_t i = 0; i < sizeof durations_ns / sizeof durations_ns[0]; i++) {
        sj_metrics_note(metrics, &(struct sj_request_note){.protocol = SJ_PROTOCOL_CCACHE,
                                                           .method = SJ_METHOD_PUT,
                                                           .status = 201,
                                                           .wall_ns = durations_ns[i]});
    }
    static const char *const lines[] = {
        "scrubjay_http_request_duration_seconds_bucket{protocol=\"ccache\",le=\"0.0001\"} 2",
        "scrubjay_http_request_duration_seconds_bucket{protocol=\"ccache\",le=\"0.00025\"} 3",
        "scrubjay_http_request_duration_seconds_bucket{protocol=\"ccache\",le=\"1\"} 3",
        "scrubjay_http_request_duration_seconds_bucket{protocol=\"ccache\",le=\"30\"} 4",
        "scrubjay_http_request_duration_seconds_bucket{protocol=\"ccache\",le=\"+Inf\"} 5",
        "scrubjay_http_request_duration_seconds_sum{protocol=\"ccache\"} 60.000200002",
        "scrubjay_http_request_duration_seconds_count{protocol=\"ccache\"} 5",
        NULL,
    };
    expect_lines(lines);
}

Test(metrics, counts_the_values_of_a_batch)
{
    sj_metrics_note(metrics, &(struct sj_request_note){.protocol = SJ_PROTOCOL_NATIVE,
                                                       .method = SJ_METHOD_POST,
                                                       .status = 200,
                                                       .found = 7,
                                                       .missed = 5});
    sj_metrics_note(metrics, &(struct sj_request_note){.protocol = SJ_PROTOCOL_TURBO,
                                                       .method = SJ_METHOD_GET,
                                                       .target = "/v8/artifacts/status",
                                                       .status = 200});
    sj_metrics_client_event(metrics, true, 1500);
    sj_metrics_client_event(metrics, false, 0);
    static const char *const lines[] = {
        "scrubjay_cache_requests_total{protocol=\"native\",outcome=\"hit\"} 7",
        "scrubjay_cache_requests_total{protocol=\"native\",outcome=\"miss\"} 5",
        "scrubjay_cache_requests_total{protocol=\"turbo\",outcome=\"hit\"} 0",
        "scrubjay_client_cache_events_total{outcome=\"hit\"} 1",
        "scrubjay_client_saved_seconds_total 1.500000000",
        "scrubjay_namespace_hits_total{namespace=\"default\"} 7",
        NULL,
    };
    expect_lines(lines);
}

Test(metrics, counts_things_one_by_one)
{
    for (unsigned what = 0; what < SJ_COUNT_COUNT; what++) {
        sj_metrics_count(metrics, what);
        cr_assert_not_null(sj_count_name(what)->family);
    }
    static const char *const lines[] = {
        "scrubjay_connections_accepted_total 1",
        "scrubjay_connections_expired_total 1",
        "scrubjay_rejected_total{reason=\"malformed\"} 1",
        "scrubjay_rejected_total{reason=\"invalid\"} 1",
        "scrubjay_reloads_total 1",
        "scrubjay_accept_failures_total 1",
        NULL,
    };
    expect_lines(lines);
}

struct tally {
    unsigned names;
    uint64_t requests;
    uint64_t other;
};

static void add_to_tally(const char *name, const struct sj_traffic *traffic, void *user)
{
    struct tally *tally = user;
    tally->names++;
    tally->requests += traffic->requests;
    tally->other += strcmp(name, "_other") == 0 ? traffic->requests : 0;
}

Test(metrics, tells_a_bounded_number_of_namespaces_apart)
{
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "pr-%u", i);
        note(SJ_PROTOCOL_GRADLE, SJ_METHOD_PUT, name, 200);
        note(SJ_PROTOCOL_GRADLE, SJ_METHOD_PUT, name, 200);
    }
    struct tally tally = {0};
    sj_metrics_spaces(metrics, add_to_tally, &tally);
    cr_expect_eq(tally.names, SJ_SPACES_COUNTED + 1);
    cr_expect_eq(tally.requests, 2000);
    cr_expect_eq(tally.other, 2 * (1000 - SJ_SPACES_COUNTED));
}

Test(metrics, gives_no_room_to_namespaces_that_only_failed)
{
    static const unsigned statuses[] = {0, 401, 403, 404, 500};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        note(SJ_PROTOCOL_GRADLE, SJ_METHOD_GET, "guessed", statuses[i]);
    }
    struct tally tally = {0};
    sj_metrics_spaces(metrics, add_to_tally, &tally);
    cr_expect_eq(tally.names, 1);
    cr_expect_eq(tally.other, 5);
}

static void *note_many(void *user)
{
    (void)user;
    for (unsigned i = 0; i < 20000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "ns-%u", i % 300);
        note(SJ_PROTOCOL_SCCACHE, SJ_METHOD_GET, name, 200);
    }
    return NULL;
}

Test(metrics, loses_nothing_that_several_threads_count)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, note_many, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    struct sj_figures figures;
    sj_metrics_sum(metrics, &figures);
    cr_expect_eq(figures.traffic[SJ_PROTOCOL_SCCACHE].requests, 80000);
    cr_expect_eq(figures.traffic[SJ_PROTOCOL_SCCACHE].found, 80000);
    struct tally tally = {0};
    sj_metrics_spaces(metrics, add_to_tally, &tally);
    cr_expect_eq(tally.requests, 80000);
    cr_expect_leq(tally.names, SJ_SPACES_COUNTED + 1);
}

Test(metrics, is_what_prometheus_reads)
{
    if (access("/usr/bin/promtool", X_OK) < 0) {
        cr_skip("promtool is not installed");
    }
    for (unsigned status = 200; status < 520; status += 4) {
        note(status % SJ_PROTOCOL_COUNT, 1U << (status / 4 % 8), "main", status);
    }
    (void)print();
    FILE *tool = popen("promtool check metrics", "we");
    cr_assert_not_null(tool);
    cr_assert_eq(fwrite(text.data, 1, text.len, tool), text.len);
    int state = pclose(tool);
    cr_expect(WIFEXITED(state) && WEXITSTATUS(state) == 0, "%s", text.data);
}

/** A store that holds an entry of a namespace. */
static struct sj_shared *open_store(const char *dir)
{
    struct sj_shared *shared = NULL;
    struct sj_err err = {0};
    const struct sj_shared_options options = {.dir = dir};
    cr_assert_eq(sj_shared_open(&options, &shared, &err), 0, "%s", err.text);
    struct sj_write *write = sj_write_new(shared, sj_str_of("main"));
    struct sj_key key = sj_key_of("key", 3);
    SJ_AUTO(sj_buf_release) struct sj_buf value = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&value, "value");
    sj_write_blob(write, SJ_BLOB_ENTRY, &key, &value);
    cr_assert_eq(sj_write_submit(write, NULL, NULL), 0);
    sj_shared_flush(shared);
    return shared;
}

Test(metrics, tells_what_the_store_holds)
{
    char dir[] = "/tmp/scrubjay-metrics-XXXXXX";
    cr_assert(mkdtemp(dir));
    struct sj_shared *shared = open_store(dir);
    const struct sj_levels levels = {.fd_limit = 1024};
    sj_metrics_print(metrics, shared, &levels, &text);
    static const char *const lines[] = {
        "\nscrubjay_store_readable 1\n",
        "\nscrubjay_store_items{kind=\"entry\"} 1\n",
        "\nscrubjay_store_writes_total 1\n",
        "\nscrubjay_store_write_failure 0\n",
        "\nscrubjay_namespace_bytes{namespace=\"main\"} ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        cr_expect(strstr(sj_buf_text(&text), lines[i]), "%s in %s", lines[i], text.data);
    }
    sj_buf_clear(&text);
    sj_metrics_status(metrics, shared, &levels, "1", &text);
    cr_expect(strstr(sj_buf_text(&text), "\"entries\":1,"), "%s", text.data);
    sj_shared_close(shared);
    cr_expect_eq(sj_tree_remove(dir), 0);
}

Test(metrics, gives_the_main_figures_as_json)
{
    note(SJ_PROTOCOL_NX, SJ_METHOD_GET, "main", 200);
    sj_metrics_count(metrics, SJ_COUNT_REJECTED_QUOTA);
    const struct sj_levels levels = {.connections = 3, .is_draining = true};
    sj_metrics_status(metrics, NULL, &levels, "1.2.3", &text);
    static const char *const parts[] = {
        "{\"version\":\"1.2.3\",\"uptime_seconds\":",
        "\"draining\":true,\"connections\":3,",
        "\"requests\":1,\"hits\":1,\"misses\":0,",
        "\"protocols\":{\"nx\":{\"requests\":1,",
        "\"lately\":{\"minute\":{\"seconds\":",
        "\"sent_bytes\":100}}},\"hour\":{\"seconds\":",
        "\"quota\":1,",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cr_expect(strstr(sj_buf_text(&text), parts[i]), "%s in %s", parts[i], sj_buf_text(&text));
    }
}
