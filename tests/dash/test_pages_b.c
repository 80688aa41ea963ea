// SPDX-License-Identifier: Apache-2.0
// Pages of builds, headers, misses and the store: their JSON has the right numbers, and nothing
// that the reader may not see.
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analyze/fixture.h"
#include "base/file.h"
#include "base/mem.h"
#include "dash/page.h"

#define S (1000 * FIXTURE_MS) // a second

static struct fixture at;
static struct sj_config config;
static bool may_read_all;
static char problem[512]; // of the latest page that was not made

static void enter(void)
{
    fixture_make(&at);
    config = (struct sj_config){.cache_dir = at.cache};
    may_read_all = true;
}

static void leave(void)
{
    fixture_remove(&at);
}

TestSuite(pages_b, .init = enter, .fini = leave);

static bool may_read(struct sj_str space, void *user)
{
    (void)space;
    (void)user;
    return false;
}

static int no_status(struct sj_buf *out, void *user)
{
    (void)out;
    (void)user;
    return -ENOTSUP;
}

static int some_status(struct sj_buf *out, void *user)
{
    (void)user;
    sj_buf_adds(out, "{\"version\":\"1\",\"uptime_seconds\":10,\"requests\":50,\"hits\":3,"
                     "\"misses\":1,\"lately\":{\"minute\":{\"seconds\":65,\"requests\":130,"
                     "\"hits\":0,\"misses\":0,\"protocols\":{\"webdav\":{\"requests\":65}}},"
                     "\"hour\":{\"seconds\":100,\"requests\":150,\"hits\":1,\"misses\":1,"
                     "\"protocols\":{}}},\"protocols\":{\"webdav\":{\"requests\":20,\"hits\":3,"
                     "\"misses\":1,\"received_bytes\":7,\"sent_bytes\":9}},"
                     "\"rejected\":{\"busy\":0,\"auth_failed\":2},"
                     "\"store\":{\"size_bytes\":4096,\"limit_bytes\":8192,\"generations\":2,"
                     "\"evicted_generations\":1,\"objects\":5,\"results\":4},"
                     "\"namespaces\":[{\"name\":\"default\",\"bytes\":100,\"items\":3},"
                     "{\"name\":\"team\",\"bytes\":200,\"items\":4}]}");
    return 0;
}

static const struct sj_dash_page *page_of(const char *name)
{
    size_t count;
    const struct sj_dash_page *const *pages = sj_dash_pages(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pages[i]->name, name) == 0) {
            return pages[i];
        }
    }
    cr_assert_fail("no page '%s'", name);
    return NULL;
}

/** A page, made. */
struct made {
    struct sj_buf text; // JSON, HTML or what the page has made itself
    json_t *json;       // NULL: the page has made something itself
    int status;
};

static void release(struct made *made)
{
    json_decref(made->json);
    sj_buf_release(&made->text);
}

static void write_down(struct sj_dash_call *call, bool is_html, struct made *made)
{
    const struct sj_doc_frame frame = {
        .query = call->query, .project = "", .form_key = "", .currency = "", .is_local = true};
    if (call->raw_type) {
        made->text = call->raw;
        return;
    }
    if (is_html) {
        sj_doc_html(call->doc, &frame, &made->text);
        return;
    }
    sj_doc_json(call->doc, &made->text);
    json_error_t error;
    made->json = json_loadb(sj_buf_text(&made->text), made->text.len, 0, &error);
    cr_assert(made->json, "%s: %s", error.text, sj_buf_text(&made->text));
}

// Makes a page of an address. The view of the fixture must have been loaded.
static struct made make(const char *path, const char *asked)
{
    struct made made = {.text = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)};
    struct sj_dash_query query = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_dash_query_read(sj_str_of(path), sj_str_of(asked), at.now_ns, &query, &err), 0,
                 "%s", err.text);
    const struct sj_page_request request = {
        .path = sj_str_of(path),
        .accept = "",
        .host = "",
        .is_local = may_read_all,
        .is_admin = may_read_all,
        .may_see = true,
        .may_read = may_read,
        .token_id = "",
        .form_key = "",
    };
    const struct sj_dash_site site = {
        .config = &config,
        .db = at.db,
        .repo = at.repo,
        .history = at.history,
        .now_ns = at.now_ns,
        .status = strstr(asked, "space=") ? some_status : no_status,
    };
    const struct sj_dash_page *page = page_of(query.page);
    struct sj_dash_call call = {
        .site = &site,
        .query = &query,
        .request = &request,
        .filter = {.project = "example.org/project",
                   .branch = query.parameter[SJ_DASH_BRANCH],
                   .job = query.parameter[SJ_DASH_JOB]},
        .doc = sj_doc_new(page->name, "a page"),
        .status = 200,
    };
    made.status = page->make(&call, &err);
    (void)snprintf(problem, sizeof problem, "%s", err.text);
    if (made.status == 0) {
        write_down(&call, query.format == SJ_DASH_HTML && strstr(asked, "table=html"), &made);
    }
    sj_doc_free(call.doc);
    sj_dash_query_release(&query);
    return made;
}

