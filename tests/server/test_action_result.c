// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "server/action_result.h"

static const struct {
    const char *bytes;
    size_t len;
    bool is_one;
    const char *why;
} cases[] = {
    {"", 0, true, "an empty message: nothing was written, status 0"},
    {"\x20\x01", 2, true, "exit_code 1"},
    {"\x12\x03"
     "abc"
     "\x20\x00",
     7, true, "an output file and a status"},
    {"\x2a\x00", 2, true, "empty stdout_raw"},
    {"\x62\x00", 2, true, "the last field"},
    {"{}", 2, true, "JSON, as moon writes it"},
    {"{\"outputFiles\":[{\"path\":\"a\"}]}", 30, true, "JSON with a member"},
    {"{\"outputFiles\":", 15, false, "JSON cut short"},
    {"{} {}", 5, false, "JSON with something behind it"},
    {"\x12\x04"
     "abc",
     5, false, "a length past the end"},
    {"\x10\x01", 2, false, "an output file that is a number"},
    {"\x0a\x00", 2, false, "field 1, which is none"},
    {"\x6a\x00", 2, false, "field 13, which is none"},
    {"\x12", 1, false, "a tag alone"},
    {"\x20\x80", 2, false, "a number cut short"},
    {"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, false, "a number of 12 bytes"},
    {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, false, "a length near 2^64"},
    {"\xcc\xac\x01\x00", 4, false, "a value of ccache's"},
};

Test(action_result, tells_messages_from_other_bytes)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_is_action_result(cases[i].bytes, cases[i].len), cases[i].is_one, "%s",
                     cases[i].why);
    }
}
