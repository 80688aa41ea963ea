// SPDX-License-Identifier: Apache-2.0
// Bills of random histories: whatever happened, charges add up to the CPU that was spent.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/bill.h"
#include "base/mem.h"
#include "fixture.h"

#define FILES 8
#define UNITS 5

/** A deterministic source of numbers: xorshift64*. */
struct dice {
    uint64_t state;
};

static uint64_t throw_dice(struct dice *dice, uint64_t sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (dice->state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % sides;
}

/** A project that changes at random. */
struct play {
    struct fixture at;
    struct dice dice;
    char source[UNITS][16]; // of each unit, as it is called now
    unsigned versions;
    unsigned builds;
    unsigned branches;
    char ids[128][16];
};

static const char *const headers[FILES + 1] = {
    "h0.h", "h1.h", "h2.h", "sub/h3.h", "sub/h4.h", "sub/deep/h5.h", "out/gen.h", "Makefile", NULL};

static void change_file(struct play *play)
{
    uint64_t which = throw_dice(&play->dice, FILES + UNITS);
    const char *path = which < FILES ? headers[which] : play->source[which - FILES];
    // Few different contents, so that files are often changed back.
    SJ_AUTO(sj_auto_free)
    char *text = sj_asprintf("%s %u", path, (unsigned)throw_dice(&play->dice, 4));
    fixture_write(&play->at, path, text);
}

static void rename_unit(struct play *play)
{
    char *source = play->source[throw_dice(&play->dice, UNITS)];
    char name[16];
    (void)snprintf(name, sizeof name, "r%u.c", ++play->versions);
    fixture_git(&play->at, "mv %s %s", source, name);
    memcpy(source, name, sizeof name);
}

static void merge_something(struct play *play)
{
    fixture_git(&play->at, "checkout -q -b side%u", ++play->branches);
    for (uint64_t i = throw_dice(&play->dice, 3) + 1; i > 0; i--) {
        change_file(play);
        (void)fixture_commit(&play->at, "on the side");
    }
    fixture_git(&play->at, "checkout -q main");
    fixture_git(&play->at, "merge -q --no-ff -m merge side%u", play->branches);
}

static void change(struct play *play)
{
    switch (throw_dice(&play->dice, 8)) {
    case 0:
        rename_unit(play);
        break;
    case 1:
        merge_something(play);
        break;
    case 2:
        // A generated file, which is in no commit.
        fixture_write(&play->at, "out/gen.h", play->versions % 2 ? "1" : "2");
        break;
    default:
        change_file(play);
        change_file(play);
        break;
    }
    play->versions++;
    (void)fixture_commit(&play->at, "change");
}

static void compile_unit(struct play *play, const struct fixture_build *build, size_t unit)
{
    static const enum sj_outcome others[] = {SJ_OUTCOME_BYPASS, SJ_OUTCOME_FAILED,
                                             SJ_OUTCOME_ERROR};
    char output[16];
    const char *inputs[FILES + 1] = {0};
    size_t count = 0;
    (void)snprintf(output, sizeof output, "u%zu.o", unit);
    for (size_t i = 0; i < FILES - 1; i++) {
        if ((unit + i) % 3 != 0) {
            inputs[count++] = headers[i];
        }
    }
    struct fixture_compile compile = {
        .source = play->source[unit],
        .output = output,
        .inputs = inputs,
        .args = throw_dice(&play->dice, 12) == 0 ? "-O3" : "-O2",
        .is_unstored = throw_dice(&play->dice, 20) == 0,
        .is_shared = unit % 2 == 0,
        .is_untraced = throw_dice(&play->dice, 20) == 0,
        .cpu_ns = 1 + throw_dice(&play->dice, 1000003),
    };
    if (throw_dice(&play->dice, 15) == 0) {
        compile.way = FIXTURE_MISS;
    } else if (throw_dice(&play->dice, 15) == 0) {
        compile.outcome = others[throw_dice(&play->dice, 3)];
    } else if (throw_dice(&play->dice, 4) == 0) {
        compile.flags = SJ_RECORD_REMOTE;
    }
    (void)fixture_compile(&play->at, build, &compile);
}

static void build_all(struct play *play)
{
    char *id = play->ids[play->builds++];
    (void)snprintf(id, sizeof play->ids[0], "build-%u", play->builds);
    bool is_dirty = throw_dice(&play->dice, 6) == 0;
    const struct fixture_build build = {
        .id = id,
        .job = throw_dice(&play->dice, 3) == 0 ? "debug" : "",
        .machine = throw_dice(&play->dice, 2) ? "host-2" : "host-1",
        .commit = throw_dice(&play->dice, 12) == 0 ? "" : NULL,
        .is_dirty = is_dirty,
    };
    if (is_dirty) {
        change_file(play);
    }
    fixture_begin(&play->at, &build);
    for (size_t i = 0; i < UNITS; i++) {
        compile_unit(play, &build, i);
    }
    fixture_end(&play->at, &build);
    if (is_dirty) {
        fixture_git(&play->at, "checkout -q -- .");
    }
    if (throw_dice(&play->dice, 8) == 0) {
        fixture_forget(&play->at);
    }
}

static void play_history(struct play *play, uint64_t seed)
{
    *play = (struct play){.dice = {seed}};
    fixture_make(&play->at);
    fixture_write(&play->at, ".gitignore", "out/\n");
    for (size_t i = 0; i < FILES; i++) {
        fixture_write(&play->at, headers[i], headers[i]);
    }
    for (size_t i = 0; i < UNITS; i++) {
        (void)snprintf(play->source[i], sizeof play->source[i], "u%zu.c", i);
        fixture_write(&play->at, play->source[i], play->source[i]);
    }
    (void)fixture_commit(&play->at, "first");
    build_all(play);
    for (int i = 0; i < 18; i++) {
        change(play);
        if (throw_dice(&play->dice, 4) != 0) {
            build_all(play);
        }
    }
}

static void make_bill(struct play *play, bool is_drill, struct sj_bill *out)
{
    struct sj_err err;
    const struct sj_view *view = &play->at.view;
    SJ_AUTO(sj_auto_free) bool *is_wanted = sj_calloc(view->build_count, sizeof *is_wanted);
    memset(is_wanted, 1, view->build_count);
    const struct sj_bill_order order = {.view = view, .is_wanted = is_wanted, .is_drill = is_drill};
    cr_assert_eq(sj_bill_make(&order, out, &err), 0, "%s", err.text);
}

static bool is_top(const struct sj_bill_row *row)
{
    return sj_oid_is_zero(&row->merge);
}

// All that a tool ran, as the builds' own sums tell it.
static void check_sums(const struct play *play, const struct sj_bill *bill)
{
    uint64_t missed = 0;
    uint64_t other = 0;
    uint64_t misses = 0;
    for (size_t i = 0; i < play->at.view.build_count; i++) {
        const struct sj_build *build = &play->at.view.builds[i].build;
        missed += build->cpu_ns[SJ_OUTCOME_MISS];
        misses += build->count[SJ_OUTCOME_MISS];
        for (size_t j = 0; j < SJ_OUTCOME_COUNT; j++) {
            other += j == SJ_OUTCOME_MISS ? 0 : build->cpu_ns[j];
        }
    }
    cr_assert_gt(missed, 0);
    cr_assert_eq(bill->cpu_ns[SJ_BLAME_NECESSARY] + bill->cpu_ns[SJ_BLAME_REDUNDANT], missed);
    cr_assert_eq(bill->compiles[SJ_BLAME_NECESSARY] + bill->compiles[SJ_BLAME_REDUNDANT], misses);
    cr_assert_eq(bill->cpu_ns[SJ_BLAME_OTHER], other);
    uint64_t charged[SJ_BLAME_GROUP_COUNT] = {0};
    for (size_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        cr_assert_leq(row->charge_ns, row->whole_ns);
        cr_assert_leq(row->alone_ns, row->charge_ns);
        charged[sj_blame_group(row->kind)] += is_top(row) ? row->charge_ns : 0;
    }
    for (size_t i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        cr_assert_eq(charged[i], bill->cpu_ns[i]);
    }
}

static void check_files(const struct sj_bill *bill)
{
    uint64_t *charged = sj_calloc(bill->row_count + 1, sizeof *charged);
    for (size_t i = 0; i < bill->file_count; i++) {
        charged[bill->files[i].row] += bill->files[i].charge_ns;
    }
    for (size_t i = 0; i < bill->row_count; i++) {
        cr_assert_eq(charged[i], bill->rows[i].charge_ns);
    }
    free(charged);
}

// What a commit is charged for, it did change.
static void check_commits(const struct play *play, const struct sj_bill *bill)
{
    const struct sj_history *history = play->at.history;
    size_t count;
    size_t commits = 0;
    for (size_t i = 0; i < bill->file_count; i++) {
        const struct sj_bill_row *row = &bill->rows[bill->files[i].row];
        if (row->kind != SJ_BLAME_COMMIT) {
            continue;
        }
        uint32_t place = sj_history_find(history, &row->commit);
        cr_assert_neq(place, SJ_NO_COMMIT);
        const struct sj_commit *commit = &sj_history_commits(history, &count)[place];
        const struct sj_change *changes = sj_history_changes(history, &count);
        uint32_t path = sj_history_path_find(history, bill->files[i].path);
        bool has_changed = false;
        for (uint32_t j = 0; j < commit->change_count; j++) {
            has_changed |= changes[commit->change + j].path == path;
        }
        cr_assert(has_changed, "a commit did not change %s", bill->files[i].path);
        commits++;
    }
    cr_assert_gt(commits, 0);
}

static void check_parts(const struct sj_bill *bill)
{
    for (size_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *merge = &bill->rows[i];
        uint64_t charged = 0;
        bool has_parts = false;
        for (size_t j = 0; j < bill->row_count; j++) {
            const struct sj_bill_row *part = &bill->rows[j];
            if (merge->kind == SJ_BLAME_COMMIT && is_top(merge) &&
                sj_oid_eq(&part->merge, &merge->commit)) {
                charged += part->charge_ns;
                has_parts = true;
            }
        }
        cr_assert(!has_parts || charged == merge->charge_ns);
    }
}

static void check_equal(const struct sj_bill *a, const struct sj_bill *b)
{
    SJ_AUTO(sj_buf_release) struct sj_buf left = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf right = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_bill_encode(a, &left);
    sj_bill_encode(b, &right);
    cr_assert_eq(left.len, right.len);
    cr_assert_eq(memcmp(left.data, right.data, left.len), 0);
}

static void check_history(uint64_t seed)
{
    struct play *play = sj_new(struct play);
    play_history(play, seed);
    fixture_load(&play->at, NULL, NULL, 0);
    struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    make_bill(play, false, &bill);
    check_sums(play, &bill);
    check_files(&bill);
    check_commits(play, &bill);
    // The second time everything is at hand, and comes out the same.
    struct sj_bill again = {.pool = &pool};
    make_bill(play, false, &again);
    check_equal(&bill, &again);
    struct sj_bill drilled = {.pool = &pool};
    make_bill(play, true, &drilled);
    check_sums(play, &drilled);
    check_files(&drilled);
    check_parts(&drilled);
    sj_bill_release(&bill);
    sj_bill_release(&again);
    sj_bill_release(&drilled);
    sj_pool_release(&pool);
    fixture_remove(&play->at);
    free(play);
}

Test(bill, adds_up_for_a_random_history)
{
    check_history(20261125);
}

Test(bill, adds_up_for_another_random_history)
{
    check_history(7);
}

Test(bill, adds_up_for_a_third_random_history)
{
    check_history(99991);
}

Test(bill, damaged_bytes_are_refused)
{
    struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    const struct sj_sample sample = {.cpu_ns = 10};
    const struct sj_blame causes[] = {
        {.kind = SJ_BLAME_COMMIT, .commit = {{1}}, .path = "a.h", .why = ""},
        {.kind = SJ_BLAME_COMMIT, .commit = {{1}}, .path = "b.h", .why = ""},
        {.kind = SJ_BLAME_SYSTEM, .path = "/usr/include/c.h", .why = ""},
    };
    const struct sj_finding finding = {.sample = &sample, .causes = causes, .count = 3};
    cr_assert_eq(sj_bill_add(&bill, &finding, NULL, NULL), 0);
    cr_assert_eq(bill.row_count, 2);
    cr_assert_eq(bill.file_count, 3);
    cr_assert_eq(bill.files[0].charge_ns, 3);
    cr_assert_eq(bill.files[1].charge_ns, 2);
    cr_assert_eq(bill.files[2].charge_ns, 5);
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(1 << 16);
    sj_bill_encode(&bill, &bytes);
    struct sj_bill copy = {.pool = &pool};
    cr_assert_eq(sj_bill_decode(bytes.data, bytes.len, &copy), 0);
    check_equal(&bill, &copy);
    sj_bill_release(&copy);
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert_lt(sj_bill_decode(bytes.data, len, &copy), 0);
        sj_bill_release(&copy);
    }
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] = (char)(bytes.data[i] ^ 0x80);
        (void)sj_bill_decode(bytes.data, bytes.len, &copy);
        sj_bill_release(&copy);
        bytes.data[i] = (char)(bytes.data[i] ^ 0x80);
    }
    sj_bill_release(&bill);
    sj_pool_release(&pool);
}

