// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>

#include "analyze/makespan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct times {
    unsigned jobs;
    enum sj_order order;
    uint64_t wall_ns;
    uint64_t bound_ns;
};

static void expect(const struct sj_task *tasks, size_t count, const uint32_t *after,
                   const struct times *times, size_t times_count)
{
    for (size_t i = 0; i < times_count; i++) {
        struct sj_makespan span;
        cr_assert_eq(sj_makespan(tasks, count, after, times[i].jobs, times[i].order, &span), 0);
        cr_expect_eq(span.wall_ns, times[i].wall_ns, "case %zu: wall %lu", i,
                     (unsigned long)span.wall_ns);
        cr_expect_eq(span.bound_ns, times[i].bound_ns, "case %zu: bound %lu", i,
                     (unsigned long)span.bound_ns);
    }
}

Test(makespan, nothing_takes_no_time)
{
    static const struct times times[] = {{4, SJ_ORDER_GIVEN, 0, 0}, {0, SJ_ORDER_LONGEST, 0, 0}};
    expect(NULL, 0, NULL, times, COUNT(times));
}

Test(makespan, independent_tasks_follow_their_order)
{
    // Graham's example: the long one comes last and is alone at the end.
    static const struct sj_task tasks[] = {
        {.cost_ns = 2}, {.cost_ns = 2}, {.cost_ns = 2}, {.cost_ns = 2}, {.cost_ns = 8}};
    static const struct times times[] = {
        {1, SJ_ORDER_GIVEN, 16, 16}, {0, SJ_ORDER_GIVEN, 16, 16}, {2, SJ_ORDER_GIVEN, 12, 8},
        {2, SJ_ORDER_LONGEST, 8, 8}, {3, SJ_ORDER_LONGEST, 8, 8}, {64, SJ_ORDER_GIVEN, 8, 8},
    };
    expect(tasks, COUNT(tasks), NULL, times, COUNT(times));
}

Test(makespan, longest_first_is_no_guarantee_of_the_best)
{
    static const struct sj_task tasks[] = {
        {.cost_ns = 3}, {.cost_ns = 3}, {.cost_ns = 2}, {.cost_ns = 2}, {.cost_ns = 2}};
    static const struct times times[] = {{2, SJ_ORDER_LONGEST, 7, 6}};
    expect(tasks, COUNT(tasks), NULL, times, COUNT(times));
}

Test(makespan, tasks_wait_for_others)
{
    // 0 and 1 compile, 2 links both, 3 is on its own.
    static const uint32_t after[] = {0, 1};
    static const struct sj_task tasks[] = {{.cost_ns = 5},
                                           {.cost_ns = 3},
                                           {.cost_ns = 4, .after = 0, .after_count = 2},
                                           {.cost_ns = 1}};
    static const struct times times[] = {
        {1, SJ_ORDER_GIVEN, 13, 13},
        {2, SJ_ORDER_GIVEN, 9, 9},
        {8, SJ_ORDER_LONGEST, 9, 9},
    };
    expect(tasks, COUNT(tasks), after, times, COUNT(times));
    struct sj_makespan span;
    cr_assert_eq(sj_makespan(tasks, COUNT(tasks), after, 2, SJ_ORDER_GIVEN, &span), 0);
    cr_expect_eq(span.critical_ns, 9);
    cr_expect_eq(span.total_ns, 13);
}

Test(makespan, a_circle_is_refused)
{
    static const uint32_t after[] = {1, 0, 2};
    static const struct sj_task pair[] = {{1, 0, 1}, {1, 1, 1}};
    static const struct sj_task itself[] = {{1, 0, 0}, {1, 0, 0}, {1, 2, 1}};
    struct sj_makespan span = {.wall_ns = 77};
    cr_expect_eq(sj_makespan(pair, 2, after, 2, SJ_ORDER_GIVEN, &span), -ELOOP);
    cr_expect_eq(sj_makespan(itself, 3, after, 2, SJ_ORDER_GIVEN, &span), -ELOOP);
    cr_expect_eq(span.wall_ns, 77);
}

Test(makespan, graham_holds_for_many_sets)
{
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        struct sj_task tasks[40] = {{0}};
        uint32_t after[400];
        uint32_t used = 0;
        for (uint32_t i = 0; i < COUNT(tasks); i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            tasks[i] = (struct sj_task){.cost_ns = seed >> 55, .after = used};
            if (round % 2 == 1 && i > 0 && seed >> 20 & 1) {
                after[used++] = (uint32_t)((seed >> 32) % i);
                tasks[i].after_count = 1;
            }
        }
        for (unsigned jobs = 1; jobs <= 16; jobs *= 2) {
            struct sj_makespan span;
            cr_assert_eq(sj_makespan(tasks, COUNT(tasks), after, jobs, SJ_ORDER_GIVEN, &span), 0);
            cr_assert_geq(span.wall_ns, span.bound_ns);
            cr_assert_leq(span.wall_ns * jobs, span.bound_ns * (2 * jobs - 1));
        }
    }
}
