// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>

#include "base/parse.h"

Test(parse, reads_sizes_with_units)
{
    static const struct {
        const char *text;
        int status;
        uint64_t bytes;
    } cases[] = {
        {"0", 0, 0},
        {"5G", 0, 5000000000},
        {"1.5GiB", 0, 1610612736},
        {"500 MB", 0, 500000000},
        {"10k", 0, 10000},
        {"", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"inf", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"5Q", -EINVAL, 0},
        {"1.2.3", -EINVAL, 0},
        {"99999999999T", -ERANGE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t bytes = 0;
        cr_expect_eq(sj_parse_size(cases[i].text, &bytes), cases[i].status, "%s", cases[i].text);
        cr_expect_eq(bytes, cases[i].bytes, "%s", cases[i].text);
    }
}

Test(parse, reads_shares)
{
    double share = -1;
    cr_expect_eq(sj_parse_share("1%", &share), 0);
    cr_expect_float_eq(share, 0.01, 1e-12);
    cr_expect_eq(sj_parse_share("0.5", &share), 0);
    cr_expect_float_eq(share, 0.5, 1e-12);
    cr_expect_eq(sj_parse_share("101%", &share), -ERANGE);
    cr_expect_eq(sj_parse_share("half", &share), -EINVAL);
}

Test(parse, reads_whole_numbers_only)
{
    uint64_t number = 7;
    cr_expect_eq(sj_parse_u64("12", 100, &number), 0);
    cr_expect_eq(number, 12);
    cr_expect_eq(sj_parse_u64("101", 100, &number), -ERANGE);
    cr_expect_eq(sj_parse_u64("12x", 100, &number), -EINVAL);
    cr_expect_eq(sj_parse_u64(" 12", 100, &number), -EINVAL);
    cr_expect_eq(sj_parse_u64("18446744073709551616", UINT64_MAX, &number), -ERANGE);
    cr_expect_eq(number, 12);
}
