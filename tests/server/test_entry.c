// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "server/entry.h"

static const struct sj_entry_head full = {
    .text = {"turbo/0123456789abcdef", 22},
    .type = {"application/json", 16},
    .tag = {"Tc0BmHvJYMIYJ62/zx87YqO0Flxk+5Ovip25NY825CQ=", 44},
    .sha = {"7d5434e", 7},
    .duration_ms = UINT64_MAX,
    .stored_s = INT64_MIN,
};

Test(entry, comes_back_as_it_was)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX + 8);
    struct sj_entry_head head;
    cr_assert_eq(sj_entry_encode(&full, &buf), 0);
    size_t size = buf.len;
    sj_buf_adds(&buf, "value");
    cr_assert_eq(sj_entry_decode(buf.data, buf.len, &head), (int64_t)size);
    cr_assert(sj_str_eq(head.text, full.text));
    cr_assert(sj_str_eq(head.type, full.type));
    cr_assert(sj_str_eq(head.tag, full.tag));
    cr_assert(sj_str_eq(head.sha, full.sha));
    cr_assert_eq(head.duration_ms, full.duration_ms);
    cr_assert_eq(head.stored_s, full.stored_s);
}

Test(entry, needs_no_more_than_a_text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
    struct sj_entry_head head = {.text = {"nx/1", 4}};
    cr_assert_eq(sj_entry_encode(&head, &buf), 0);
    cr_assert_eq(sj_entry_decode(buf.data, buf.len, &head), (int64_t)buf.len);
    cr_assert_eq(head.type.len, 0);
    cr_assert_eq(head.stored_s, 0);
}

Test(entry, refuses_what_is_too_long_or_no_header)
{
    static char long_text[SJ_ENTRY_HEAD_MAX + 1];
    memset(long_text, 'a', sizeof long_text);
    static const struct sj_str bad[] = {
        {long_text, SJ_ENTRY_HEAD_MAX},
        {long_text, SJ_ENTRY_HEAD_MAX + 1},
        {long_text, SIZE_MAX},
        {"a\r\nX-Evil: 1", 12},
        {"a\0b", 3},
        {"\xc3\xa4", 2},
        {"\x7f", 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (int field = 0; field < 4; field++) {
            SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
            struct sj_entry_head head = full;
            struct sj_str *fields[] = {&head.text, &head.type, &head.tag, &head.sha};
            *fields[field] = bad[i];
            cr_expect_eq(sj_entry_encode(&head, &buf), -EINVAL, "case %zu, field %d", i, field);
            cr_expect_eq(buf.len, 0);
        }
    }
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
    cr_assert_eq(sj_entry_encode(&(struct sj_entry_head){.stored_s = 1}, &buf), -EINVAL);
}

Test(entry, takes_the_longest_head_and_no_longer)
{
    static char text[SJ_ENTRY_HEAD_MAX];
    memset(text, 'a', sizeof text);
    struct sj_entry_head head = {.text = {text, SJ_ENTRY_HEAD_MAX - 32}};
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
    cr_assert_eq(sj_entry_encode(&head, &buf), 0);
    cr_assert_eq(buf.len, SJ_ENTRY_HEAD_MAX);
    cr_assert_eq(sj_entry_decode(buf.data, buf.len, &head), SJ_ENTRY_HEAD_MAX);
    head.text.len++;
    cr_assert_eq(sj_entry_encode(&head, &buf), -EINVAL);
}

Test(entry, refuses_what_is_damaged)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
    struct sj_entry_head head;
    cr_assert_eq(sj_entry_encode(&full, &buf), 0);
    for (size_t len = 0; len < buf.len; len++) {
        cr_expect_eq(sj_entry_decode(buf.data, len, &head), -EBADMSG, "%zu bytes", len);
    }
    // The magic, the size, the lengths, and a text with a line feed.
    static const size_t at[] = {0, 3, 4, 7, 24, 25, 26, 28, 30};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        buf.data[at[i]] ^= 1;
        cr_expect_eq(sj_entry_decode(buf.data, buf.len, &head), -EBADMSG, "byte %zu", at[i]);
        buf.data[at[i]] ^= 1;
    }
    buf.data[buf.len - 1] = '\n';
    cr_assert_eq(sj_entry_decode(buf.data, buf.len, &head), -EBADMSG);
}
