// SPDX-License-Identifier: Apache-2.0
// Overview, commits, comparison and units of a real repository with a real journal.
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "dash/scope.h"
#include "pager.h"

#define SECOND 1e9

static const char *const reads_h[] = {"h.h", NULL};

/** A small project: three commits, three builds, the second commit changes a header. */
struct project {
    struct fixture at;
    struct pager pager;
    char commit[3][48];
};

static void build(struct project *project, const char *id)
{
    const struct fixture_build build = {.id = id};
    fixture_begin(&project->at, &build);
    const struct fixture_compile compiles[] = {
        {.source = "src/a.c", .output = "out/a.o", .inputs = reads_h, .cpu_ns = 2000 * FIXTURE_MS},
        {.source = "src/b.c", .output = "out/b.o", .inputs = reads_h, .cpu_ns = 1000 * FIXTURE_MS},
        {.source = "lib/c.c", .output = "out/c.o", .cpu_ns = 4000 * FIXTURE_MS},
    };
    for (size_t i = 0; i < sizeof compiles / sizeof compiles[0]; i++) {
        (void)fixture_compile(&project->at, &build, &compiles[i]);
    }
    fixture_end(&project->at, &build);
}

static void make(struct project *project)
{
    struct fixture *at = &project->at;
    fixture_make(at);
    fixture_write(at, "src/a.c", "a 1");
    fixture_write(at, "src/b.c", "b 1");
    fixture_write(at, "lib/c.c", "c 1");
    fixture_write(at, "h.h", "h 1");
    (void)snprintf(project->commit[0], sizeof project->commit[0], "%s",
                   fixture_commit(at, "first"));
    build(project, "one");
    fixture_write(at, "h.h", "h 2");
    (void)snprintf(project->commit[1], sizeof project->commit[1], "%s",
                   fixture_commit(at, "header"));
    build(project, "two");
    fixture_write(at, "src/b.c", "b 2");
    (void)snprintf(project->commit[2], sizeof project->commit[2], "%s",
                   fixture_commit(at, "<script>alert(1)</script>"));
    build(project, "three");
    fixture_load(at, NULL, NULL, 0);
    project->pager.at = at;
}

static void end(struct project *project)
{
    sj_dash_cache_free(project->pager.cache);
    fixture_remove(&project->at);
}

static json_t *get(struct project *project, const char *target)
{
    json_t *page = pager_json(&project->pager, target);
    cr_assert_not_null(page, "%s: %s", target, project->pager.err.text);
    return page;
}

static json_t *get_commit(struct project *project, const char *id)
{
    char target[80];
    (void)snprintf(target, sizeof target, "/dash/commit/%s?format=json", id);
    return get(project, target);
}

Test(pages_a, the_overview_tells_what_builds_cost)
{
    struct project project = {0};
    make(&project);
    json_t *page = get(&project, "/dash/overview?format=json");
    cr_expect_eq(pager_figure(page, "builds"), 3);
    // 7 s cold, then 3 s for the header, then 1 s.
    cr_expect_eq(pager_figure(page, "spent_cpu_ns"), 11 * SECOND);
    cr_expect_eq(pager_figure(page, "saved_cpu_ns"), 10 * SECOND);
    cr_expect_float_eq(pager_figure(page, "cpu_ns"), 7 * SECOND, 0.1 * SECOND);
    cr_expect_float_eq(pager_figure(page, "hit_rate_cpu"), 10.0 / 21, 1e-9);
    cr_expect(isnan(pager_figure(page, "money_saved")));
    cr_assert_eq(pager_rows(page, "cpu"), 3);
    cr_expect_float_eq(pager_number(page, "cpu", "cpu_ns", 2), 7 * SECOND, 0.1 * SECOND);
    cr_assert_eq(pager_rows(page, "causes"), 3);
    cr_expect_eq(pager_number(page, "causes", "first_builds", 0), 7 * SECOND);
    cr_expect_eq(pager_number(page, "causes", "commits", 1), 3 * SECOND);
    cr_expect_eq(pager_number(page, "causes", "commits", 2), 1 * SECOND);
    cr_expect_float_eq(pager_number(page, "rates", "by_count", 1), 1.0 / 3, 1e-9);
    cr_expect_float_eq(pager_number(page, "rates", "by_cpu", 1), 4.0 / 7, 1e-9);
    cr_expect_eq(pager_rows(page, "recent"), 3);
    cr_expect_str_eq(pager_text(page, "recent", "build", 0), "three");
    json_decref(page);
    end(&project);
}

