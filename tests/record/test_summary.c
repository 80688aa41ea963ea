// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "record/summary.h"

static void add(struct sj_summary *summary, enum sj_outcome outcome, const char *reason,
                uint64_t cpu_ns)
{
    char output[32];
    (void)snprintf(output, sizeof output, "%llu.o", (unsigned long long)cpu_ns);
    struct sj_record record = {
        .outcome = outcome,
        .reason = reason,
        .start_ns = 1000 + cpu_ns,
        .wall_ns = 7,
        .user_ns = outcome == SJ_OUTCOME_HIT ? 0 : cpu_ns - 1,
        .system_ns = outcome == SJ_OUTCOME_HIT ? 0 : 1,
        .saved_ns = outcome == SJ_OUTCOME_HIT ? cpu_ns : 0,
        .own_ns = 2,
        .output = output,
        .flags = outcome == SJ_OUTCOME_MISS ? SJ_RECORD_STORED : 0,
    };
    sj_summary_add(summary, &record);
}

Test(summary, adds_up)
{
    struct sj_summary summary = {0};
    add(&summary, SJ_OUTCOME_HIT, NULL, 300);
    add(&summary, SJ_OUTCOME_HIT, NULL, 300);
    add(&summary, SJ_OUTCOME_MISS, "new", 100);
    add(&summary, SJ_OUTCOME_MISS, "new", 100);
    add(&summary, SJ_OUTCOME_BYPASS, "linking", 50);
    add(&summary, SJ_OUTCOME_FAILED, NULL, 10);
    cr_expect_eq(sj_summary_count(&summary), 6);
    cr_expect_eq(sj_summary_spent_ns(&summary), 260);
    cr_expect_eq(summary.saved_ns, 600);
    cr_expect_eq(summary.own_ns, 12);
    cr_expect_eq(summary.stored, 2);
    cr_expect_eq(summary.first_ns, 1010);
    cr_expect_eq(summary.last_ns, 1307);
    cr_expect_float_eq(sj_summary_hit_rate(&summary), 0.5, 1e-9);
    cr_expect_float_eq(sj_summary_cpu_rate(&summary), 0.75, 1e-9);
    sj_summary_release(&summary);
    cr_expect_eq(sj_summary_count(&summary), 0);
    cr_expect_float_eq(sj_summary_hit_rate(&summary), 0, 1e-9);
}

Test(summary, counts_by_reason)
{
    struct sj_summary summary = {0};
    add(&summary, SJ_OUTCOME_BYPASS, "linking", 5);
    add(&summary, SJ_OUTCOME_MISS, "new", 1);
    add(&summary, SJ_OUTCOME_MISS, "inputs changed", 2);
    add(&summary, SJ_OUTCOME_MISS, "inputs changed", 3);
    add(&summary, SJ_OUTCOME_MISS, NULL, 3);
    sj_summary_sort(&summary);
    static const struct {
        const char *reason;
        uint64_t count;
        uint64_t cpu_ns;
    } want[] = {{"inputs changed", 2, 5}, {"new", 1, 1}, {"unknown", 1, 3}, {"linking", 1, 5}};
    cr_assert_eq(summary.reason_count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(summary.reasons[i].reason, want[i].reason);
        cr_expect_eq(summary.reasons[i].count, want[i].count);
        cr_expect_eq(summary.reasons[i].cpu_ns, want[i].cpu_ns);
    }
    sj_summary_release(&summary);
}

Test(summary, keeps_the_dearest_misses)
{
    struct sj_summary summary = {0};
    // 7 is prime to 100: every cost from 1 to 100 once, in no order.
    for (uint64_t i = 0; i < 100; i++) {
        add(&summary, SJ_OUTCOME_MISS, "new", i * 7 % 100 + 1);
        add(&summary, SJ_OUTCOME_BYPASS, "linking", 1000);
    }
    cr_assert_eq(summary.dearest_count, SJ_SUMMARY_DEAREST);
    for (size_t i = 0; i < SJ_SUMMARY_DEAREST; i++) {
        char output[32];
        (void)snprintf(output, sizeof output, "%zu.o", 100 - i);
        cr_expect_str_eq(summary.dearest[i].unit, output);
        cr_expect_eq(summary.dearest[i].cpu_ns, 100 - i);
    }
    sj_summary_release(&summary);
}

Test(summary, merging_is_adding_all)
{
    struct sj_summary one = {0};
    struct sj_summary two = {0};
    struct sj_summary all = {0};
    for (uint64_t i = 1; i < 40; i++) {
        enum sj_outcome outcome = i % 3 ? SJ_OUTCOME_MISS : SJ_OUTCOME_HIT;
        const char *reason = i % 5 ? "a" : "b";
        add(i % 2 ? &one : &two, outcome, reason, i);
        add(&all, outcome, reason, i);
    }
    sj_summary_merge(&one, &two);
    sj_summary_sort(&one);
    sj_summary_sort(&all);
    cr_expect_arr_eq(one.count, all.count, sizeof all.count);
    cr_expect_arr_eq(one.cpu_ns, all.cpu_ns, sizeof all.cpu_ns);
    cr_expect_eq(one.saved_ns, all.saved_ns);
    cr_expect_eq(one.first_ns, all.first_ns);
    cr_expect_eq(one.last_ns, all.last_ns);
    cr_assert_eq(one.reason_count, all.reason_count);
    cr_expect_str_eq(one.reasons[1].reason, all.reasons[1].reason);
    cr_expect_eq(one.reasons[1].count, all.reasons[1].count);
    cr_assert_eq(one.dearest_count, all.dearest_count);
    cr_expect_str_eq(one.dearest[9].unit, all.dearest[9].unit);
    sj_summary_release(&one);
    sj_summary_release(&two);
    sj_summary_release(&all);
}
