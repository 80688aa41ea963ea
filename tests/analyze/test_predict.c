// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyze/budget.h"
#include "analyze/description.h"
#include "analyze/recipe.h"
#include "base/mem.h"
#include "fixture.h"
#include "repo/pending.h"

#define MOST                                                            \
    (SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS) | \
     SJ_OUTCOME_BIT(SJ_OUTCOME_BYPASS))

static struct fixture at;

static void enter(void)
{
    fixture_make(&at);
}

static void leave(void)
{
    fixture_remove(&at);
}

TestSuite(predict, .init = enter, .fini = leave);

static const struct fixture_compile compiles[] = {
    {.source = "src/a.c",
     .output = "src/a.o",
     .inputs = (const char *const[]){"src/api.h", "src/deep.h", "inc/late.h", NULL},
     .cpu_ns = 1000 * FIXTURE_MS},
    {.source = "src/b.c",
     .output = "src/b.o",
     .inputs = (const char *const[]){"src/api.h", "src/deep.h", NULL},
     .cpu_ns = 2000 * FIXTURE_MS},
    {.source = "src/c.c",
     .output = "src/c.o",
     .inputs = (const char *const[]){"src/deep.h", NULL},
     .cpu_ns = 4000 * FIXTURE_MS},
    {.source = "lib/v.c",
     .output = "lib/v.o",
     .inputs = (const char *const[]){"lib/version.h", NULL},
     .cpu_ns = 500 * FIXTURE_MS},
};

static void build_some(const char *id, const char *units)
{
    const struct fixture_build build = {.id = id};
    fixture_begin(&at, &build);
    for (size_t i = 0; i < sizeof compiles / sizeof compiles[0]; i++) {
        if (strchr(units, compiles[i].source[4])) {
            (void)fixture_compile(&at, &build, &compiles[i]);
        }
    }
    fixture_end(&at, &build);
}

static void begin(void)
{
    static const char *const paths[] = {"src/a.c",   "src/b.c",    "src/c.c",
                                        "src/api.h", "src/deep.h", "lib/v.c"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        fixture_write(&at, paths[i], paths[i]);
    }
    fixture_write(&at, "lib/version.h", "0");
    fixture_write(&at, ".gitignore", "version.h\n");
    fixture_write(&at, "src/Makefile", "OBJS = a.o b.o\nCFLAGS = -O2\n");
    (void)fixture_commit(&at, "begin");
    build_some("first", "abcv");
}

// Units in the order of their names, as one text.
static void units_of(const struct sj_forecast *forecast, const struct sj_changes *changes,
                     struct sj_buf *out)
{
    static const char why[] = {
        [SJ_EXPECTED_INPUT] = 'i',  [SJ_EXPECTED_SHADOW] = 's', [SJ_EXPECTED_GENERATED] = 'g',
        [SJ_EXPECTED_ALWAYS] = 'v', [SJ_EXPECTED_FLAGS] = 'f',  [SJ_EXPECTED_NEW] = 'n'};
    for (size_t i = 0; i < forecast->prediction.count; i++) {
        const struct sj_expected *expected = &forecast->prediction.items[i];
        struct sj_unit unit = {0};
        bool is_new = expected->why == SJ_EXPECTED_NEW;
        cr_assert(is_new || sj_db_unit(at.db, expected->unit, &unit) == 0);
        sj_buf_addf(out, "%s%s/%c", i ? " " : "",
                    is_new ? sj_changed_path(changes, expected->change)
                           : sj_db_text(at.db, unit.name),
                    why[expected->why]);
    }
}