static const char *const worked_out[] = {"/dash/overview?format=json", "/dash/misses?format=json",
                                         "/dash/commits?format=json", "/dash/headers?format=json",
                                         "/dash/unit/out%2Fa.o?format=json"};

static void get_all(struct project *project, char *texts[])
{
    for (size_t i = 0; i < sizeof worked_out / sizeof worked_out[0]; i++) {
        json_t *page = get(project, worked_out[i]);
        texts[i] = json_dumps(page, JSON_SORT_KEYS);
        json_decref(page);
    }
}

// All pages again, with what is kept as it is now.
static void expect_same(struct project *project, char *wanted[], const char *when)
{
    char *texts[sizeof worked_out / sizeof worked_out[0]];
    get_all(project, texts);
    for (size_t i = 0; i < sizeof worked_out / sizeof worked_out[0]; i++) {
        cr_expect_str_eq(texts[i], wanted[i], "%s: %s", when, worked_out[i]);
        free(texts[i]);
    }
}

// A file with an entry whose bytes make no sense, for each entry that there is.
static void spoil(const char *path, const char *spoilt)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(1 << 20);
    cr_assert_eq(sj_file_read(AT_FDCWD, path, &bytes), 0);
    struct sj_dash_cache *cache = sj_dash_cache_new(spoilt, false, 1 << 20);
    struct sj_reader reader = sj_reader_of(bytes.data, bytes.len);
    (void)sj_reader_take(&reader, 16);
    size_t count = 0;
    for (; reader.at < reader.end; count++) {
        struct sj_key key;
        uint32_t len = sj_reader_u32(&reader);
        memcpy(key.bytes, sj_reader_take(&reader, SJ_KEY_SIZE), SJ_KEY_SIZE);
        (void)sj_reader_take(&reader, SJ_KEY_SIZE);
        const char *data = sj_reader_take(&reader, len);
        cr_assert_not_null(data);
        SJ_AUTO(sj_auto_free) char *wrong = sj_calloc(len + 1, 1);
        memcpy(wrong, data, len);
        memset(wrong + len / 2, 0xff, len - len / 2);
        sj_dash_cache_put(cache, &key, wrong, count % 2 ? len - 1 : len / 2);
    }
    cr_expect_gt(count, 3);
    sj_dash_cache_free(cache);
}

Test(pages_a, what_was_worked_out_is_the_same_from_memory_and_from_its_file)
{
    struct project project = {0};
    char *wanted[sizeof worked_out / sizeof worked_out[0]];
    make(&project);
    get_all(&project, wanted);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/pages", project.at.dir);
    SJ_AUTO(sj_auto_free) char *spoilt = sj_asprintf("%s/spoilt", project.at.dir);
    project.pager.cache = sj_dash_cache_new(path, false, 1 << 20);
    expect_same(&project, wanted, "first");
    expect_same(&project, wanted, "from memory");
    sj_dash_cache_free(project.pager.cache);
    project.pager.cache = sj_dash_cache_new(path, false, 1 << 20);
    expect_same(&project, wanted, "from the file");
    sj_dash_cache_free(project.pager.cache);
    spoil(path, spoilt);
    project.pager.cache = sj_dash_cache_new(spoilt, false, 1 << 20);
    expect_same(&project, wanted, "from a file that makes no sense");
    for (size_t i = 0; i < sizeof worked_out / sizeof worked_out[0]; i++) {
        free(wanted[i]);
    }
    end(&project);
}

