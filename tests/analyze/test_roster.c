// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "analyze/roster.h"
#include "made.h"

static struct sj_view view;
static struct sj_costs costs;
static struct sj_roster roster;

static void teardown(void)
{
    sj_roster_release(&roster);
    sj_costs_release(&costs);
    free(view.builds);
    free(view.is_context);
    free(view.samples);
}

TestSuite(roster, .fini = teardown);

// Each text is a build: a letter for each unit, whose case and digit behind are its state:
// "a1b1" names units a and b.
static void builds(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)made_build(&view, "");
        for (const char *at = texts[i]; *at; at += 2) {
            uint32_t unit = (uint32_t)(at[0] - 'a') + 1;
            made_sample(&view, made_miss(unit, (uint32_t)(unit * 100) + (uint32_t)(at[1] - '0'),
                                         SJ_NS_PER_S));
        }
    }
    sj_costs_find(&view, &costs);
    sj_roster_init(&roster, &view, &costs);
}

Test(roster, tells_whole_builds_from_others)
{
    static const struct {
        const char *texts[5];
        size_t there[5];
        bool is_whole[5];
    } cases[] = {
        // A fresh tree each time: c goes, d comes.
        {{"a1b1c1", "a1b2c1", "a1b2", "a1b2d1"}, {3, 3, 2, 3}, {true, true, true, true}},
        // One tree: only what changed is named.
        {{"a1b1c1d1", "a2", "b2", "a3b3", "c2"},
         {4, 4, 4, 4, 4},
         {true, false, false, false, false}},
        // All changed: whether c is gone shows with the next build.
        {{"a1b1c1", "a2b2", "a2b2"}, {3, 3, 2}, {true, false, true}},
        // Nothing to do.
        {{"a1b1", "", "a1b1"}, {2, 2, 2}, {true, false, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = 0;
        while (count < 5 && cases[i].texts[count]) {
            count++;
        }
        builds(cases[i].texts, count);
        for (size_t j = 0; j < count; j++) {
            struct sj_roster_build taken = sj_roster_take(&roster, j);
            cr_expect_eq(roster.unit_count, cases[i].there[j], "case %zu build %zu: %zu", i, j,
                         roster.unit_count);
            cr_expect_eq(taken.is_whole, cases[i].is_whole[j], "case %zu build %zu", i, j);
            cr_expect_eq(taken.named + taken.carried, roster.unit_count);
        }
        teardown();
        view = (struct sj_view){0};
    }
}

Test(roster, says_what_changed)
{
    static const char *const texts[] = {"a1b1c1", "a1b2d1"};
    builds(texts, 2);
    (void)sj_roster_take(&roster, 0);
    cr_expect_eq(roster.change_count, 3);
    (void)sj_roster_take(&roster, 1);
    cr_assert_eq(roster.change_count, 3);
    cr_expect_eq(roster.changes[0].unit, 2);
    cr_expect_eq(roster.changes[1].unit, 4);
    cr_expect_eq(roster.changes[1].before, SJ_NO_KEY);
    cr_expect_eq(roster.changes[2].unit, 3);
    cr_expect_eq(roster.changes[2].after, SJ_NO_KEY);
}
