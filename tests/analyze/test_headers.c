// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "analyze/edges.h"
#include "fixture.h"

#define BOTH (SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS))

static struct fixture at;

static void enter(void)
{
    fixture_make(&at);
}

static void leave(void)
{
    fixture_remove(&at);
}

TestSuite(headers, .init = enter, .fini = leave);

/** What each unit reads, and what it costs. */
static const struct fixture_compile compiles[] = {
    {.source = "src/a.c",
     .output = "src/a.o",
     .inputs = (const char *const[]){"src/input.h", "src/server.h", "src/view.h", NULL},
     .cpu_ns = 1000 * FIXTURE_MS},
    {.source = "src/b.c",
     .output = "src/b.o",
     .inputs = (const char *const[]){"src/input.h", "src/server.h", NULL},
     .cpu_ns = 2000 * FIXTURE_MS},
    {.source = "src/c.c",
     .output = "src/c.o",
     .inputs = (const char *const[]){"src/server.h", NULL},
     .cpu_ns = 4000 * FIXTURE_MS},
    {.source = "src/d.c",
     .output = "src/d.o",
     .inputs = (const char *const[]){"src/config.h", NULL},
     .cpu_ns = 8000 * FIXTURE_MS},
};

static void build_all(const char *id)
{
    const struct fixture_build build = {.id = id};
    fixture_begin(&at, &build);
    for (size_t i = 0; i < sizeof compiles / sizeof compiles[0]; i++) {
        (void)fixture_compile(&at, &build, &compiles[i]);
    }
    fixture_end(&at, &build);
}

// server.h is read through input.h by a and b only; a reads view.h beside it.
static void make_project(void)
{
    fixture_write(&at, "src/a.c", "#include \"input.h\"\n#include \"view.h\"\n");
    fixture_write(&at, "src/b.c", "#include \"input.h\"\n");
    fixture_write(&at, "src/c.c", "#include \"server.h\"\n");
    fixture_write(&at, "src/d.c", "#include CONFIG\n");
    fixture_write(&at, "src/input.h", "#pragma once\n#include \"server.h\"\n");
    fixture_write(&at, "src/server.h", "#pragma once\n");
    fixture_write(&at, "src/view.h", "#pragma once\n");
    fixture_write(&at, "src/config.h", "#pragma once\n");
    (void)fixture_commit(&at, "begin");
}

// Three commits: server.h alone, server.h and view.h, nothing that is read.
static void make_history(void)
{
    make_project();
    fixture_write(&at, "src/server.h", "#pragma once\n// 1\n");
    (void)fixture_commit(&at, "server");
    fixture_write(&at, "src/server.h", "#pragma once\n// 2\n");
    fixture_write(&at, "src/view.h", "#pragma once\n// 2\n");
    (void)fixture_commit(&at, "server and view");
    fixture_write(&at, "README", "x");
    (void)fixture_commit(&at, "words");
    build_all("one");
}

static struct sj_header row_of(const struct sj_headers *headers, const char *path)
{
    uint32_t file;
    cr_assert_eq(sj_fanout_find(&headers->fanout, path, &file), 0, "%s", path);
    for (size_t i = 0; i < headers->count; i++) {
        if (headers->rows[i].file == file) {
            return headers->rows[i];
        }
    }
    cr_expect_fail("%s has no row", path);
    return (struct sj_header){0};
}

static void load(struct sj_headers *headers)
{
    fixture_load(&at, NULL, NULL, BOTH);
    struct sj_err err = {0};
    cr_assert_eq(sj_headers_make(&at.view, SJ_NO_COMMIT, SJ_HEADERS_DAYS, headers, &err), 0, "%s",
                 err.text);
}

static void expect_ms(double ns, double ms)
{
    cr_expect_lt(fabs(ns / (double)FIXTURE_MS - ms), 1e-6, "%f ms, not %f", ns / (double)FIXTURE_MS,
                 ms);
}

Test(headers, commits_are_shared_among_files)
{
    make_history();
    struct sj_headers headers;
    load(&headers);
    static const struct {
        const char *path;
        uint32_t units;
        double cpu, changes, naive, share, alone; // milliseconds
    } rows[] = {
        // a is invalidated by both files of the second commit: half each.
        {"src/server.h", 3, 7000, 2, 14000, 13500, 13000},
        {"src/view.h", 1, 1000, 1, 1000, 500, 0},
        {"src/input.h", 2, 3000, 0, 0, 0, 0},
        {"src/a.c", 1, 1000, 0, 0, 0, 0},
    };
    double total = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_header row = row_of(&headers, rows[i].path);
        const struct sj_replay_file *past = &headers.replay.files[row.file];
        cr_expect_eq(headers.fanout.files[row.file].count, rows[i].units, "%s", rows[i].path);
        expect_ms((double)headers.fanout.files[row.file].cpu_ns, rows[i].cpu);
        cr_expect_eq(past->changes, rows[i].changes, "%s", rows[i].path);
        expect_ms(past->naive_ns, rows[i].naive);
        expect_ms(past->share_ns, rows[i].share);
        expect_ms(past->alone_ns, rows[i].alone);
        total += past->share_ns;
    }
    // Nothing is lost: shares add up to all that commits invalidated.
    expect_ms(headers.replay.total_ns, 14000);
    expect_ms(total, 14000);
    cr_expect_eq(headers.replay.commit_count, 2);
    cr_expect_eq(headers.fanout.unit_count, 4);
    cr_expect(headers.fanout.files[row_of(&headers, "src/a.c").file].is_source);
    sj_headers_release(&headers);
}