Test(pages_a, money_is_told_at_the_price_that_is_set)
{
    static const struct {
        const char *price;
        double saved; // for 10 s of CPU; NAN: none is told
    } cases[] = {
        {"360", 1},
        {"0.05", 10.0 / 3600 * 0.05},
        {"36.50", 10.0 / 3600 * 36.5},
        {".5", 10.0 / 3600 * 0.5},
        {"x", NAN},
        {"-1", NAN},
        {".", NAN},
        {"1e9", NAN},
    };
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_auto_free) char *price = sj_strdup(cases[i].price);
        project.pager.config.server.core_hour_price = price;
        json_t *page = get(&project, "/dash/overview?format=json");
        double saved = pager_figure(page, "money_saved");
        cr_expect(isnan(cases[i].saved) ? isnan(saved) : fabs(saved - cases[i].saved) < 1e-9,
                  "%s: %g", cases[i].price, saved);
        json_decref(page);
    }
    end(&project);
}

Test(pages_a, commits_are_listed_with_their_charges)
{
    struct project project = {0};
    make(&project);
    json_t *page = get(&project, "/dash/commits?format=json");
    cr_expect_eq(pager_figure(page, "missed_ns"), 11 * SECOND);
    cr_expect_eq(pager_figure(page, "charged_ns"), 4 * SECOND);
    cr_assert_eq(pager_rows(page, "lines"), 2);
    cr_expect_str_eq(pager_text(page, "lines", "commit", 0), project.commit[1]);
    cr_expect_str_eq(pager_text(page, "lines", "subject", 0), "header");
    cr_expect_eq(pager_number(page, "lines", "charge_ns", 0), 3 * SECOND);
    cr_expect_eq(pager_number(page, "lines", "standalone_ns", 0), 3 * SECOND);
    cr_expect_float_eq(pager_number(page, "lines", "share", 0), 3.0 / 11, 1e-9);
    cr_expect_eq(pager_number(page, "lines", "compiles", 0), 2);
    json_decref(page);
    page = get(&project, "/dash/commits?format=json&sort=charge_ns&max=1");
    cr_assert_eq(pager_rows(page, "lines"), 1);
    cr_expect_str_eq(pager_text(page, "lines", "commit", 0), project.commit[2]);
    json_decref(page);
    end(&project);
}

Test(pages_a, charges_are_added_up_in_five_ways)
{
    static const struct {
        const char *by;
        const char *first;
        double charge;
    } cases[] = {
        {"author", "", 4 * SECOND},
        {"directory", ".", 4 * SECOND},
        {"file", "h.h", 3 * SECOND},
        {"cause", "cold", 7 * SECOND},
    };
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char target[80];
        (void)snprintf(target, sizeof target, "/dash/commits?format=json&by=%s", cases[i].by);
        json_t *page = get(&project, target);
        const char *name = pager_text(page, "lines", cases[i].by, 0);
        cr_expect(!*cases[i].first || strcmp(name, cases[i].first) == 0, "%s: %s", target, name);
        cr_expect_eq(pager_number(page, "lines", "charge_ns", 0), cases[i].charge, "%s", target);
        json_decref(page);
    }
    cr_expect_null(pager_json(&project.pager, "/dash/commits?format=json&by=moon"));
    cr_expect_eq(project.pager.status, -EINVAL);
    end(&project);
}

Test(pages_a, a_commit_tells_what_it_had_compiled)
{
    struct project project = {0};
    make(&project);
    json_t *page = get_commit(&project, project.commit[1]);
    cr_expect_eq(pager_figure(page, "charge_ns"), 3 * SECOND);
    cr_expect_eq(pager_figure(page, "standalone_ns"), 3 * SECOND);
    cr_expect_eq(pager_figure(page, "builds"), 1);
    cr_assert_eq(pager_rows(page, "files"), 1);
    cr_expect_str_eq(pager_text(page, "files", "path", 0), "h.h");
    cr_assert_eq(pager_rows(page, "units"), 2);
    cr_expect_str_eq(pager_text(page, "units", "unit", 0), "out/a.o");
    cr_expect_str_eq(pager_text(page, "units", "via", 0), "h.h");
    cr_expect_eq(pager_number(page, "units", "charge_ns", 0), 2 * SECOND);
    cr_assert_eq(pager_rows(page, "directories"), 1);
    cr_expect_str_eq(pager_text(page, "directories", "directory", 0), "src");
    cr_expect_eq(pager_number(page, "directories", "cpu_ns", 0), 3 * SECOND);
    // What was to be expected came.
    cr_assert_eq(pager_rows(page, "prediction"), 2);
    cr_expect_eq(pager_number(page, "prediction", "units", 0), 2);
    cr_expect_eq(pager_number(page, "prediction", "units", 1), 2);
    cr_expect_eq(pager_number(page, "prediction", "cpu_ns", 0), 3 * SECOND);
    cr_expect_eq(pager_number(page, "prediction", "cpu_ns", 1), 3 * SECOND);
    cr_expect_geq(pager_rows(page, "change"), 1);
    cr_expect_str_eq(pager_text(page, "builds", "build", 0), "two");
    json_decref(page);
    end(&project);
}

