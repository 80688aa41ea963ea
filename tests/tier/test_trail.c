// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tier/trail.h"

#define START UINT64_C(1000000000000)

static struct sj_pair pair(unsigned number)
{
    unsigned strong = ~number;
    return (struct sj_pair){sj_key_of(&number, sizeof number), sj_key_of(&strong, sizeof strong)};
}

static void note(struct sj_trail *trail, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        struct sj_pair item = pair(i);
        sj_trail_note(trail, &item, START);
    }
}

// The next trail must stand under a pair and hold `count` pairs from the one behind it on.
static void expect(struct sj_trail *trail, uint64_t now_ns, unsigned under, unsigned count)
{
    struct sj_buf out = SJ_BUF_INIT(1u << 16);
    struct sj_key weak;
    struct sj_pair want = pair(under);
    struct sj_pair pairs[SJ_TRAIL_PAIRS_MAX];
    cr_assert(sj_trail_take(trail, now_ns, false, &weak, &out), "trail of %u", under);
    cr_assert(sj_key_eq(&weak, &want.weak), "trail of %u", under);
    cr_assert_eq(sj_trail_decode(out.data, out.len, pairs), (int)count, "trail of %u", under);
    for (unsigned i = 0; i < count; i++) {
        want = pair(under + 1 + i);
        cr_assert_eq(memcmp(&pairs[i], &want, sizeof want), 0, "trail of %u, pair %u", under, i);
    }
    sj_buf_release(&out);
}

static void expect_none(struct sj_trail *trail, uint64_t now_ns)
{
    struct sj_buf out = SJ_BUF_INIT(1u << 16);
    struct sj_key weak;
    cr_assert_not(sj_trail_take(trail, now_ns, false, &weak, &out));
    cr_assert_eq(out.len, 0);
    sj_buf_release(&out);
}

Test(trail, every_eighth_pair_has_the_64_behind_it)
{
    struct sj_trail trail = {0};
    note(&trail, 0, 64);
    expect_none(&trail, START);
    note(&trail, 64, 17);
    expect(&trail, START, 0, 64);
    expect(&trail, START, 8, 64);
    expect(&trail, START, 16, 64);
    expect_none(&trail, START);
    sj_trail_release(&trail);
}

Test(trail, a_quiet_session_gives_what_there_is)
{
    struct sj_trail trail = {0};
    note(&trail, 0, 10);
    expect_none(&trail, START + SJ_TRAIL_QUIET_NS - 1);
    expect(&trail, START + SJ_TRAIL_QUIET_NS, 0, 9);
    expect(&trail, START + SJ_TRAIL_QUIET_NS, 8, 1);
    expect_none(&trail, START + SJ_TRAIL_QUIET_NS);
    sj_trail_release(&trail);
}

Test(trail, repetitions_are_no_steps)
{
    struct sj_trail trail = {0};
    note(&trail, 0, 5);
    note(&trail, 2, 4);
    expect(&trail, START + SJ_TRAIL_QUIET_NS, 0, 5);
    sj_trail_release(&trail);
}

Test(trail, what_a_tier_has_is_not_sent_again_nor_made_shorter)
{
    struct sj_trail first = {0};
    struct sj_buf out = SJ_BUF_INIT(1u << 16);
    struct sj_key weak;
    note(&first, 0, 6);
    cr_assert(sj_trail_take(&first, START + SJ_TRAIL_QUIET_NS, false, &weak, &out));

    static const struct {
        unsigned count;
        bool is_sent;
    } rows[] = {{6, false}, {4, false}, {9, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_trail trail = {0};
        sj_trail_know(&trail, &weak, out.data, out.len);
        note(&trail, 0, rows[i].count);
        if (rows[i].is_sent) {
            expect(&trail, START + SJ_TRAIL_QUIET_NS, 0, rows[i].count - 1);
        } else {
            expect_none(&trail, START + SJ_TRAIL_QUIET_NS);
        }
        sj_trail_release(&trail);
    }
    sj_buf_release(&out);
    sj_trail_release(&first);
}

Test(trail, a_long_session_keeps_only_what_matters)
{
    struct sj_trail trail = {0};
    for (unsigned i = 0; i < 5000; i += 100) {
        note(&trail, i, 100);
        struct sj_buf out = SJ_BUF_INIT(1u << 16);
        struct sj_key weak;
        while (sj_trail_take(&trail, START, false, &weak, &out)) {
            sj_buf_clear(&out);
        }
        sj_buf_release(&out);
    }
    cr_assert_lt(trail.count, 1000);
    note(&trail, 5000, 100);
    expect(&trail, START, 4936, 64);
    sj_trail_release(&trail);
}

Test(trail, refuses_what_is_no_trail)
{
    static const size_t lens[] = {1, 31, 33, SJ_TRAIL_PAIR_SIZE * (SJ_TRAIL_PAIRS_MAX + 1)};
    struct sj_pair out[SJ_TRAIL_PAIRS_MAX];
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        char *data = calloc(lens[i], 1);
        cr_assert_eq(sj_trail_decode(data, lens[i], out), -EBADMSG, "%zu bytes", lens[i]);
        free(data);
    }
    cr_assert_eq(sj_trail_decode("", 0, out), 0);
}

Test(trail, a_pause_gives_what_there_is_and_more_later)
{
    struct sj_trail trail = {0};
    struct sj_buf out = SJ_BUF_INIT(1u << 16);
    struct sj_key weak;
    static const struct {
        unsigned first;
        unsigned count;
        unsigned trails; // in the pause behind these
    } rows[] = {{0, 1, 0}, {1, 9, 2}, {10, 0, 0}, {10, 20, 4}, {30, 70, 13}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        note(&trail, rows[i].first, rows[i].count);
        unsigned trails = 0;
        while (sj_trail_take(&trail, START, true, &weak, &out)) {
            trails++;
        }
        cr_assert_eq(trails, rows[i].trails, "pause %zu: %u", i, trails);
        cr_assert_not(sj_trail_has_more(&trail));
    }
    sj_buf_release(&out);
    sj_trail_release(&trail);
}