static void expect_forecast(const char *from, const char *to, const char *units)
{
    fixture_load(&at, NULL, NULL, MOST);
    struct sj_forecast_request request = {.changes = SJ_CHANGES_NONE, .record = 50, .jobs = 2};
    cr_assert_eq(sj_repo_find(at.repo, from, &request.from, NULL), 0);
    cr_assert_eq(sj_repo_find(at.repo, to, &request.to, NULL), 0);
    struct sj_forecast forecast;
    struct sj_err err = {0};
    cr_assert_eq(sj_forecast_make(&at.view, &request, &forecast, &err), 0, "%s", err.text);
    struct sj_buf got = SJ_BUF_INIT(1 << 16);
    units_of(&forecast, &request.changes, &got);
    cr_expect_str_eq(sj_buf_text(&got), units, "%s", sj_buf_text(&got));
    sj_buf_release(&got);
    sj_forecast_release(&forecast);
    sj_changes_release(&request.changes);
}

static void commit_change(const char *path, const char *text)
{
    if (text) {
        fixture_write(&at, path, text);
    } else {
        fixture_delete(&at, path);
    }
    (void)fixture_commit(&at, path);
}

Test(predict, each_kind_of_change_has_its_units)
{
    static const struct {
        const char *path;
        const char *text; // NULL: removed
        const char *units;
    } changes[] = {
        {"src/api.h", "2", "src/b.o/i src/a.o/i"},
        {"src/deep.h", "2", "src/c.o/i src/b.o/i src/a.o/i"},
        {"src/b.c", "2", "src/b.o/i"},
        {"README", "2", ""},
        // a looked for it in vain.
        {"inc/late.h", "2", "src/a.o/s"},
        // A source beside others becomes a unit of the usual cost; elsewhere nobody knows.
        {"src/new.c", "2", "src/new.c/n"},
        {"tests/new.c", "2", ""},
        {"src/c.c", NULL, ""},
        // Flags reach as far as the description does; lists of files do not count.
        {"src/Makefile", "OBJS = a.o b.o\nCFLAGS = -O3\n", "src/c.o/f src/b.o/f src/a.o/f"},
        {"src/Makefile", "OBJS = a.o b.o c.o\nCFLAGS = -O2\n", ""},
    };
    begin();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        fixture_git(&at, "checkout -q -b try%zu main", i);
        commit_change(changes[i].path, changes[i].text);
        expect_forecast("HEAD~1", "HEAD", changes[i].units);
    }
}

Test(predict, a_range_is_what_differs_in_the_end)
{
    begin();
    commit_change("src/api.h", "2");
    commit_change("src/b.c", "2");
    commit_change("src/api.h", "src/api.h");
    expect_forecast("HEAD~3", "HEAD", "src/b.o/i");
    expect_forecast("HEAD~1", "HEAD", "src/b.o/i src/a.o/i");
}

Test(predict, files_that_every_build_writes_are_learned)
{
    begin();
    static const char *const words[] = {"1", "2", "3", "4"};
    for (size_t i = 0; i < 4; i++) {
        fixture_write(&at, "lib/version.h", words[i]);
        commit_change("src/b.c", words[i]);
        build_some(words[i], "bv");
    }
    commit_change("README", "5");
    expect_forecast("HEAD~1", "HEAD", "lib/v.o/v");
}

Test(predict, generated_files_follow_what_they_are_made_from)
{
    begin();
    static const char *const ids[] = {"r1", "v1", "b1", "r2", "v2", "b2"};
    static const char *const paths[] = {"README", "VERSION", "src/b.c"};
    static const char *const units[] = {"", "v", "b"};
    for (size_t i = 0; i < 6; i++) {
        if (i % 3 == 1) {
            fixture_write(&at, "lib/version.h", ids[i]);
        }
        commit_change(paths[i % 3], ids[i]);
        build_some(ids[i], units[i % 3]);
    }
    commit_change("VERSION", "5");
    expect_forecast("HEAD~1", "HEAD", "lib/v.o/g");
    commit_change("README", "5");
    expect_forecast("HEAD~1", "HEAD", "");
}

