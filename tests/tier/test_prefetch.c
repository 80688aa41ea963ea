// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "tier/prefetch.h"

static struct sj_pair pair(unsigned number)
{
    unsigned strong = ~number;
    return (struct sj_pair){sj_key_of(&number, sizeof number), sj_key_of(&strong, sizeof strong)};
}

static void follow(struct sj_prefetch *prefetch, unsigned first, bool is_asked)
{
    struct sj_pair pairs[SJ_TRAIL_PAIRS_MAX];
    for (unsigned i = 0; i < SJ_TRAIL_PAIRS_MAX; i++) {
        pairs[i] = pair(first + i);
    }
    sj_prefetch_follow(prefetch, pairs, SJ_TRAIL_PAIRS_MAX, is_asked);
}

static bool has_none(const struct sj_pair *item, void *user)
{
    (void)item;
    (void)user;
    return false;
}

static bool has_all(const struct sj_pair *item, void *user)
{
    (void)item;
    (void)user;
    return true;
}

// Take and end requests until there are none. Gives the pairs taken.
static size_t drain(struct sj_prefetch *prefetch)
{
    struct sj_pair out[SJ_PREFETCH_BATCH];
    size_t total = 0;
    for (size_t count; (count = sj_prefetch_take(prefetch, has_none, NULL, out)) > 0;) {
        total += count;
        sj_prefetch_end(prefetch);
    }
    return total;
}

Test(prefetch, takes_batches_and_only_some_at_a_time)
{
    struct sj_prefetch prefetch = {0};
    struct sj_pair out[SJ_PREFETCH_BATCH];
    follow(&prefetch, 0, true);
    follow(&prefetch, 64, false);
    for (unsigned i = 0; i < SJ_PREFETCH_FLIGHTS; i++) {
        cr_assert_eq(sj_prefetch_take(&prefetch, has_none, NULL, out), SJ_PREFETCH_BATCH);
        struct sj_pair want = pair(i * SJ_PREFETCH_BATCH);
        cr_assert_eq(memcmp(&out[0], &want, sizeof want), 0);
    }
    cr_assert_eq(sj_prefetch_take(&prefetch, has_none, NULL, out), 0, "enough are under way");
    sj_prefetch_end(&prefetch);
    cr_assert_eq(sj_prefetch_take(&prefetch, has_none, NULL, out), SJ_PREFETCH_BATCH);
    sj_prefetch_release(&prefetch);
}

Test(prefetch, asks_for_nothing_twice)
{
    struct sj_prefetch prefetch = {0};
    follow(&prefetch, 0, true);
    cr_assert_eq(drain(&prefetch), 64);
    follow(&prefetch, 8, true);
    cr_assert_leq(drain(&prefetch), 10, "8 are new; a set may forget a few");
    sj_prefetch_release(&prefetch);
}

Test(prefetch, passes_over_what_is_at_hand)
{
    struct sj_prefetch prefetch = {0};
    struct sj_pair out[SJ_PREFETCH_BATCH];
    struct sj_key chain[SJ_PREFETCH_CHAIN];
    follow(&prefetch, 0, true);
    cr_assert_eq(sj_prefetch_take(&prefetch, has_all, NULL, out), 0);
    cr_assert_eq(sj_prefetch_take_chain(&prefetch, chain), SJ_PREFETCH_CHAIN);
    sj_prefetch_end(&prefetch);
    follow(&prefetch, 64, false);
    cr_assert_eq(sj_prefetch_take(&prefetch, has_all, NULL, out), 0);
    cr_assert_eq(sj_prefetch_take_chain(&prefetch, chain), 0,
                 "a machine that has it all does not walk through the whole build");
    sj_prefetch_release(&prefetch);
}

Test(prefetch, stays_a_bounded_way_ahead)
{
    struct sj_prefetch prefetch = {0};
    struct sj_key chain[SJ_PREFETCH_CHAIN];
    unsigned next = 0;
    follow(&prefetch, next, true);
    while (drain(&prefetch) > 0 && next < 10000) {
        if (sj_prefetch_take_chain(&prefetch, chain) > 0) {
            sj_prefetch_end(&prefetch);
            next += 64;
            follow(&prefetch, next, false);
        }
    }
    cr_assert_leq(next + 64, SJ_PREFETCH_AHEAD);
    for (unsigned i = 0; i < 128; i++) {
        struct sj_pair used = pair(i);
        sj_prefetch_use(&prefetch, &used.strong);
    }
    cr_assert_eq(sj_prefetch_take_chain(&prefetch, chain), SJ_PREFETCH_CHAIN,
                 "it goes on when the build has come closer");
    sj_prefetch_release(&prefetch);
}
