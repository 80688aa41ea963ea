// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "trace/export_chrome.h"
#include "trace/export_metrics.h"
#include "trace/export_rows.h"

#define US 1000
#define T0 UINT64_C(1795639100000000000)

static const uint64_t counts[] = {0, 3, 2};
static const uint64_t times[] = {0, 0, UINT64_C(2500000000)};

static struct sj_export_build build_of(const char *id, const char *branch)
{
    return (struct sj_export_build){
        .id = id,
        .project = "example.org/jay",
        .branch = branch,
        .job = "gcc",
        .commit = "",
        .system = "",
        .run = "",
        .machine = "",
        .labels = "",
        .url = "",
        .start_ns = T0,
        .wall_ns = 1000000,
        .count = counts,
        .action_ns = times,
    };
}

static struct sj_export_action action_of(const char *unit, uint64_t start_us, uint64_t wall_us)
{
    return (struct sj_export_action){
        .unit = unit,
        .source = "",
        .language = "c",
        .toolchain = "gcc",
        .tool = "/usr/bin/gcc",
        .outcome = "miss",
        .reason = "",
        .detail = "",
        .args = "",
        .start_ns = T0 + start_us * US + 999,
        .wall_ns = wall_us * US,
        .cpu_ns = 1500,
    };
}

Test(export, csv_quotes_what_needs_it)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_export_build build = build_of("b\"1", "a,b");
    struct sj_export_action action = action_of("x\r\ny", 0, 1);
    action.detail = "=1+1";
    sj_export_csv_row(&build, &action, &out);
    static const char begin[] = "\"b\"\"1\",example.org/jay,\"a,b\",gcc,";
    cr_expect(strncmp(sj_buf_text(&out), begin, sizeof begin - 1) == 0, "%s", sj_buf_text(&out));
    cr_expect(strstr(sj_buf_text(&out), ",\"x\r\ny\",") != NULL);
    cr_expect(strstr(sj_buf_text(&out), ",=1+1,") != NULL);
    cr_expect_str_eq(sj_buf_text(&out) + out.len - 2, "\r\n");
}

static size_t count_of(const char *text, char wanted)
{
    size_t count = 0;
    for (; *text; text++) {
        count += *text == wanted;
    }
    return count;
}

Test(export, csv_has_a_value_for_each_name)
{
    SJ_AUTO(sj_buf_release) struct sj_buf head = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf row = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_export_build build = build_of("b", "main");
    struct sj_export_action action = action_of("a.o", 0, 1);
    sj_export_csv_head(&head);
    sj_export_csv_row(&build, &action, &row);
    cr_expect_eq(count_of(sj_buf_text(&head), ','), count_of(sj_buf_text(&row), ','));
}

Test(export, json_lines_are_objects_whatever_the_names)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_export_build build = build_of("b\n", "main");
    struct sj_export_action action = action_of("\xff\"\x01.o", 0, 1);
    action.exit_status = -1;
    sj_export_json_row(&build, &action, &out);
    cr_assert_eq(count_of(sj_buf_text(&out), '\n'), 1);
    json_t *root = json_loads(sj_buf_text(&out), JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root);
    cr_expect_str_eq(json_string_value(json_object_get(root, "unit")), "\xef\xbf\xbd\"\x01.o");
    cr_expect_eq(json_integer_value(json_object_get(root, "exit_status")), -1);
    cr_expect(json_is_false(json_object_get(root, "stored")));
    json_decref(root);
}

Test(export, metrics_are_summed_by_project_and_branch)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_export_build builds[] = {build_of("1", "main"), build_of("2", "a\"\\\n\xff"),
                                       build_of("3", "main")};
    builds[0].start_ns += 5;
    builds[2].exit_status = 1;
    static const char *const outcomes[] = {NULL, "hit", "miss"};
    sj_export_metrics(builds, 3, outcomes, 3, &out);
    static const char *const wanted[] = {
        "scrubjay_builds{project=\"example.org/jay\",branch=\"main\"} 2\n",
        "scrubjay_builds{project=\"example.org/jay\",branch=\"a\\\"\\\\\\n\xef\xbf\xbd\"} 1\n",
        "scrubjay_builds_failed{project=\"example.org/jay\",branch=\"main\"} 1\n",
        "scrubjay_actions{project=\"example.org/jay\",branch=\"main\",outcome=\"hit\"} 6\n",
        "scrubjay_action_cpu_seconds{project=\"example.org/jay\",branch=\"main\",outcome=\"miss\"} "
        "5.000000000\n",
        "scrubjay_latest_build_timestamp_seconds{project=\"example.org/jay\",branch=\"main\"} "
        "1795639100.000000005\n",
        "\n# EOF\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        cr_expect(strstr(sj_buf_text(&out), wanted[i]) != NULL, "%s", wanted[i]);
    }
}

static json_t *trace_of(struct sj_chrome_build *builds, size_t count, struct sj_chrome_left *left)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    const struct sj_export_out out = {.buf = &buf};
    cr_assert_eq(sj_export_chrome(builds, count, &out, left), 0);
    json_t *root = json_loads(sj_buf_text(&buf), JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root, "%s", sj_buf_text(&buf));
    return root;
}

static int64_t number(const json_t *event, const char *name)
{
    return json_integer_value(json_object_get(event, name));
}

static const char *text(const json_t *event, const char *name)
{
    const char *value = json_string_value(json_object_get(event, name));
    return value ? value : "";
}