static struct made make_well(const char *path, const char *asked)
{
    struct made made = make(path, asked);
    cr_assert_eq(made.status, 0, "%s: %s", path, problem);
    return made;
}

static double figure(const struct made *made, const char *id)
{
    const json_t *value = json_object_get(json_object_get(made->json, "figures"), id);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *fact(const struct made *made, const char *id)
{
    const char *text = json_string_value(json_object_get(json_object_get(made->json, "facts"), id));
    return text ? text : "";
}

static const json_t *column(const struct made *made, const char *table, const char *id)
{
    const json_t *tables = json_object_get(made->json, "tables");
    const json_t *data = json_object_get(json_object_get(tables, table), "data");
    const json_t *values = json_object_get(data, id);
    cr_assert(json_is_array(values), "no column %s of %s", id, table);
    return values;
}

static double cell(const struct made *made, const char *table, const char *id, size_t row)
{
    const json_t *value = json_array_get(column(made, table, id), row);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *word(const struct made *made, const char *table, const char *id, size_t row)
{
    const char *text = json_string_value(json_array_get(column(made, table, id), row));
    return text ? text : "";
}

static size_t rows(const struct made *made, const char *table, const char *id)
{
    return json_array_size(column(made, table, id));
}

// The row of a table in which a column has a text.
static size_t row_of(const struct made *made, const char *table, const char *id, const char *text)
{
    for (size_t i = 0; i < rows(made, table, id); i++) {
        if (strcmp(word(made, table, id, i), text) == 0) {
            return i;
        }
    }
    cr_assert_fail("no row '%s' in %s", text, table);
    return 0;
}

static void expect(double is, double should, const char *what)
{
    cr_expect_lt(fabs(is - should), 1e-6 * (fabs(should) + 1), "%s: %f, not %f", what, is, should);
}

#define INPUTS(...) ((const char *const[]){__VA_ARGS__, NULL})

// Three units that read two headers; 1, 2 and 4 seconds of CPU.
static const struct fixture_compile units[] = {
    {.source = "src/a.c",
     .output = "src/a.o",
     .inputs = INPUTS("src/both.h", "src/one.h"),
     .cpu_ns = 1 * S},
    {.source = "src/b.c", .output = "src/b.o", .inputs = INPUTS("src/both.h"), .cpu_ns = 2 * S},
    {.source = "src/c.c", .output = "src/c.o", .inputs = INPUTS("src/own.h"), .cpu_ns = 4 * S},
};

static void write_tree(void)
{
    fixture_write(&at, "src/a.c", "#include \"both.h\"\n#include \"one.h\"\n");
    fixture_write(&at, "src/b.c", "#include \"both.h\"\n");
    fixture_write(&at, "src/c.c", "#include \"own.h\"\n");
    fixture_write(&at, "src/both.h", "#pragma once\n");
    fixture_write(&at, "src/one.h", "#pragma once\n");
    fixture_write(&at, "src/own.h", "#pragma once\n");
    (void)fixture_commit(&at, "begin");
}

static void build_all(const struct fixture_build *build)
{
    fixture_begin(&at, build);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        (void)fixture_compile(&at, build, &units[i]);
    }
}

static void build_whole(const char *id)
{
    const struct fixture_build build = {.id = id};
    build_all(&build);
    fixture_end(&at, &build);
}

// Build "one" compiles all, build "two" what the change of both.h invalidates.
static void make_two(void)
{
    write_tree();
    build_whole("one");
    fixture_write(&at, "src/both.h", "#pragma once\n// changed\n");
    (void)fixture_commit(&at, "change both");
    build_whole("two");
}

static void load(void)
{
    fixture_load(&at, NULL, NULL, 0);
}

Test(pages_b, builds_are_listed_newest_first)
{
    make_two();
    load();
    struct made made = make_well("/dash/builds", "");
    expect(figure(&made, "builds"), 2, "builds");
    expect(figure(&made, "spent"), 10e9, "spent");
    expect(figure(&made, "saved"), 4e9, "saved");
    expect(figure(&made, "hit_rate"), 1.0 / 6, "hit rate");
    cr_expect_str_eq(word(&made, "builds", "build", 0), "two");
    cr_expect_str_eq(word(&made, "builds", "status", 0), "ok");
    cr_expect_str_eq(word(&made, "builds", "branch", 1), "main");
    expect(cell(&made, "builds", "spent", 0), 3e9, "spent of two");
    release(&made);
    made = make_well("/dash/builds", "sort=spent");
    cr_expect_str_eq(word(&made, "builds", "build", 0), "two");
    release(&made);
    made = make_well("/dash/builds", "sort=-spent&max=1");
    cr_expect_eq(rows(&made, "builds", "build"), 1);
    cr_expect_str_eq(word(&made, "builds", "build", 0), "one");
    release(&made);
    made = make_well("/dash/builds", "machine=nobody");
    expect(figure(&made, "builds"), 0, "builds of nobody");
    release(&made);
}

Test(pages_b, a_build_has_its_actions_and_causes)
{
    make_two();
    load();
    struct made made = make_well("/dash/build/two", "");
    expect(figure(&made, "spent"), 3e9, "spent");
    expect(figure(&made, "saved"), 4e9, "saved");
    expect(figure(&made, "redundant"), 0, "redundant");
    cr_expect_str_eq(fact(&made, "status"), "ok");
    cr_expect_str_eq(fact(&made, "compared_with"), "one");
    cr_expect_eq(strlen(fact(&made, "commit")), 40);
    cr_expect_eq(rows(&made, "waterfall", "name"), 3);
    size_t row = row_of(&made, "waterfall", "name", "src/b.o");
    cr_expect_str_eq(word(&made, "waterfall", "class", row), "necessary");
    cr_expect_str_eq(word(&made, "waterfall", "why", row), "commits");
    expect(cell(&made, "waterfall", "length", row), 2e9, "length of b");
    row = row_of(&made, "waterfall", "name", "src/c.o");
    cr_expect_str_eq(word(&made, "waterfall", "class", row), "hit");
    cr_expect_str_eq(word(&made, "waterfall", "why", row), "hit");
    // The dearest unit comes first, with the commit that made it necessary.
    cr_expect_str_eq(word(&made, "units", "unit", 0), "src/b.o");
    cr_expect(strstr(word(&made, "units", "cause", 0), "change both"), "%s",
              word(&made, "units", "cause", 0));
    cr_expect(strstr(word(&made, "units", "cause", 0), "src/both.h"));
    cr_expect_eq(rows(&made, "causes", "cause"), 1);
    expect(cell(&made, "causes", "charged", 0), 3e9, "charged");
    // Wall time of all classes, and of none, is that of the build.
    double wall = 0;
    for (size_t i = 0; i < rows(&made, "classes", "wall"); i++) {
        wall += cell(&made, "classes", "wall", i);
    }
    expect(wall, 2e9 + 10e6, "wall");
    cr_expect_not(json_object_get(made.json, "live_s"));
    release(&made);
}

Test(pages_b, a_build_that_was_compiled_again_is_redundant)
{
    make_two();
    static const struct fixture_build other = {.id = "three", .machine = "host-2"};
    fixture_forget(&at);
    build_all(&other);
    fixture_end(&at, &other);
    load();
    struct made made = make_well("/dash/build/three", "");
    expect(figure(&made, "redundant"), 7e9, "redundant");
    size_t row = row_of(&made, "waterfall", "name", "src/c.o");
    cr_expect_str_eq(word(&made, "waterfall", "class", row), "redundant");
    cr_expect_str_eq(word(&made, "waterfall", "why", row), "redundant");
    release(&made);

    made = make_well("/dash/misses", "");
    expect(figure(&made, "redundant_cpu"), 7e9, "redundant");
    expect(figure(&made, "necessary_cpu"), 10e9, "necessary");
    cr_expect_eq(rows(&made, "redundant", "unit"), 3);
    cr_expect_str_eq(word(&made, "redundant", "unit", 0), "src/c.o");
    expect(cell(&made, "redundant", "compiles", 0), 2, "compiles");
    expect(cell(&made, "redundant", "wasted_cpu", 0), 4e9, "wasted");
    cr_expect_str_eq(word(&made, "redundant", "machines", 0), "host-1, host-2");
    cr_expect_str_eq(word(&made, "redundant", "build", 0), "three");
    row = row_of(&made, "kinds", "name", "commit");
    expect(cell(&made, "kinds", "cpu", row), 3e9, "commits");
    row = row_of(&made, "kinds", "name", "cold");
    expect(cell(&made, "kinds", "cpu", row), 7e9, "cold");
    // All days together are all misses.
    double sum = 0;
    for (size_t i = 0; i < rows(&made, "days", "day"); i++) {
        sum += cell(&made, "days", "commit", i) + cell(&made, "days", "cold", i) +
               cell(&made, "days", "not-shared", i);
    }
    expect(sum, 17e9, "days");
    release(&made);
}

Test(pages_b, a_build_under_way_is_live)
{
    write_tree();
    static const struct fixture_build build = {.id = "now"};
    build_all(&build);
    load();
    struct made made = make_well("/dash/build/now", "");
    cr_expect_str_eq(fact(&made, "status"), "running");
    cr_expect_eq(json_integer_value(json_object_get(made.json, "live_s")), 5);
    release(&made);
    made = make_well("/dash/build/now", "table=html");
    cr_expect(strstr(sj_buf_text(&made.text), "data-live=\"5\""));
    release(&made);
    // Nobody has heard of it for long: it is not waited for.
    at.now_ns += 2 * FIXTURE_HOUR;
    made = make_well("/dash/build/now", "");
    cr_expect_str_eq(fact(&made, "status"), "no end");
    cr_expect_not(json_object_get(made.json, "live_s"));
    release(&made);
}

Test(pages_b, reasons_have_their_cpu)
{
    write_tree();
    static const struct fixture_build build = {.id = "one"};
    static const struct fixture_compile link = {.source = "src/a.c",
                                                .output = "prog",
                                                .outcome = SJ_OUTCOME_BYPASS,
                                                .reason = "link",
                                                .cpu_ns = 5 * S};
    static const struct fixture_compile racy = {.source = "src/b.c",
                                                .output = "src/b.o",
                                                .reason = "racy",
                                                .is_unstored = true,
                                                .cpu_ns = 6 * S};
    fixture_begin(&at, &build);
    (void)fixture_compile(&at, &build, &link);
    (void)fixture_compile(&at, &build, &link);
    (void)fixture_compile(&at, &build, &racy);
    fixture_end(&at, &build);
    load();
    struct made made = make_well("/dash/misses", "");
    cr_expect_eq(rows(&made, "bypass", "id"), 1);
    cr_expect_str_eq(word(&made, "bypass", "id", 0), "link");
    expect(cell(&made, "bypass", "count", 0), 2, "links");
    expect(cell(&made, "bypass", "cpu", 0), 10e9, "links");
    cr_expect_str_eq(word(&made, "uncacheable", "id", 0), "racy");
    expect(cell(&made, "uncacheable", "cpu", 0), 6e9, "racy");
    release(&made);
}

#define DAYS(count) ((count)*24 * FIXTURE_HOUR)

// both.h changes four times in two months, own.h once, in the last one.
static void make_months(void)
{
    write_tree();
    for (int i = 0; i < 4; i++) {
        at.now_ns += DAYS(15);
        SJ_AUTO(sj_auto_free) char *text = sj_asprintf("#pragma once\n// change %d\n", i);
        fixture_write(&at, "src/both.h", text);
        (void)fixture_commit(&at, "change both");
    }
    at.now_ns += DAYS(40);
    fixture_write(&at, "src/own.h", "#pragma once\n// change\n");
    (void)fixture_commit(&at, "change own");
    build_whole("one");
}

Test(pages_b, headers_have_their_cost)
{
    make_months();
    load();
    struct made made = make_well("/dash/headers", "");
    expect(figure(&made, "headers"), 3, "headers");
    expect(figure(&made, "cpu"), 7e9, "cpu");
    size_t row = row_of(&made, "headers", "header", "src/both.h");
    cr_expect_eq(row, 0, "the dearest comes first");
    // What changed lately has become dearer, what did not has become cheaper.
    size_t own = row_of(&made, "headers", "header", "src/own.h");
    cr_expect_lt(cell(&made, "headers", "change", row), 0);
    cr_expect_gt(cell(&made, "headers", "change", own), 0);
    cr_expect_str_eq(word(&made, "map", "name", 0), "src/both.h");
    expect(cell(&made, "headers", "units", row), 2, "units");
    expect(cell(&made, "headers", "cpu", row), 3e9, "cpu");
    expect(cell(&made, "headers", "changes", row), 4, "changes");
    release(&made);

    made = make_well("/dash/header/src%2Fboth.h", "");
    cr_expect_str_eq(fact(&made, "path"), "src/both.h");
    expect(figure(&made, "units"), 2, "units");
    cr_expect_str_eq(word(&made, "units", "unit", 0), "src/b.o");
    cr_expect_str_eq(word(&made, "commits", "subject", 0), "change both");
    cr_expect_eq(rows(&made, "edges", "from"), 2);
    release(&made);

    made = make_well("/dash/header/both.h", "edge=src/b.c:src/both.h");
    expect(figure(&made, "edge_lost"), 1, "lost");
    expect(figure(&made, "edge_left"), 1, "left");
    expect(figure(&made, "edge_lost_cpu"), 2e9, "lost cpu");
    release(&made);
    made = make_well("/dash/headers", "branch=other");
    cr_expect(strstr(sj_buf_text(&made.text), "no build whose records"));
    release(&made);
    made = make("/dash/header/none.h", "");
    cr_expect_eq(made.status, -ENOENT);
    cr_expect(strstr(problem, "no unit reads"), "%s", problem);
    release(&made);
}

Test(pages_b, what_may_not_be_seen_is_not_there)
{
    make_two();
    load();
    may_read_all = false;
    static const char *const pages[] = {"/dash/builds", "/dash/status", "/dash/cache"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct made made = make_well(pages[i], "");
        cr_expect_not(strstr(sj_buf_text(&made.text), "host-1"), "%s", pages[i]);
        cr_expect_not(strstr(sj_buf_text(&made.text), "two"), "%s", pages[i]);
        cr_expect_not(strstr(sj_buf_text(&made.text), "_bytes"), "%s", pages[i]);
        release(&made);
    }
    static const char *const builds[] = {"/dash/build/two", "/dash/trace/two", "/dash/build/last"};
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        struct made made = make(builds[i], "");
        cr_expect_eq(made.status, -ENOENT, "%s", builds[i]);
        cr_expect_not(strstr(problem, "one"), "%s", problem);
        release(&made);
    }
    struct made made = make_well("/dash/badge/hit-rate.svg", "");
    cr_expect(strstr(sj_buf_text(&made.text), "no builds"));
    release(&made);
}