static bool get_none(const struct sj_key *key, struct sj_buf *out, void *user)
{
    (void)key;
    (void)out;
    (void)user;
    return false;
}

static void count_one(const struct sj_key *key, const void *data, size_t len, void *user)
{
    (void)key;
    (void)data;
    *(size_t *)user += len > 0;
}

// The database's follow from what everybody built: readers who see less have others.
Test(bill, who_keeps_bills_is_given_none_of_the_database)
{
    SJ_AUTO(sj_auto_free) struct play *play = sj_new(struct play);
    struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    play_history(play, 7);
    fixture_load(&play->at, NULL, NULL, 0);
    make_bill(play, false, &bill);
    fixture_load(&play->at, NULL, NULL, 0);
    size_t made = 0;
    const struct sj_view *view = &play->at.view;
    SJ_AUTO(sj_auto_free) bool *is_wanted = sj_calloc(view->build_count, sizeof *is_wanted);
    memset(is_wanted, 1, view->build_count);
    const struct sj_bill_order order = {.view = view,
                                        .is_wanted = is_wanted,
                                        .is_read_only = true,
                                        .get = get_none,
                                        .put = count_one,
                                        .user = &made};
    sj_bill_release(&bill);
    bill = (struct sj_bill){.pool = &pool};
    cr_assert_eq(sj_bill_make(&order, &bill, NULL), 0);
    cr_expect_eq(made, view->build_count);
    sj_bill_release(&bill);
    sj_pool_release(&pool);
    fixture_remove(&play->at);
}