Test(pages_a, a_commit_is_found_by_what_git_calls_it)
{
    static const char *const names[] = {"HEAD", "HEAD~0", "main"};
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *page = get_commit(&project, names[i]);
        cr_expect_eq(pager_figure(page, "charge_ns"), SECOND, "%s", names[i]);
        json_decref(page);
    }
    static const char *const wrong[] = {"nothing", "0000000000000000000000000000000000000000",
                                        "HEAD%5E%7B%2Fh%7D", "%3A%2Fh", "%2E%2E%2F%2E%2E%2Fetc"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char target[120];
        (void)snprintf(target, sizeof target, "/dash/commit/%s", wrong[i]);
        cr_expect_null(pager_json(&project.pager, target), "%s", target);
        cr_expect_eq(project.pager.status, -ENOENT, "%s", target);
        cr_expect(project.pager.err.text[0]);
    }
    end(&project);
}

Test(pages_a, builds_are_compared_by_id_and_by_commit)
{
    static const char *const targets[] = {"/dash/compare/one/two?format=json",
                                          "/dash/compare/HEAD~2/HEAD~1?format=json",
                                          "/dash/compare/one..two?format=json"};
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        json_t *page = get(&project, targets[i]);
        cr_expect_float_eq(pager_figure(page, "total_after_ns"), 7 * SECOND, 0.1 * SECOND);
        cr_expect_eq(pager_figure(page, "same"), 1, "%s", targets[i]);
        cr_expect_eq(pager_rows(page, "rows"), 3);
        json_decref(page);
    }
    json_t *page = get(&project, "/dash/compare/one/two?format=json&by=changed&sort=after_ns");
    cr_assert_eq(pager_rows(page, "rows"), 2);
    cr_expect_str_eq(pager_text(page, "rows", "unit", 0), "out/b.o");
    cr_expect_str_eq(pager_text(page, "rows", "why", 0), "inputs");
    json_decref(page);
    page = get(&project, "/dash/compare?format=json");
    cr_assert_eq(pager_rows(page, "pairs"), 2);
    cr_expect_str_eq(pager_text(page, "pairs", "before", 0), "two");
    json_decref(page);
    cr_expect_null(pager_json(&project.pager, "/api/v1/compare/one/nine"));
    cr_expect_null(pager_json(&project.pager, "/api/v1/compare/HEAD%5E%7B%2Fheader%7D/HEAD~1"));
    cr_expect_eq(project.pager.status, -ENOENT);
    cr_expect_eq(project.pager.status, -ENOENT);
    end(&project);
}

Test(pages_a, a_form_leads_to_a_comparison)
{
    static const struct {
        const char *asked;
        const char *location;
    } cases[] = {
        {"a=one&b=two", "/dash/compare/one/two"},
        {"a=+one+&b=HEAD~1&branch=main", "/dash/compare/one/HEAD~1?branch=main"},
        {"b=two&a=", "/dash/compare/one/two"},
        {"a=one", "/dash/compare/one/three"},
        {"b=main", "/dash/compare/two/main"},
    };
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_auto_free) char *target = sj_asprintf("/dash/compare?%s", cases[i].asked);
        json_decref(get(&project, target));
        cr_expect_str_eq(project.pager.location, cases[i].location, "%s: %s", cases[i].asked,
                         project.pager.location);
    }
    // Programs are answered at once.
    json_t *page = get(&project, "/api/v1/compare?a=one&b=two");
    cr_expect_str_empty(project.pager.location);
    cr_expect_eq(pager_rows(page, "rows"), 3);
    json_decref(page);
    end(&project);
}

