// SPDX-License-Identifier: Apache-2.0
// The splits against the definition: the mean of what each player adds over all orders.
#include <criterion/criterion.h>
#include <math.h>

#include "analyze/charge.h"

static void split_equally(uint64_t amount, size_t count, uint64_t *shares)
{
    for (size_t i = 0; i < count; i++) {
        shares[i] = sj_charge_share(amount, count, i);
    }
}

// As bills do it: among commits, then each share among the commit's files.
static void split_twice(uint64_t amount, const size_t *sizes, size_t count, uint64_t *shares)
{
    for (size_t i = 0; i < count; i++) {
        split_equally(sj_charge_share(amount, count, i), sizes[i], shares);
        shares += sizes[i];
    }
}

#define PLAYERS_MAX 7

/** A deterministic source of numbers: xorshift64*. */
struct dice {
    uint64_t state;
};

static uint64_t throw_dice(struct dice *dice)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint64_t sum(const uint64_t *shares, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += shares[i];
    }
    return total;
}

/** A walk over all orders of some players in which those of one group stand together. */
struct walk {
    size_t group[PLAYERS_MAX]; // of each player
    size_t count;
    size_t order[PLAYERS_MAX];
    bool is_used[PLAYERS_MAX];
    uint64_t orders;
    uint64_t pivots[PLAYERS_MAX]; // orders in which the player is the one that adds something
};

// A group may begin only when the one before it is complete.
static bool may_follow(const struct walk *walk, size_t depth, size_t player)
{
    if (depth == 0) {
        return true;
    }
    size_t last = walk->group[walk->order[depth - 1]];
    if (walk->group[player] == last) {
        return true;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (!walk->is_used[i] && walk->group[i] == last) {
            return false;
        }
    }
    return true;
}

static void walk_orders(struct walk *walk, size_t depth)
{
    if (depth == walk->count) {
        // v(empty) = 0 and v(anything else) = C: only the first of an order adds.
        walk->orders++;
        walk->pivots[walk->order[0]]++;
        return;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (!walk->is_used[i] && may_follow(walk, depth, i)) {
            walk->is_used[i] = true;
            walk->order[depth] = i;
            walk_orders(walk, depth + 1);
            walk->is_used[i] = false;
        }
    }
}

static void check_exact(const struct walk *walk, uint64_t amount, const uint64_t *shares)
{
    for (size_t i = 0; i < walk->count; i++) {
        double exact = (double)amount * (double)walk->pivots[i] / (double)walk->orders;
        // Two levels of rounding, each of less than a nanosecond.
        cr_assert_lt(fabs(exact - (double)shares[i]), 2.0, "player %zu: %f, not %lu", i, exact,
                     shares[i]);
    }
}

Test(charge, equal_split_is_the_shapley_value)
{
    for (size_t count = 1; count <= PLAYERS_MAX; count++) {
        struct walk walk = {.count = count};
        walk_orders(&walk, 0);
        uint64_t shares[PLAYERS_MAX];
        split_equally(1000003, count, shares);
        check_exact(&walk, 1000003, shares);
        cr_assert_eq(sum(shares, count), 1000003);
    }
}

Test(charge, two_level_split_is_the_owen_value)
{
    static const size_t games[][PLAYERS_MAX] = {
        {1}, {2}, {1, 1}, {1, 2}, {3, 1}, {2, 2, 2}, {1, 1, 5}, {4, 2, 1}, {7}, {1, 1, 1, 1, 3},
    };
    for (size_t game = 0; game < sizeof games / sizeof games[0]; game++) {
        struct walk walk = {0};
        size_t groups = 0;
        for (; groups < PLAYERS_MAX && games[game][groups]; groups++) {
            for (size_t i = 0; i < games[game][groups]; i++) {
                walk.group[walk.count++] = groups;
            }
        }
        walk_orders(&walk, 0);
        uint64_t shares[PLAYERS_MAX];
        split_twice(999999937, games[game], groups, shares);
        check_exact(&walk, 999999937, shares);
        cr_assert_eq(sum(shares, walk.count), 999999937);
    }
}

Test(charge, what_does_not_divide_goes_to_the_first_ones)
{
    uint64_t shares[4];
    split_equally(10, 4, shares);
    static const uint64_t expected[] = {3, 3, 2, 2};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(shares[i], expected[i]);
        cr_assert_eq(sj_charge_share(10, 4, i), expected[i]);
    }
    static const size_t sizes[] = {1, 3};
    split_twice(9, sizes, 2, shares);
    static const uint64_t owen[] = {5, 2, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(shares[i], owen[i]);
    }
}

Test(charge, nothing_to_split_or_nobody_to_charge)
{
    uint64_t shares[3] = {7, 7, 7};
    split_equally(5, 0, shares);
    split_twice(5, NULL, 0, shares);
    cr_assert_eq(shares[0], 7);
    split_equally(0, 3, shares);
    cr_assert_eq(sum(shares, 3), 0);
    split_equally(2, 3, shares);
    cr_assert_eq(sum(shares, 3), 2);
    split_equally(UINT64_MAX, 3, shares);
    cr_assert_eq(sum(shares, 3), UINT64_MAX);
}

Test(charge, adds_up_for_random_games)
{
    struct dice dice = {20261125};
    for (int round = 0; round < 20000; round++) {
        size_t sizes[32];
        size_t groups = 1 + throw_dice(&dice) % 32;
        size_t members = 0;
        for (size_t i = 0; i < groups; i++) {
            sizes[i] = 1 + throw_dice(&dice) % 16;
            members += sizes[i];
        }
        uint64_t amount = throw_dice(&dice) >> throw_dice(&dice) % 64;
        uint64_t shares[32 * 16];
        split_twice(amount, sizes, groups, shares);
        cr_assert_eq(sum(shares, members), amount);
        size_t first = 0;
        for (size_t i = 0; i < groups; i++) {
            uint64_t group = sum(shares + first, sizes[i]);
            cr_assert_leq(group - amount / groups, 1);
            cr_assert_leq(shares[first] - shares[first + sizes[i] - 1], 1);
            first += sizes[i];
        }
    }
}