Test(predict, its_own_record_is_kept)
{
    begin();
    static const char *const words[] = {"1", "2", "3", "4", "5", "6", "7"};
    for (size_t i = 0; i < 7; i++) {
        commit_change("src/api.h", words[i]);
        build_some(words[i], "ab");
    }
    // One that nobody could foresee: c is compiled though no input of it is known to change.
    fixture_write(&at, "lib/version.h", "9");
    commit_change("README", "2");
    build_some("last", "v");
    fixture_load(&at, NULL, NULL, MOST);
    struct sj_track track;
    cr_assert_eq(sj_track_make(&at.view, (uint32_t)fixture_build(&at, "last"), 50, &track), 0);
    cr_expect_eq(track.count, 8);
    cr_expect_eq(track.judged, 8);
    cr_expect_eq(track.exact, 7);
    cr_expect_eq(track.precision, 1.0);
    cr_expect_eq(track.recall, 14.0 / 15);
    cr_expect_eq(track.intervals, 2);
    cr_expect_eq(track.coverage, 1.0);
    cr_expect(track.is_spread_known);
    cr_expect_eq(track.redundant, 0);
    for (size_t i = 0; i < 7; i++) {
        cr_expect_eq(track.builds[i].predicted_ns, 3000 * FIXTURE_MS);
        cr_expect_eq(track.builds[i].actual_ns, 3000 * FIXTURE_MS);
    }
    sj_track_release(&track);
    cr_assert_eq(sj_track_make(&at.view, (uint32_t)fixture_build(&at, "last"), 1, &track), 0);
    cr_expect_eq(track.count, 1);
    sj_track_release(&track);
}

Test(predict, compiles_of_what_did_not_change_are_the_cache_s_business)
{
    begin();
    commit_change("src/b.c", "2");
    fixture_forget(&at);
    build_some("two", "abcv");
    fixture_load(&at, NULL, NULL, MOST);
    struct sj_track track;
    cr_assert_eq(sj_track_make(&at.view, (uint32_t)fixture_build(&at, "two"), 50, &track), 0);
    cr_expect_eq(track.redundant, 3);
    cr_expect_eq(track.exact, 1);
    sj_track_release(&track);
}