// The event of a phase and name; the nth one.
static const json_t *event_of(const json_t *root, const char *ph, const char *name, size_t nth)
{
    const json_t *events = json_object_get(root, "traceEvents");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (strcmp(text(event, "ph"), ph) == 0 && strcmp(text(event, "name"), name) == 0 &&
            nth-- == 0) {
            return event;
        }
    }
    return NULL;
}

Test(export, chrome_packs_actions_into_threads)
{
    const struct sj_chrome_action actions[] = {
        {action_of("late.o", 10, 5), "commit", "necessary", "commit 1: a.h", 1},
        {action_of("first.o", 0, 10), "", "", "", SJ_CHROME_NONE},
        {action_of("beside.o", 3, 20), "evicted", "redundant", "", SJ_CHROME_NONE},
    };
    struct sj_chrome_build build = {
        .build = build_of("1", "main"), .actions = actions, .action_count = 3};
    struct sj_chrome_left left;
    json_t *root = trace_of(&build, 1, &left);
    const json_t *first = event_of(root, "X", "first.o", 0);
    const json_t *late = event_of(root, "X", "late.o", 0);
    const json_t *beside = event_of(root, "X", "beside.o", 0);
    cr_assert(first && late && beside);
    cr_expect_eq(number(first, "tid"), number(late, "tid"));
    cr_expect_neq(number(first, "tid"), number(beside, "tid"));
    cr_expect_eq(number(late, "ts"), 10);
    cr_expect_eq(number(late, "dur"), 5);
    cr_expect_str_eq(text(json_object_get(late, "args"), "cause"), "commit");
    cr_expect_str_eq(text(beside, "cname"), "bad");

    const json_t *from = event_of(root, "s", "critical path", 0);
    const json_t *to = event_of(root, "f", "critical path", 0);
    cr_assert(from && to);
    cr_expect_eq(number(from, "ts"), 9);
    cr_expect_eq(number(to, "ts"), 10);
    cr_expect_eq(number(from, "id"), number(to, "id"));
    cr_expect_str_eq(text(to, "bp"), "e");

    static const struct {
        int64_t at;
        int64_t jobs;
    } running[] = {{0, 1}, {3, 2}, {10, 2}, {15, 1}, {23, 0}};
    for (size_t i = 0; i < sizeof running / sizeof running[0]; i++) {
        const json_t *counter = event_of(root, "C", "running jobs", i);
        cr_assert_not_null(counter);
        cr_expect_eq(number(counter, "ts"), running[i].at);
        cr_expect_eq(number(json_object_get(counter, "args"), "jobs"), running[i].jobs);
    }
    json_decref(root);
}

Test(export, chrome_nests_spans_below_their_action)
{
    const struct sj_chrome_action actions[] = {
        {action_of("a.o", 0, 100), "", "", "", SJ_CHROME_NONE}};
    struct sj_chrome_span spans[] = {
        {T0 + 10 * US, 20 * US, 1, 0, "inner", "b.h"},
        {T0 + 5 * US, 50 * US, 0, 0, "outer", NULL},
        {T0 + 25 * US, 900 * US, 1, 0, "sticks out", NULL},
        {T0 + 500 * US, US, 0, 0, "outside", NULL},
        {T0, 200 * US, 0, SJ_CHROME_NONE, "build", NULL},
        {T0 + 100 * US, 150 * US, 0, SJ_CHROME_NONE, "beside", NULL},
        {T0 + 20 * US, 30 * US, 0, SJ_CHROME_NONE, "within", NULL},
        {T0 + 20 * US, 30 * US, 0, SJ_CHROME_NONE, "within", "told again"},
    };
    struct sj_chrome_build build = {
        .build = build_of("1", "main"),
        .actions = actions,
        .action_count = 1,
        .spans = spans,
        .span_count = sizeof spans / sizeof spans[0],
    };
    struct sj_chrome_left left;
    json_t *root = trace_of(&build, 1, &left);
    const json_t *action = event_of(root, "X", "a.o", 0);
    const json_t *outer = event_of(root, "X", "outer", 0);
    const json_t *inner = event_of(root, "X", "inner", 0);
    const json_t *out = event_of(root, "X", "sticks out", 0);
    const json_t *phase = event_of(root, "X", "build", 0);
    const json_t *beside = event_of(root, "X", "beside", 0);
    const json_t *within = event_of(root, "X", "within", 0);
    cr_assert(action && outer && inner && out && phase && beside && within);
    cr_expect_null(event_of(root, "X", "outside", 0));
    cr_expect_eq(left.spans, 1);
    cr_expect_eq(number(inner, "tid"), number(action, "tid"));
    cr_expect_eq(number(inner, "ts"), 10);
    cr_expect_str_eq(text(json_object_get(inner, "args"), "detail"), "b.h");
    // cut where the one that it began in ends
    cr_expect_eq(number(out, "ts") + number(out, "dur"), 30);
    cr_expect_neq(number(phase, "tid"), number(beside, "tid"));
    cr_expect_eq(number(phase, "tid"), number(within, "tid"));
    cr_expect_str_eq(text(json_object_get(within, "args"), "detail"), "told again");
    cr_expect_null(event_of(root, "X", "within", 1));
    cr_expect_lt(number(phase, "tid"), number(action, "tid"));
    json_decref(root);
}

Test(export, chrome_of_nothing_is_a_trace)
{
    struct sj_chrome_left left;
    json_t *root = trace_of(NULL, 0, &left);
    cr_expect_eq(json_array_size(json_object_get(root, "traceEvents")), 0);
    json_decref(root);
    struct sj_chrome_build build = {.build = build_of("1", "main")};
    root = trace_of(&build, 1, &left);
    cr_expect_not_null(event_of(root, "M", "process_name", 0));
    json_decref(root);
}
