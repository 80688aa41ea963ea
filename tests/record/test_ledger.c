// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "record/journal.h"
#include "record/ledger.h"

#define DAY_NS (86400 * SJ_NS_PER_S)

static char dir[64];

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test-ledger-XXXXXX");
    cr_assert(mkdtemp(dir));
}

static void teardown(void)
{
    (void)sj_tree_remove(dir);
}

TestSuite(ledger, .init = setup, .fini = teardown);

static void append(uint64_t day, const char *build, enum sj_outcome outcome)
{
    struct sj_record record = {
        .start_ns = day * DAY_NS + 1,
        .outcome = outcome,
        .reason = outcome == SJ_OUTCOME_MISS ? "new" : NULL,
        .user_ns = outcome == SJ_OUTCOME_MISS ? 100 : 0,
        .saved_ns = outcome == SJ_OUTCOME_HIT ? 100 : 0,
        .build = build,
    };
    cr_assert_geq(sj_journal_append(dir, 200, &record), 0);
}

// The clock is not waited for: parts are made to look old.
static void age_parts(void)
{
    for (int number = 1; number < 1000; number++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/journal/%08d", dir, number);
        const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
        (void)utimensat(AT_FDCWD, path, old, 0);
    }
}

static struct sj_summary load(const char *build, uint64_t since_day)
{
    struct sj_err err;
    struct sj_ledger ledger;
    const struct sj_ledger_filter filter = {.build = build, .since_ns = since_day * DAY_NS};
    cr_assert_eq(sj_ledger_load(dir, &filter, &ledger, &err), 0, "%s", err.text);
    cr_expect_not(ledger.is_damaged);
    cr_expect_eq(ledger.skipped_bytes, 0);
    struct sj_summary total = {0};
    for (size_t i = 0; i < ledger.count; i++) {
        sj_summary_merge(&total, &ledger.rows[i].summary);
    }
    sj_ledger_release(&ledger);
    return total;
}

static void expect_counts(const char *build, uint64_t since_day, uint64_t hits, uint64_t misses)
{
    struct sj_summary total = load(build, since_day);
    cr_assert_eq(total.count[SJ_OUTCOME_HIT], hits, "%ju hits", (uintmax_t)hits);
    cr_assert_eq(total.count[SJ_OUTCOME_MISS], misses);
    cr_assert_eq(total.saved_ns, 100 * hits);
    cr_assert_eq(total.reason_count, misses > 0);
    if (misses > 0) {
        cr_assert_eq(total.reasons[0].count, misses);
    }
    sj_summary_release(&total);
}

static void expect_all(void)
{
    expect_counts(NULL, 0, 60, 40);
    expect_counts("one", 0, 30, 20);
    expect_counts("", 0, 30, 20);
    expect_counts("none", 0, 0, 0);
}

static void append_hundred(void)
{
    for (uint64_t i = 0; i < 100; i++) {
        append(10 + i / 50, i % 2 ? "one" : NULL, i % 10 < 6 ? SJ_OUTCOME_HIT : SJ_OUTCOME_MISS);
    }
}

static size_t count_files(void)
{
    size_t count = 0;
    for (int number = 1; number < 1000; number++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/journal/%08d", dir, number);
        count += access(path, F_OK) == 0;
    }
    return count;
}

Test(ledger, folding_changes_no_sum)
{
    append_hundred();
    expect_all();
    size_t before = count_files();
    cr_assert_gt(before, 10);
    age_parts();
    uint64_t freed = 0;
    struct sj_err err;
    cr_assert_eq(sj_ledger_fold(dir, 1000, &freed, &err), 0, "%s", err.text);
    cr_expect_gt(freed, 1000);
    cr_expect_lt(count_files(), before / 2);
    expect_all();
    expect_counts(NULL, 12, 0, 0);

    // Again, with a ledger there already.
    append_hundred();
    age_parts();
    cr_assert_eq(sj_ledger_fold(dir, 0, &freed, &err), 0, "%s", err.text);
    cr_expect_eq(count_files(), 1);
    expect_counts(NULL, 0, 120, 80);
    expect_counts("one", 0, 60, 40);

    // The numbers go on behind the ledger's.
    append(99, "late", SJ_OUTCOME_HIT);
    expect_counts("late", 99, 1, 0);
}

