// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "record/record.h"

static struct sj_record sample(const struct sj_key *inputs, uint32_t count)
{
    return (struct sj_record){
        .start_ns = UINT64_C(1763900000000000000),
        .wall_ns = 1234567,
        .user_ns = UINT64_MAX,
        .system_ns = 127,
        .own_ns = 128,
        .instructions = UINT64_C(12345678901),
        .peak_rss_bytes = 1,
        .input_count = 57,
        .pid = 4711,
        .exit_status = -1,
        .flags = SJ_RECORD_STORED,
        .outcome = SJ_OUTCOME_MISS,
        .reason = "inputs changed",
        .tool = "/usr/bin/gcc-12",
        .cwd = "/work",
        .source = "a.c",
        .output = "",
        .args = "-c a.c -o a.o",
        .weak = sj_key_of("weak", 4),
        .component = {[SJ_COMPONENT_PLACE] = sj_key_of("place", 5)},
        .inputs = inputs,
        .inputs_count = count,
    };
}

static void expect_text(const char *got, const char *want)
{
    if (want) {
        cr_assert(got);
        cr_expect_str_eq(got, want);
    } else {
        cr_expect_null(got);
    }
}

Test(record, reads_back_what_was_written)
{
    const struct sj_key inputs[] = {sj_key_of("a", 1), {{0}}, sj_key_of("b", 1)};
    struct sj_record want = sample(inputs, 3);
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_record_encode(&want, &frame);

    struct sj_record got;
    size_t used = 0;
    cr_assert_eq(sj_record_decode(frame.data, frame.len, &got, &used), 0);
    cr_expect_eq(used, frame.len);
    cr_expect_eq(got.start_ns, want.start_ns);
    cr_expect_eq(got.user_ns, want.user_ns);
    cr_expect_eq(got.system_ns, 127);
    cr_expect_eq(got.own_ns, 128);
    cr_expect_eq(got.saved_ns, 0);
    cr_expect_eq(got.instructions, UINT64_C(12345678901));
    cr_expect_eq(got.exit_status, -1);
    cr_expect_eq(got.outcome, SJ_OUTCOME_MISS);
    cr_expect_eq(got.flags, SJ_RECORD_STORED);
    expect_text(got.reason, want.reason);
    expect_text(got.detail, NULL);
    expect_text(got.tool, want.tool);
    expect_text(got.output, "");
    expect_text(got.args, want.args);
    cr_expect(sj_key_eq(&got.weak, &want.weak));
    cr_expect(sj_key_eq(&got.strong, &want.strong));
    cr_expect(sj_key_eq(&got.component[SJ_COMPONENT_PLACE], &want.component[SJ_COMPONENT_PLACE]));
    cr_assert_eq(got.inputs_count, 3);
    cr_expect_arr_eq(got.inputs, inputs, sizeof inputs);
    sj_buf_release(&frame);
}

Test(record, keeps_extreme_numbers)
{
    static const int32_t statuses[] = {0, 1, -1, 139, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct sj_record want = {.outcome = SJ_OUTCOME_HIT, .exit_status = statuses[i]};
        struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
        struct sj_record got;
        size_t used;
        sj_record_encode(&want, &frame);
        cr_assert_eq(sj_record_decode(frame.data, frame.len, &got, &used), 0);
        cr_expect_eq(got.exit_status, statuses[i]);
        sj_buf_release(&frame);
    }
}

Test(record, a_hit_is_small)
{
    struct sj_record record = sample(NULL, 0);
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_record_encode(&record, &frame);
    cr_expect_lt(frame.len, 200);
    sj_buf_release(&frame);
}

Test(record, every_cut_reads_as_partial)
{
    struct sj_record want = sample(NULL, 0);
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_record_encode(&want, &frame);
    for (size_t len = 0; len < frame.len; len++) {
        struct sj_record got;
        size_t used = 0;
        cr_assert_eq(sj_record_decode(frame.data, len, &got, &used), SJ_RECORD_PARTIAL, "%zu", len);
    }
    sj_buf_release(&frame);
}

Test(record, every_flipped_bit_is_noticed)
{
    struct sj_record want = sample(NULL, 0);
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_record_encode(&want, &frame);
    for (size_t bit = 0; bit < frame.len * 8; bit++) {
        frame.data[bit / 8] ^= (char)(1 << bit % 8);
        struct sj_record got;
        size_t used = 0;
        int status = sj_record_decode(frame.data, frame.len, &got, &used);
        cr_assert(status == -EBADMSG || status == SJ_RECORD_PARTIAL, "bit %zu: %d", bit, status);
        cr_assert(status == SJ_RECORD_PARTIAL || (used > 0 && used <= frame.len));
        frame.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    sj_buf_release(&frame);
}

Test(record, damage_is_passed_over_to_the_next_frame)
{
    struct sj_record want = sample(NULL, 0);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_buf_adds(&bytes, "garbage SJR");
    size_t start = bytes.len;
    sj_record_encode(&want, &bytes);
    struct sj_record got;
    size_t used = 0;
    cr_assert_eq(sj_record_decode(bytes.data, bytes.len, &got, &used), -EBADMSG);
    cr_expect_eq(used, start);
    sj_buf_release(&bytes);
}

Test(record, one_that_is_too_long_loses_inputs_then_arguments)
{
    uint32_t count = SJ_RECORD_MAX / SJ_KEY_SIZE;
    struct sj_key *inputs = sj_calloc(count, sizeof *inputs);
    struct sj_record want = sample(inputs, count);
    struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    sj_record_encode(&want, &frame);
    struct sj_record got;
    size_t used;
    cr_assert_eq(sj_record_decode(frame.data, frame.len, &got, &used), 0);
    cr_expect_eq(got.inputs_count, 0);
    expect_text(got.args, want.args);

    char *args = sj_calloc(SJ_RECORD_MAX + 1, 1);
    memset(args, 'x', SJ_RECORD_MAX);
    want.args = args;
    sj_buf_clear(&frame);
    sj_record_encode(&want, &frame);
    cr_assert_eq(sj_record_decode(frame.data, frame.len, &got, &used), 0);
    expect_text(got.args, NULL);
    expect_text(got.source, "a.c");
    free(args);
    free(inputs);
    sj_buf_release(&frame);
}

Test(record, fields_of_a_newer_version_are_passed_over)
{
    // Masks with bits that no table has: number 20, text 15, key 10; bytes behind the inputs.
    static const unsigned char body[] =
        "\x80\xc0\x40\x01\x07"        // numbers 13 and 20: outcome 1, unknown 7
        "\xc0\x80\x02\x01s\0\x02xy\0" // texts 6 and 15: source "s", unknown "xy"
        "\x80\x08"
        "0123456789abcdef" // key 10: unknown
        "\x00"             // no inputs
        "more";
    unsigned char frame[16 + sizeof body - 1] = "SJR1";
    struct sj_key key = sj_key_of(body, sizeof body - 1);
    sj_put_u32(frame + 4, sizeof body - 1);
    memcpy(frame + 8, key.bytes, 8);
    memcpy(frame + 16, body, sizeof body - 1);
    struct sj_record got;
    size_t used;
    cr_assert_eq(sj_record_decode(frame, sizeof frame, &got, &used), 0);
    cr_expect_eq(got.outcome, SJ_OUTCOME_HIT);
    expect_text(got.source, "s");
    cr_expect_eq(used, sizeof frame);
}

Test(record, outcomes_have_names)
{
    cr_expect_str_eq(sj_outcome_name(SJ_OUTCOME_BYPASS), "bypass");
    cr_expect_str_eq(sj_outcome_name((enum sj_outcome)99), "unknown");
}
