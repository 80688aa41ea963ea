// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>

#include "base/json.h"

Test(json, commas_and_nesting)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_json json = sj_json_of(&out);
    sj_json_open(&json, NULL, '{');
    sj_json_u64(&json, "big", UINT64_MAX);
    sj_json_i64(&json, "small", INT64_MIN);
    sj_json_open(&json, "list", '[');
    sj_json_bool(&json, NULL, true);
    sj_json_str(&json, NULL, NULL);
    sj_json_open(&json, NULL, '{');
    sj_json_close(&json, '}');
    sj_json_close(&json, ']');
    sj_json_real(&json, "half", 0.5);
    sj_json_real(&json, "none", (double)NAN);
    sj_json_close(&json, '}');
    cr_assert_str_eq(sj_buf_text(&out),
                     "{\"big\":18446744073709551615,\"small\":-9223372036854775808,"
                     "\"list\":[true,null,{}],\"half\":0.5,\"none\":null}");
}

// Well-formed UTF-8 passes, whatever is not comes out as one U+FFFD for each stray byte.
Test(json, any_bytes_give_valid_text)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"plain", "\"plain\""},
        {"\"\\\n\t\x7f", "\"\\\"\\\\\\u000a\\u0009\\u007f\""},
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa6", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa6\""},
        {"\xff", "\"\\ufffd\""},
        {"\xc3", "\"\\ufffd\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},                       // overlong
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},            // surrogate
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, // above U+10FFFF
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},
        {"\xe2\x28\xa1", "\"\\ufffd(\\ufffd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        struct sj_json json = sj_json_of(&out);
        sj_json_str(&json, NULL, cases[i].text);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].quoted, "case %zu", i);
    }
}