Test(bill, a_generated_file_that_always_changes_is_priced)
{
    struct fixture at;
    struct sj_err err;
    fixture_make(&at);
    fixture_write(&at, ".gitignore", "out/\n");
    fixture_write(&at, "release.c", "r");
    static const char *const inputs[] = {"out/release.h", NULL};
    static const char *const ids[] = {"1", "2", "3", "4", "5"};
    for (size_t i = 0; i < 5; i++) {
        fixture_write(&at, "out/release.h", ids[i]);
        fixture_write(&at, "note.txt", ids[i]);
        (void)fixture_commit(&at, ids[i]);
        const struct fixture_build build = {.id = ids[i]};
        fixture_begin(&at, &build);
        (void)fixture_compile(&at, &build,
                              &(struct fixture_compile){
                                  .source = "release.c", .output = "release.o", .inputs = inputs});
        fixture_end(&at, &build);
    }
    fixture_load(&at, NULL, NULL, 0);
    struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    bool is_wanted[5] = {true, true, true, true, true};
    const struct sj_bill_order order = {.view = &at.view, .is_wanted = is_wanted};
    cr_assert_eq(sj_bill_make(&order, &bill, &err), 0, "%s", err.text);
    cr_assert_eq(bill.generated_count, 1);
    cr_assert_str_eq(bill.generated[0].path, "out/release.h");
    cr_assert_eq(bill.generated[0].builds, 4);
    cr_assert_eq(bill.generated[0].alone_ns, 4000 * FIXTURE_MS);
    cr_assert(sj_bill_is_volatile(&bill, &bill.generated[0]));
    sj_bill_release(&bill);
    sj_pool_release(&pool);
    fixture_remove(&at);
}