Test(pages_b, an_unknown_build_says_which_there_are)
{
    make_two();
    load();
    struct made made = make("/dash/build/three", "");
    cr_expect_eq(made.status, -ENOENT);
    cr_expect_str_eq(problem, "there is no build 'three'; the latest ones are 'two', 'one'");
    release(&made);
}

Test(pages_b, a_trace_is_a_file)
{
    make_two();
    load();
    struct made made = make_well("/dash/trace/two", "");
    cr_expect_not(made.json);
    json_t *json = json_loadb(sj_buf_text(&made.text), made.text.len, 0, NULL);
    cr_assert(json);
    cr_expect(json_is_array(json_object_get(json, "traceEvents")));
    cr_expect(strstr(sj_buf_text(&made.text), "src/both.h"));
    json_decref(json);
    release(&made);
}

Test(pages_b, badges_have_the_figures_of_the_filters)
{
    static const struct {
        const char *path;
        const char *asked;
        const char *text;
    } badges[] = {
        {"/dash/badge/hit-rate.svg", "", ">17%<"},
        {"/dash/badge/cpu.svg", "", ">5.0 s<"},
        {"/dash/badge/saved.svg", "branch=main", ">4.0 s<"},
        {"/dash/badge/cpu.svg", "branch=other", ">no builds<"},
    };
    make_two();
    load();
    for (size_t i = 0; i < sizeof badges / sizeof badges[0]; i++) {
        struct made made = make_well(badges[i].path, badges[i].asked);
        cr_expect(strstr(sj_buf_text(&made.text), badges[i].text), "%s: %s", badges[i].path,
                  sj_buf_text(&made.text));
        release(&made);
    }
    struct made made = make("/dash/badge/other.svg", "");
    cr_expect_eq(made.status, -ENOENT);
    release(&made);
}