Test(predict, budgets_are_held_or_not)
{
    begin();
    commit_change("src/api.h", "2");
    fixture_write(&at, "src/new.c", "");
    (void)fixture_commit(&at, "new");
    fixture_load(&at, NULL, NULL, MOST);
    struct sj_forecast_request request = {.changes = SJ_CHANGES_NONE, .record = 50, .jobs = 2};
    cr_assert_eq(sj_repo_find(at.repo, "HEAD~2", &request.from, NULL), 0);
    cr_assert_eq(sj_repo_find(at.repo, "HEAD", &request.to, NULL), 0);
    struct sj_forecast forecast;
    cr_assert_eq(sj_forecast_make(&at.view, &request, &forecast, NULL), 0);
    // 7.5 s in all; a and b and a new one of the usual 1.5 s.
    cr_expect_eq(forecast.cpu_ns[1], 4500 * FIXTURE_MS);
    static const struct {
        struct sj_budgets budgets;
        bool over[SJ_BUDGET_COUNT];
    } cases[] = {
        {{0}, {false, false, false}},
        {{0.19, 0, 0}, {true, false, false}},
        {{0.21, 0, 0}, {false, false, false}},
        {{0, 4499 * FIXTURE_MS, 0}, {false, true, false}},
        {{0, 4500 * FIXTURE_MS, 2}, {false, false, false}},
        {{0, 0, 1}, {false, false, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_verdict verdicts[SJ_BUDGET_COUNT];
        bool is_good = sj_budgets_judge(&cases[i].budgets, &forecast, NULL, verdicts);
        bool is_over = false;
        for (size_t j = 0; j < SJ_BUDGET_COUNT; j++) {
            cr_expect_eq(verdicts[j].is_over, cases[i].over[j], "%zu, %zu", i, j);
            is_over = is_over || verdicts[j].is_over;
        }
        cr_expect_eq(is_good, !is_over);
    }
    sj_forecast_release(&forecast);
    sj_changes_release(&request.changes);
}

Test(predict, a_build_is_measured)
{
    begin();
    commit_change("src/deep.h", "2");
    const struct fixture_build build = {.id = "two"};
    fixture_begin(&at, &build);
    for (size_t i = 0; i < 3; i++) {
        struct fixture_compile compile = compiles[i];
        compile.cpu_ns += 100 * FIXTURE_MS;
        (void)fixture_compile(&at, &build, &compile);
    }
    fixture_end(&at, &build);
    fixture_load(&at, NULL, NULL, MOST);
    size_t count;
    const struct sj_view_build *two = &at.view.builds[fixture_build(&at, "two")];
    (void)sj_history_commits(at.history, &count);
    struct sj_measured measured;
    cr_assert_eq(sj_measure(&at.view, two->commit, &measured), 0);
    cr_expect_eq(measured.units, 3);
    cr_expect_eq(measured.charge_ns, 7300 * FIXTURE_MS);
    cr_expect_float_eq(measured.increase, 300.0 / 7500, 1e-9);
    uint32_t first = at.view.builds[fixture_build(&at, "first")].commit;
    cr_expect_eq(sj_measure(&at.view, first, &measured), -ENOENT);
    cr_expect_eq(sj_measure(&at.view, SJ_NO_COMMIT, &measured), -ENOENT);
}

static int note_staged(const struct sj_pending *change, void *user)
{
    sj_buf_addf(user, "%c%c%s ", sj_oid_is_zero(&change->before) ? '0' : '1',
                sj_oid_is_zero(&change->after) ? '0' : '1', change->path);
    return 0;
}

Test(predict, what_is_staged_is_seen)
{
    begin();
    fixture_write(&at, "src/new.c", "2");
    fixture_write(&at, "src/a.c", "2");
    fixture_git(&at, "add src/new.c src/a.c");
    fixture_write(&at, "src/b.c", "not staged");
    fixture_git(&at, "rm -q --cached src/c.c");
    fixture_load(&at, NULL, NULL, MOST);
    struct sj_buf got = SJ_BUF_INIT(1 << 16);
    struct sj_err err = {0};
    cr_assert_eq(sj_repo_pending(at.repo, note_staged, &got, &err), 0, "%s", err.text);
    cr_expect_str_eq(sj_buf_text(&got), "11src/a.c 10src/c.c 01src/new.c ");
    sj_buf_release(&got);
}

Test(recipe, lines_about_flags_count_and_lists_do_not)
{
    static const struct {
        const char *before;
        const char *after;
        bool is_change;
    } cases[] = {
        {"", "", false},
        {"OBJS=a.o\n", "OBJS=a.o b.o\n", false},
        {"CFLAGS=-O2\n", "CFLAGS=-O3\n", true},
        {"CFLAGS=-O2\nx", "x\nCFLAGS=-O2\n", false},
        {"# -O2\n", "# -O3\n", false},
        {"", "add_compile_options(-Wall)", true},
        {"add_definitions(-DX)\n", "", true},
        {"add_library(a a.c)\n", "add_library(a a.c b.c)\n", false},
        {"project('x', default_options: ['c_std=c99'])\n",
         "project('x', default_options: ['c_std=c11'])\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_recipe_changes_flags(cases[i].before, strlen(cases[i].before),
                                             cases[i].after, strlen(cases[i].after)),
                     cases[i].is_change, "%zu", i);
    }
}

Test(recipe, descriptions_reach_as_far_as_they_list)
{
    static const struct {
        const char *path;
        size_t scope;
    } cases[] = {{"src/Makefile", 4},        {"Makefile", 0},
                 {"a/b/CMakeLists.txt", 4},  {"cmake/flags.cmake", 0},
                 {".github/workflows/x", 0}, {"sub/meson.build", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_recipe_scope(cases[i].path), cases[i].scope, "%s", cases[i].path);
    }
    cr_expect(sj_source_is("a/b.cpp"));
    cr_expect(!sj_source_is("a/b.h"));
    cr_expect(!sj_source_is(".c"));
    cr_expect(!sj_source_is("c"));
}
