// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/note.h"
#include "record/record.h"

#define ARENA SJ_BUF_INIT((size_t)16 << 20)

static const struct sj_note_pair pairs[] = {
    {"commit", "0123456789012345678901234567890123456789"},
    {"branch", "main"},
    {"odd", "a\nb\x01=,"},
    {"empty", ""},
};
static const struct sj_note_blob blobs[] = {
    {{{1, 2, 3}}, {{4, 5, 6}}},
    {{{7}}, {{0}}},
};
static const struct sj_note_span spans[] = {
    {100, 50, 0, "Source", "a.h"},
    {110, 5, 1, "Parse", NULL},
    {90, UINT64_MAX, UINT32_MAX, "", ""},
};

static struct sj_note full(void)
{
    return (struct sj_note){
        .kind = SJ_NOTE_TRACE,
        .time_ns = 1764100000000000000u,
        .build = "ci-1",
        .label = "phase=test",
        .pairs = pairs,
        .blobs = blobs,
        .spans = spans,
        .pair_count = 4,
        .blob_count = 2,
        .span_count = 3,
    };
}

static void expect_equal_text(const char *got, const char *expected)
{
    cr_expect_eq(!got, !expected);
    if (got && expected) {
        cr_expect_str_eq(got, expected);
    }
}

static void expect_equal(const struct sj_note *got, const struct sj_note *expected)
{
    cr_expect_eq(got->kind, expected->kind);
    cr_expect_eq(got->time_ns, expected->time_ns);
    expect_equal_text(got->build, expected->build);
    expect_equal_text(got->label, expected->label);
    cr_assert_eq(got->pair_count, expected->pair_count);
    cr_assert_eq(got->blob_count, expected->blob_count);
    cr_assert_eq(got->span_count, expected->span_count);
    for (uint32_t i = 0; i < got->pair_count; i++) {
        expect_equal_text(got->pairs[i].name, expected->pairs[i].name);
        expect_equal_text(got->pairs[i].value, expected->pairs[i].value);
    }
    for (uint32_t i = 0; i < got->blob_count; i++) {
        cr_expect(sj_key_eq(&got->blobs[i].content, &expected->blobs[i].content));
        cr_expect(sj_oid_eq(&got->blobs[i].blob, &expected->blobs[i].blob));
    }
    for (uint32_t i = 0; i < got->span_count; i++) {
        cr_expect_eq(got->spans[i].start_ns, expected->spans[i].start_ns);
        cr_expect_eq(got->spans[i].wall_ns, expected->spans[i].wall_ns);
        cr_expect_eq(got->spans[i].depth, expected->spans[i].depth);
        expect_equal_text(got->spans[i].name, expected->spans[i].name);
        expect_equal_text(got->spans[i].detail, expected->spans[i].detail);
    }
}

Test(note, comes_back_as_it_was)
{
    const struct sj_note notes[] = {
        full(),
        {.kind = SJ_NOTE_BEGIN},
        {.kind = SJ_NOTE_END, .time_ns = UINT64_MAX, .build = ""},
        {.kind = SJ_NOTE_BLOBS, .blobs = blobs, .blob_count = 1},
        {.kind = SJ_NOTE_PHASE, .label = "a", .pairs = pairs, .pair_count = 1},
    };
    struct sj_buf frames = SJ_BUF_INIT(SJ_RECORD_MAX);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        sj_note_encode(&notes[i], &frames);
    }
    struct sj_buf arena = ARENA;
    size_t at = 0;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        struct sj_note got;
        size_t used = 0;
        cr_assert_eq(sj_note_decode(frames.data + at, frames.len - at, &got, &arena, &used), 0);
        expect_equal(&got, &notes[i]);
        at += used;
    }
    cr_expect_eq(at, frames.len);
    sj_buf_release(&frames);
    sj_buf_release(&arena);
}

Test(note, that_is_cut_is_partial_and_one_that_is_damaged_is_refused)
{
    struct sj_note note = full();
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    struct sj_buf arena = ARENA;
    sj_note_encode(&note, &frame);
    struct sj_note got;
    for (size_t len = 0; len < frame.len; len++) {
        size_t used = 0;
        cr_assert_eq(sj_note_decode(frame.data, len, &got, &arena, &used), SJ_RECORD_PARTIAL);
    }
    for (size_t i = 0; i < frame.len; i++) {
        size_t used = 0;
        frame.data[i] ^= 0x40;
        int status = sj_note_decode(frame.data, frame.len, &got, &arena, &used);
        cr_assert_neq(status, 0, "byte %zu", i);
        cr_assert(status == SJ_RECORD_PARTIAL || (used > 0 && used <= frame.len));
        frame.data[i] ^= 0x40;
    }
    sj_buf_release(&frame);
    sj_buf_release(&arena);
}

Test(note, is_no_record_and_a_record_is_no_note)
{
    struct sj_note note = full();
    struct sj_record record = {.outcome = SJ_OUTCOME_HIT};
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    struct sj_buf arena = ARENA;
    size_t used = 0;
    sj_note_encode(&note, &frame);
    size_t len = frame.len;
    cr_expect_eq(sj_record_decode(frame.data, frame.len, &record, &used), -EBADMSG);
    sj_record_encode(&record, &frame);
    cr_expect_eq(sj_note_decode(frame.data + len, frame.len - len, &note, &arena, &used), -EBADMSG);
    // What reads records only finds the one behind the note.
    cr_expect_eq(sj_record_decode(frame.data, frame.len, &record, &used), -EBADMSG);
    cr_expect_eq(used, len);
    sj_buf_release(&frame);
    sj_buf_release(&arena);
}

Test(note, that_is_too_long_appends_nothing)
{
    struct sj_note_pair *many = calloc(SJ_NOTE_PAIRS_MAX + 1, sizeof *many);
    char *text = calloc(1, 1024);
    cr_assert(many && text);
    memset(text, 'x', 1023);
    for (uint32_t i = 0; i <= SJ_NOTE_PAIRS_MAX; i++) {
        many[i] = (struct sj_note_pair){text, ""};
    }
    struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    struct sj_note note = {.kind = SJ_NOTE_EDGES, .pairs = many};
    note.pair_count = SJ_NOTE_PAIRS_MAX + 1;
    sj_note_encode(&note, &frame);
    cr_expect_eq(frame.len, 0);
    note.pair_count = SJ_NOTE_PAIRS_MAX;
    sj_note_encode(&note, &frame);
    cr_expect_eq(frame.len, 0);
    cr_expect_not(frame.is_full);
    note.pair_count = 1000;
    sj_note_encode(&note, &frame);
    cr_expect_gt(frame.len, 1000 * 1024);
    sj_buf_release(&frame);
    free(many);
    free(text);
}

Test(note, values_are_found_by_name)
{
    struct sj_note note = full();
    cr_expect_str_eq(sj_note_value(&note, "branch"), "main");
    cr_expect_str_eq(sj_note_value(&note, "empty"), "");
    cr_expect_null(sj_note_value(&note, "other"));
}