Test(ledger, young_parts_are_not_folded)
{
    append_hundred();
    size_t before = count_files();
    uint64_t freed = 1;
    cr_assert_eq(sj_ledger_fold(dir, 0, &freed, NULL), 0);
    cr_expect_eq(freed, 0);
    cr_expect_eq(count_files(), before);
}

Test(ledger, nothing_is_counted_twice_when_folding_was_interrupted)
{
    append_hundred();
    age_parts();
    char keep[160];
    char path[160];
    (void)snprintf(keep, sizeof keep, "%s/kept", dir);
    (void)snprintf(path, sizeof path, "%s/journal/00000001", dir);
    cr_assert_eq(link(path, keep), 0);
    cr_assert_eq(sj_ledger_fold(dir, 0, NULL, NULL), 0);
    cr_assert_eq(link(keep, path), 0);
    expect_all();
    cr_assert_eq(sj_ledger_fold(dir, 0, NULL, NULL), 0);
    expect_all();
}

Test(ledger, since_filters_by_day)
{
    append(10, NULL, SJ_OUTCOME_HIT);
    append(11, NULL, SJ_OUTCOME_HIT);
    append(11, NULL, SJ_OUTCOME_MISS);
    expect_counts(NULL, 10, 2, 1);
    expect_counts(NULL, 11, 1, 1);
    expect_counts(NULL, 12, 0, 0);
}

Test(ledger, damaged_sums_are_said_and_the_rest_counts)
{
    append_hundred();
    age_parts();
    cr_assert_eq(sj_ledger_fold(dir, 0, NULL, NULL), 0);
    uint64_t number = 0;
    char path[160];
    do {
        (void)snprintf(path, sizeof path, "%s/journal/sum-%08ju", dir, (uintmax_t)++number);
    } while (access(path, F_OK) != 0 && number < 1000);
    cr_assert_eq(truncate(path, 20), 0);
    append(50, "x", SJ_OUTCOME_HIT);
    struct sj_ledger ledger;
    const struct sj_ledger_filter all = {0};
    cr_assert_eq(sj_ledger_load(dir, &all, &ledger, NULL), 0);
    cr_expect(ledger.is_damaged);
    cr_assert_geq(ledger.count, 1);
    cr_expect_str_eq(ledger.rows[ledger.count - 1].build, "x");
    sj_ledger_release(&ledger);
}

Test(ledger, empty_store_has_no_rows)
{
    expect_counts(NULL, 0, 0, 0);
    cr_expect_eq(sj_ledger_fold(dir, 0, NULL, NULL), 0);
}

Test(ledger, every_flipped_bit_and_cut_is_noticed)
{
    struct sj_ledger ledger = {0};
    struct sj_record record = {.outcome = SJ_OUTCOME_MISS, .build = "b", .user_ns = 5};
    sj_ledger_add(&ledger, &record);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ledger_encode(&ledger, &bytes);
    struct sj_ledger read = {0};
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        cr_assert_eq(sj_ledger_decode(bytes.data, bytes.len, &read), -EBADMSG, "bit %zu", bit);
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert_eq(sj_ledger_decode(bytes.data, len, &read), -EBADMSG);
    }
    cr_assert_eq(sj_ledger_decode(bytes.data, bytes.len, &read), 0);
    cr_assert_eq(read.count, 1);
    cr_expect_eq(read.rows[0].summary.cpu_ns[SJ_OUTCOME_MISS], 5);
    sj_buf_release(&bytes);
    sj_ledger_release(&ledger);
    sj_ledger_release(&read);
}
