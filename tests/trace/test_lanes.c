// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "trace/lanes.h"

#define MANY 5000

Test(lanes, packs_into_the_first_free_lane)
{
    static const struct {
        struct sj_lane_item items[5];
        size_t count;
        uint32_t want[5];
        uint32_t lanes;
    } cases[] = {
        {{{0}}, 0, {0}, 0},
        {{{0, 10}}, 1, {0}, 1},
        {{{0, 10}, {10, 20}}, 2, {0, 0}, 1},
        {{{0, 10}, {9, 20}}, 2, {0, 1}, 2},
        {{{0, 10}, {1, 3}, {2, 4}, {3, 5}, {10, 11}}, 5, {0, 1, 2, 1, 0}, 3},
        {{{5, 5}, {5, 5}, {5, 6}}, 3, {0, 0, 0}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t lanes[5];
        cr_expect_eq(sj_lanes_pack(cases[i].items, cases[i].count, lanes), cases[i].lanes,
                     "case %zu", i);
        for (size_t k = 0; k < cases[i].count; k++) {
            cr_expect_eq(lanes[k], cases[i].want[k], "case %zu, item %zu: %u", i, k, lanes[k]);
        }
    }
}

Test(lanes, never_overlap_and_are_as_many_as_needed)
{
    static struct sj_lane_item items[MANY];
    static uint32_t lanes[MANY];
    static uint64_t free_at[MANY];
    uint64_t state = 1;
    uint64_t start = 0;
    for (size_t i = 0; i < MANY; i++) {
        state = state * UINT64_C(6364136223846793005) + 1;
        start += (state >> 33) % 5;
        items[i] = (struct sj_lane_item){start, start + 1 + (state >> 40) % 60};
    }
    uint32_t count = sj_lanes_pack(items, MANY, lanes);
    for (size_t i = 0; i < MANY; i++) {
        cr_assert_lt(lanes[i], count);
        cr_assert_leq(free_at[lanes[i]], items[i].start, "item %zu", i);
        free_at[lanes[i]] = items[i].end;
    }
    uint32_t most = 0;
    for (size_t i = 0; i < MANY; i++) {
        uint32_t at_once = 0;
        for (size_t k = 0; k <= i; k++) {
            at_once += items[k].end > items[i].start;
        }
        most = at_once > most ? at_once : most;
    }
    cr_expect_eq(count, most);
}

Test(lanes, takes_a_great_many_at_once)
{
    static struct sj_lane_item items[MANY];
    static uint32_t lanes[MANY];
    for (size_t i = 0; i < MANY; i++) {
        items[i] = (struct sj_lane_item){i, MANY * 2};
    }
    cr_expect_eq(sj_lanes_pack(items, MANY, lanes), MANY);
}