Test(pages_b, the_cache_page_has_the_figures_of_the_server)
{
    make_two();
    load();
    struct made made = make_well("/dash/cache", "space=team");
    expect(figure(&made, "size_bytes"), 4096, "size");
    expect(figure(&made, "evicted_generations"), 1, "evicted");
    expect(figure(&made, "requests_per_second"), 2, "rate");
    expect(figure(&made, "hit_rate"), 0.5, "hit rate of the last hour");
    expect(cell(&made, "traffic", "requests_per_second", 1), 1.5, "rate of the last hour");
    expect(cell(&made, "traffic", "requests_per_second", 2), 5, "rate since the start");
    expect(cell(&made, "protocols", "minute", 0), 1, "rate of a protocol");
    expect(cell(&made, "protocols", "hour", 0), 0, "rate of one that was not spoken");
    expect(cell(&made, "protocols", "hit_rate", 0), 0.75, "hits");
    cr_expect_eq(rows(&made, "namespaces", "namespace"), 1);
    expect(cell(&made, "namespaces", "bytes", 0), 200, "bytes of team");
    cr_expect_eq(rows(&made, "rejected", "reason"), 1);
    cr_expect_str_eq(word(&made, "rejected", "reason", 0), "auth_failed");
    cr_expect_str_eq(word(&made, "rejected", "why", 0), "wrong or expired token");
    release(&made);
    may_read_all = false;
    made = make_well("/dash/cache", "space=team");
    cr_expect_eq(rows(&made, "namespaces", "namespace"), 0);
    cr_expect(isnan(figure(&made, "size_bytes")));
    release(&made);
}