Test(headers, files_are_found_by_the_end_of_their_path)
{
    make_history();
    fixture_write(&at, "lib/view.h", "");
    (void)fixture_commit(&at, "another view");
    const struct fixture_build build = {.id = "two"};
    const struct fixture_compile more = {.source = "src/e.c",
                                         .output = "src/e.o",
                                         .inputs = (const char *const[]){"lib/view.h", NULL}};
    fixture_write(&at, "src/e.c", "");
    fixture_begin(&at, &build);
    (void)fixture_compile(&at, &build, &more);
    fixture_end(&at, &build);
    struct sj_headers headers;
    load(&headers);
    uint32_t file;
    cr_expect_eq(sj_fanout_find(&headers.fanout, "server.h", &file), 0);
    cr_expect_eq(sj_fanout_find(&headers.fanout, "view.h", &file), -EEXIST);
    cr_expect_eq(sj_fanout_find(&headers.fanout, "src/view.h", &file), 0);
    cr_expect_eq(sj_fanout_find(&headers.fanout, "rver.h", &file), -ENOENT);
    cr_expect_eq(headers.fanout.unit_count, 5, "units of the build before still stand");
    sj_headers_release(&headers);
}

Test(headers, units_whose_source_went_are_gone)
{
    make_history();
    fixture_delete(&at, "src/c.c");
    (void)fixture_commit(&at, "c goes");
    const struct fixture_build build = {.id = "two"};
    fixture_begin(&at, &build);
    (void)fixture_compile(&at, &build, &compiles[0]);
    fixture_end(&at, &build);
    struct sj_headers headers;
    load(&headers);
    cr_expect_eq(headers.gone, 1);
    cr_expect_eq(headers.fanout.unit_count, 3);
    sj_headers_release(&headers);
}

Test(headers, without_a_build_there_is_nothing)
{
    make_project();
    fixture_load(&at, NULL, NULL, BOTH);
    struct sj_headers headers;
    struct sj_err err = {0};
    cr_expect_eq(sj_headers_make(&at.view, SJ_NO_COMMIT, 365, &headers, &err), -ENOENT);
}

static const struct sj_edge *edge_of(const struct sj_headers *headers, const struct sj_edges *edges,
                                     const char *from, const char *to)
{
    uint32_t a;
    uint32_t b;
    cr_assert_eq(sj_fanout_find(&headers->fanout, from, &a), 0);
    cr_assert_eq(sj_fanout_find(&headers->fanout, to, &b), 0);
    for (size_t i = 0; i < edges->count; i++) {
        if (edges->items[i].from == a && edges->items[i].to == b) {
            return &edges->items[i];
        }
    }
    return NULL;
}

Test(headers, an_include_is_worth_what_would_be_lost_without_it)
{
    make_history();
    struct sj_headers headers;
    load(&headers);
    const struct sj_edge_source source = {.repo = at.repo};
    struct sj_edges edges;
    uint32_t server;
    cr_assert_eq(sj_fanout_find(&headers.fanout, "server.h", &server), 0);
    cr_assert_eq(sj_edges_to(&at.view, &headers, &source, server, &edges), 0);
    static const struct {
        const char *from, *to;
        uint32_t units, lost;
        double cpu; // milliseconds
    } rows[] = {
        {"src/input.h", "src/server.h", 2, 2, 3000},
        {"src/a.c", "src/input.h", 1, 1, 1000},
        {"src/c.c", "src/server.h", 1, 1, 4000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sj_edge *edge = edge_of(&headers, &edges, rows[i].from, rows[i].to);
        cr_assert_not_null(edge, "%s", rows[i].from);
        cr_expect_eq(edge->units, rows[i].units, "%s", rows[i].from);
        cr_expect_eq(edge->lost, rows[i].lost, "%s", rows[i].from);
        expect_ms((double)edge->lost_cpu_ns, rows[i].cpu);
        cr_expect_eq(edge->line, rows[i].from[4] == 'i' ? 2 : 1);
    }
    // Without input.h -> server.h a would still be compiled by the commit that changes view.h.
    const struct sj_edge *edge = edge_of(&headers, &edges, "src/input.h", "src/server.h");
    cr_expect_lt(edge->window_ns, 5.0 * 1e9);
    cr_expect_gt(edge->window_ns, 4.99 * 1e9);
    cr_expect_null(edge_of(&headers, &edges, "src/a.c", "src/view.h"));
    cr_expect_eq(edges.macros, 1);
    cr_expect_eq(edges.loose, 1, "config.h is led to by a macro");
    cr_expect_eq(edges.unread, 0);
    sj_edges_release(&edges);
    sj_headers_release(&headers);
}

Test(headers, a_second_way_keeps_a_header)
{
    make_history();
    fixture_write(&at, "src/view.h", "#pragma once\n#ifdef X\n#include \"server.h\"\n#endif\n");
    (void)fixture_commit(&at, "view includes server");
    build_all("two");
    struct sj_headers headers;
    load(&headers);
    const struct sj_edge_source source = {.repo = at.repo};
    struct sj_edges edges;
    cr_assert_eq(sj_edges_make(&at.view, &headers, &source, &edges), 0);
    cr_expect_eq(edge_of(&headers, &edges, "src/input.h", "src/server.h")->lost, 1, "b alone");
    const struct sj_edge *edge = edge_of(&headers, &edges, "src/view.h", "src/server.h");
    cr_assert_not_null(edge);
    cr_expect_eq(edge->lost, 0);
    cr_expect(edge->is_conditional);
    sj_edges_release(&edges);
    // Without texts nothing is promised at all.
    cr_assert_eq(sj_edges_make(&at.view, &headers, &(struct sj_edge_source){0}, &edges), 0);
    cr_expect_eq(edges.count, 0);
    cr_expect_eq(edges.unread, headers.fanout.file_count);
    sj_edges_release(&edges);
    sj_headers_release(&headers);
}