Test(pages_a, builds_are_found_without_a_repository)
{
    struct project project = {0};
    make(&project);
    struct sj_repo *repo = project.at.repo;
    project.at.repo = NULL;
    SJ_AUTO(sj_auto_free)
    char *digits = sj_asprintf("/api/v1/compare/one/%.8s", project.commit[1]);
    SJ_AUTO(sj_auto_free)
    char *few = sj_asprintf("/api/v1/compare/one/%.6s", project.commit[1]);
    const char *const targets[] = {digits, "/api/v1/compare/one/main"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        json_t *page = get(&project, targets[i]);
        const char *after =
            json_string_value(json_object_get(json_object_get(page, "facts"), "after"));
        cr_expect_str_eq(after, i == 0 ? "two" : "three", "%s", targets[i]);
        json_decref(page);
    }
    cr_expect_null(pager_json(&project.pager, few));
    project.at.repo = repo;
    end(&project);
}

static void expect_html(struct project *project, const char *target, unsigned http,
                        const char *const *parts)
{
    SJ_AUTO(sj_buf_release) struct sj_buf html = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    pager_html(&project->pager, target, &html);
    cr_expect_eq(project->pager.http, http, "%s", target);
    for (size_t i = 0; parts[i]; i++) {
        cr_expect(strstr(sj_buf_text(&html), parts[i]), "%s lacks '%s': %s", target, parts[i],
                  sj_buf_text(&html));
    }
}

Test(pages_a, the_form_of_comparisons_is_always_there)
{
    static const char *const empty[] = {
        "<form class=\"ask\" method=\"get\" action=\"/dash/compare\">",
        "<datalist id=\"choices\"><option value=\"three\">",
        "name=\"branch\" value=\"main\"",
        NULL,
    };
    static const char *const filled[] = {"name=\"a\" value=\"one\"", "name=\"b\" value=\"two\"",
                                         "href=\"/dash/compare/two/one\"", NULL};
    static const char *const unknown[] = {
        "&#39;nine&#39; is neither a build, a commit nor a branch", "name=\"b\" value=\"nine\"",
        "id=\"pairs\"", NULL};
    static const char *const hostile[] = {"value=\"&quot;&gt;&lt;b&gt;\"", NULL};
    static const char *const first[] = {"There is no build before &#39;one&#39;", NULL};
    struct project project = {0};
    make(&project);
    expect_html(&project, "/dash/compare?branch=main", 200, empty);
    expect_html(&project, "/dash/compare/one/two", 200, filled);
    expect_html(&project, "/dash/compare/one/nine", 404, unknown);
    expect_html(&project, "/dash/compare?a=one&b=nine", 404, unknown);
    expect_html(&project, "/dash/compare?a=%22%3E%3Cb%3E", 404, hostile);
    expect_html(&project, "/dash/compare?b=one", 404, first);
    expect_html(&project, "/dash/compare?a=..&b=one", 404, filled + 3);
    end(&project);
}

Test(pages_a, units_are_listed_the_dearest_first)
{
    struct project project = {0};
    make(&project);
    json_t *page = get(&project, "/dash/units?format=json");
    cr_assert_eq(pager_rows(page, "units"), 3);
    // Missed once for 4 s, twice for 2 s, three times for 1 s.
    cr_expect_eq(pager_number(page, "units", "spent_cpu_ns", 0), 4 * SECOND);
    json_decref(page);
    page = get(&project, "/dash/units?format=json&sort=-misses");
    cr_expect_str_eq(pager_text(page, "units", "unit", 0), "out/b.o");
    cr_expect_eq(pager_number(page, "units", "misses", 0), 3);
    json_decref(page);
    page = get(&project, "/dash/units?format=json&toolchain=gcc-of-nobody");
    cr_expect_eq(pager_rows(page, "units"), 0);
    json_decref(page);
    end(&project);
}

