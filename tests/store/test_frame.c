// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "store/frame.h"

static struct sj_key key_of(unsigned number)
{
    return sj_key_of(&number, sizeof number);
}

Test(frame, what_is_added_is_read)
{
    static const struct {
        enum sj_frame_kind kind;
        bool is_compressed;
        uint32_t raw_len;
        const char *data;
    } frames[] = {
        {SJ_FRAME_OBJECT, false, 0, ""},       {SJ_FRAME_OBJECT, true, 100, "short"},
        {SJ_FRAME_RESULT, false, 6, "result"}, {SJ_FRAME_PATHSET, false, 4, "path"},
        {SJ_FRAME_TRAIL, false, 5, "trail"},
    };
    enum {
        COUNT = sizeof frames / sizeof frames[0]
    };
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t want_len = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        struct sj_frame frame = {
            .kind = frames[i].kind,
            .is_compressed = frames[i].is_compressed,
            .raw_len = frames[i].raw_len,
            .key = key_of(i),
            .data = frames[i].data,
            .len = (uint32_t)strlen(frames[i].data),
        };
        sj_frame_add(&bytes, &frame);
        want_len += SJ_FRAME_HEAD_SIZE + frame.len;
        cr_assert_eq(bytes.len, want_len);
    }
    struct sj_reader reader = sj_reader_of(bytes.data, bytes.len);
    for (unsigned i = 0; i < COUNT; i++) {
        struct sj_frame frame;
        struct sj_key key = key_of(i);
        cr_assert_eq(sj_frame_next(&reader, &frame), 0);
        cr_assert_eq(frame.kind, frames[i].kind);
        cr_assert_eq(frame.is_compressed, frames[i].is_compressed);
        cr_assert_eq(frame.raw_len, frames[i].raw_len);
        cr_assert(sj_key_eq(&frame.key, &key));
        cr_assert_eq(frame.len, strlen(frames[i].data));
        cr_assert(memcmp(frame.data, frames[i].data, frame.len) == 0);
    }
    struct sj_frame none;
    cr_assert_eq(sj_frame_next(&reader, &none), SJ_FRAME_END);
    cr_assert_eq(sj_frame_next(&reader, &none), SJ_FRAME_END);
}

Test(frame, is_as_it_is_drawn)
{
    static const char want[] = "\x02\x01\0\0"
                               "\x2c\x01\0\0"
                               "\x03\0\0\0"
                               "0123456789abcdef"
                               "xyz";
    struct sj_frame frame = {
        .kind = SJ_FRAME_RESULT, .is_compressed = true, .raw_len = 300, .data = "xyz", .len = 3};
    memcpy(frame.key.bytes, "0123456789abcdef", SJ_KEY_SIZE);
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_frame_add(&bytes, &frame);
    cr_assert_eq(bytes.len, sizeof want - 1);
    cr_assert(memcmp(bytes.data, want, bytes.len) == 0);
}

Test(frame, what_makes_no_sense_is_refused)
{
    // Changes of one byte of a sound frame: 5 bytes as they are.
    static const struct {
        size_t at;
        unsigned char byte;
    } changes[] = {
        {0, 0}, {0, 5},                  // kind
        {1, 1}, {1, 2},                  // compressed, but not shorter; no such codec
        {2, 1}, {3, 1},                  // zero
        {4, 4}, {4, 6}, {7, 1},          // another length than that of the data
        {8, 6}, {8, 4}, {9, 1}, {11, 1}, // longer than what follows
    };
    struct sj_frame frame = {.kind = SJ_FRAME_OBJECT, .raw_len = 5, .data = "hello", .len = 5};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_frame_add(&bytes, &frame);
        bytes.data[changes[i].at] = (char)changes[i].byte;
        struct sj_reader reader = sj_reader_of(bytes.data, bytes.len);
        struct sj_frame got;
        cr_assert_eq(sj_frame_next(&reader, &got), -EBADMSG, "change %zu", i);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_frame_add(&bytes, &frame);
    for (size_t len = 1; len < bytes.len; len++) {
        struct sj_reader reader = sj_reader_of(bytes.data, len);
        struct sj_frame got;
        cr_assert_eq(sj_frame_next(&reader, &got), -EBADMSG, "cut to %zu", len);
    }
}

Test(frame, names_are_read_as_they_were_added)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (unsigned kind = SJ_FRAME_OBJECT; kind <= SJ_FRAME_TRAIL; kind++) {
        struct sj_key key = key_of(kind);
        sj_name_add(&bytes, (enum sj_frame_kind)kind, &key);
        cr_assert_eq(bytes.len, (size_t)kind * SJ_NAME_SIZE);
    }
    struct sj_reader reader = sj_reader_of(bytes.data, bytes.len);
    enum sj_frame_kind kind;
    struct sj_key got;
    for (unsigned want = SJ_FRAME_OBJECT; want <= SJ_FRAME_TRAIL; want++) {
        struct sj_key key = key_of(want);
        cr_assert_eq(sj_name_next(&reader, &kind, &got), 0);
        cr_assert_eq(kind, want);
        cr_assert(sj_key_eq(&got, &key));
    }
    cr_assert_eq(sj_name_next(&reader, &kind, &got), SJ_FRAME_END);
    reader = sj_reader_of(bytes.data, SJ_NAME_SIZE - 1);
    cr_assert_eq(sj_name_next(&reader, &kind, &got), -EBADMSG);
    bytes.data[0] = 5;
    reader = sj_reader_of(bytes.data, bytes.len);
    cr_assert_eq(sj_name_next(&reader, &kind, &got), -EBADMSG);
}
