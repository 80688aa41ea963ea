// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"

Test(buf, text_is_always_terminated)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_str_eq(sj_buf_text(&buf), "");
    sj_buf_adds(&buf, "one");
    sj_buf_addc(&buf, ' ');
    sj_buf_addf(&buf, "%d %s", 2, "three");
    cr_assert_str_eq(sj_buf_text(&buf), "one 2 three");
    cr_assert_eq(buf.len, strlen("one 2 three"));
    sj_buf_clear(&buf);
    cr_assert_str_eq(sj_buf_text(&buf), "");
}

Test(buf, what_passes_the_limit_is_left_out_and_told)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(4);
    sj_buf_adds(&buf, "123");
    cr_assert_not(buf.is_full);
    sj_buf_adds(&buf, "45");
    cr_assert(buf.is_full);
    cr_assert_str_eq(sj_buf_text(&buf), "123");
    sj_buf_addc(&buf, '4');
    cr_assert_str_eq(sj_buf_text(&buf), "1234");
    cr_assert_null(sj_buf_reserve(&buf, SIZE_MAX));
}

Test(buf, grows_over_many_additions)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < 10000; i++) {
        sj_buf_addf(&buf, "%05zu", i);
    }
    cr_assert_eq(buf.len, 50000);
    cr_assert_eq(memcmp(buf.data, "0000000001", 10), 0);
    cr_assert_str_eq(buf.data + buf.len - 10, "0999809999");
}

Test(reader, gives_back_what_was_added)
{
    SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addc(&buf, (char)0xfe);
    sj_buf_add_u16(&buf, 0x1234);
    sj_buf_add_u32(&buf, 0x89abcdef);
    sj_buf_add_u64(&buf, UINT64_MAX - 1);
    sj_buf_add_real(&buf, -0.1);
    sj_buf_add_bytes(&buf, "text", 4);

    struct sj_reader reader = sj_reader_of(buf.data, buf.len);
    cr_assert_eq(sj_reader_u8(&reader), 0xfe);
    cr_assert_eq(sj_reader_u16(&reader), 0x1234);
    cr_assert_eq(sj_reader_u32(&reader), 0x89abcdef);
    cr_assert_eq(sj_reader_u64(&reader), UINT64_MAX - 1);
    cr_assert_eq(sj_reader_real(&reader), -0.1);
    size_t len = 0;
    const char *text = sj_reader_bytes(&reader, &len);
    cr_assert_eq(len, 4);
    cr_assert_eq(memcmp(text, "text", 4), 0);
    cr_assert_not(reader.is_bad);
    cr_assert_eq(reader.at, reader.end);
}

Test(reader, numbers_are_little_endian)
{
    struct sj_reader reader = sj_reader_of("\x01\x02\x03\x04", 4);
    cr_assert_eq(sj_reader_u32(&reader), 0x04030201);
}

Test(reader, never_passes_the_end_and_remembers)
{
    struct sj_reader reader = sj_reader_of("\x05\0\0\0abc", 7);
    size_t len = 1;
    cr_assert_null(sj_reader_bytes(&reader, &len));
    cr_assert_eq(len, 0);
    cr_assert(reader.is_bad);
    cr_assert_eq(sj_reader_u8(&reader), 0, "a fault stays");

    reader = sj_reader_of("abc", 3);
    cr_assert_eq(sj_reader_u32(&reader), 0);
    cr_assert(reader.is_bad);

    reader = sj_reader_of("abc", 3);
    cr_assert_null(sj_reader_take(&reader, SIZE_MAX));
}