Test(pages_b, audits_that_differed_are_told)
{
    write_tree();
    static const struct fixture_build build = {.id = "one"};
    static const struct fixture_compile good = {
        .source = "src/a.c", .output = "src/a.o", .way = FIXTURE_HIT, .flags = SJ_RECORD_AUDIT};
    fixture_begin(&at, &build);
    (void)fixture_compile(&at, &build, &units[1]);
    (void)fixture_compile(&at, &build, &good);
    fixture_end(&at, &build);
    load();
    struct made made = make_well("/dash/status", "");
    cr_expect_eq(rows(&made, "audits", "unit"), 0);
    expect(figure(&made, "behind_bytes"), 0, "behind");
    cr_expect(fact(&made, "version")[0]);
    size_t row = row_of(&made, "ingested", "name", "records");
    expect(cell(&made, "ingested", "count", row), 2, "records");
    row = row_of(&made, "builds", "name", "without_commit");
    expect(cell(&made, "builds", "count", row), 0, "without a commit");
    release(&made);
    // What has come since is not taken in yet.
    fixture_begin(&at, &build);
    made = make_well("/dash/status", "");
    cr_expect_gt(figure(&made, "behind_bytes"), 0);
    release(&made);
}

Test(pages_b, tokens_are_listed_without_their_secrets)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/tokens", at.cache);
    load();
    struct made made = make_well("/dash/tokens", "");
    expect(figure(&made, "tokens"), 0, "tokens");
    cr_expect_eq(json_array_size(json_object_get(made.json, "commands")), 2);
    release(&made);
    cr_assert_eq(sj_file_write(path, 0600, "nonsense\n", 9), 0);
    made = make("/dash/tokens", "");
    cr_expect_lt(made.status, 0);
    release(&made);
}

Test(pages_b, hostile_names_are_text)
{
    static const char evil[] = "<script>alert(1)</script>\"'&";
    write_tree();
    const struct fixture_build build = {
        .id = "<img src=x onerror=alert(2)>", .branch = evil, .machine = evil, .job = evil};
    build_all(&build);
    fixture_end(&at, &build);
    fixture_write(&at, "src/<b>.h", "#pragma once\n");
    load();
    static const char *const pages[] = {
        "/dash/builds",     "/dash/build/%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E",
        "/dash/build/last", "/dash/misses",
        "/dash/headers",    "/dash/status",
        "/dash/cache",
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct made made = make_well(pages[i], "table=html");
        cr_expect_not(strstr(sj_buf_text(&made.text), "<script>alert"), "%s", pages[i]);
        cr_expect_not(strstr(sj_buf_text(&made.text), "<img src=x"), "%s", pages[i]);
        release(&made);
        made = make_well(pages[i], "");
        release(&made);
    }
}