Test(pages_a, a_unit_tells_its_inputs_and_misses)
{
    static const char *const names[] = {"out/b.o", "src/b.c", "b.o"};
    struct project project = {0};
    make(&project);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SJ_AUTO(sj_auto_free) char *link = sj_dash_link(NULL, "unit", names[i], NULL);
        SJ_AUTO(sj_auto_free) char *asked = sj_asprintf("%s?format=json", link);
        json_t *page = get(&project, asked);
        cr_expect_eq(pager_figure(page, "misses"), 3);
        cr_expect_eq(pager_figure(page, "spent_cpu_ns"), 3 * SECOND);
        cr_assert_eq(pager_rows(page, "cpu"), 3);
        cr_expect_float_eq(pager_number(page, "cpu", "cpu_ns", 2), SECOND, 0.1 * SECOND);
        cr_assert_eq(pager_rows(page, "misses"), 3);
        cr_expect_str_eq(pager_text(page, "misses", "build", 0), "three");
        cr_expect_str_eq(pager_text(page, "misses", "cause", 0), "commit");
        cr_expect_str_eq(pager_text(page, "misses", "path", 0), "src/b.c");
        cr_expect_str_eq(pager_text(page, "misses", "path", 1), "h.h");
        cr_assert_geq(pager_rows(page, "inputs"), 2);
        cr_expect_eq(pager_number(page, "inputs", "changes", 0), 1);
        cr_expect_eq(pager_number(page, "inputs", "size_bytes", 0), 3);
        cr_expect_str_eq(pager_text(page, "inputs", "kind", 0), "file");
        json_decref(page);
    }
    cr_expect_null(pager_json(&project.pager, "/dash/unit/nothing"));
    cr_expect_eq(project.pager.status, -ENOENT);
    end(&project);
}

Test(pages_a, hostile_texts_end_no_element)
{
    struct project project = {0};
    make(&project);
    char commit[80];
    (void)snprintf(commit, sizeof commit, "/dash/commit/%s", project.commit[2]);
    const char *const targets[] = {"/dash",         "/dash/commits",           commit,
                                   "/dash/compare", "/dash/compare/two/three", "/dash/units"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf html = SJ_BUF_INIT(SJ_PAGE_BODY_MAX);
        pager_html(&project.pager, targets[i], &html);
        cr_expect_null(strstr(sj_buf_text(&html), "<script>alert"), "%s", targets[i]);
    }
    end(&project);
}

// However many namespaces there are, and also where only one sees what has none.
Test(pages_a, readers_are_told_apart_by_all_that_they_see)
{
    static char labels[100][24];
    static struct sj_view_build builds[100];
    const struct sj_view view = {.builds = builds, .build_count = 100};
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(labels[i], sizeof labels[i], "namespace=n%zu", i / 2);
        builds[i].build.labels = labels[i];
    }
    struct sj_key all = sj_dash_reader(&view);
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(labels[i], sizeof labels[i], "namespace=n%zu", i < 98 ? i : 0);
    }
    struct sj_key less = sj_dash_reader(&view);
    builds[99].build.labels = "namespace=other";
    struct sj_key other = sj_dash_reader(&view);
    builds[99].build.labels = "namespace=";
    struct sj_key nameless = sj_dash_reader(&view);
    builds[99].build.labels = "";
    struct sj_key none = sj_dash_reader(&view);
    cr_expect_not(sj_key_eq(&all, &less));
    cr_expect_not(sj_key_eq(&less, &other));
    cr_expect_not(sj_key_eq(&nameless, &other));
    cr_expect_not(sj_key_eq(&nameless, &none));
}

Test(pages_a, who_may_see_nothing_sees_nothing)
{
    static const char *const targets[] = {"/dash/overview?format=json", "/dash/commits?format=json",
                                          "/dash/units?format=json", "/dash/compare?format=json"};
    struct project project = {0};
    make(&project);
    project.pager.space = "elsewhere";
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        json_t *page = get(&project, targets[i]);
        double builds = pager_figure(page, "builds");
        cr_expect(isnan(builds) || builds == 0, "%s", targets[i]);
        json_decref(page);
    }
    cr_expect_null(pager_json(&project.pager, "/dash/unit/out%2Fa.o"));
    cr_expect_null(pager_json(&project.pager, "/api/v1/compare/one/two"));
    end(&project);
}
