// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>

#include "dash/doc_text.h"

#define MINUS "\xe2\x88\x92"
#define NONE  "\xe2\x80\x93"

Test(doc_text, numbers_as_a_person_writes_them)
{
    static const struct {
        enum sj_doc_type type;
        double value;
        const char *words;
    } cases[] = {
        {SJ_DOC_NUMBER, 0, "0"},
        {SJ_DOC_NUMBER, 1.23456, "1.23"},
        {SJ_DOC_NUMBER, 12.3456, "12.3"},
        {SJ_DOC_NUMBER, 123.456, "123"},
        {SJ_DOC_NUMBER, 9.999, "10"},
        {SJ_DOC_NUMBER, 1.5, "1.5"},
        {SJ_DOC_NUMBER, -2, MINUS "2"},
        {SJ_DOC_NUMBER, 0.0123456, "0.0123"},
        {SJ_DOC_NUMBER, 417433.4, "417,433"},
        {SJ_DOC_NUMBER, (double)NAN, NONE},
        {SJ_DOC_NUMBER, (double)INFINITY, NONE},
        {SJ_DOC_COUNT, 0, "0"},
        {SJ_DOC_COUNT, 999, "999"},
        {SJ_DOC_COUNT, 12345, "12,345"},
        {SJ_DOC_COUNT, -1234, MINUS "1,234"},
        {SJ_DOC_COUNT, 1234567, "1.23 million"},
        {SJ_DOC_COUNT, 4.2e9, "4.2 billion"},
        {SJ_DOC_SPAN, 0, "0 s"},
        {SJ_DOC_SPAN, -3e-7, "0 s"},
        {SJ_DOC_SPAN, 12, "12 ns"},
        {SJ_DOC_DAY, 1763942400e9, "2025-11-24"},
        {SJ_DOC_DAY, -1, "\xe2\x80\x93"},
        {SJ_DOC_SPAN, 1.5e3, "1.5 \xc2\xb5s"},
        {SJ_DOC_SPAN, 123.4e6, "123 ms"},
        {SJ_DOC_SPAN, 12.34e9, "12.3 s"},
        {SJ_DOC_SPAN, 59.96e9, "1 min"},
        {SJ_DOC_SPAN, 83e9, "1 min 23 s"},
        {SJ_DOC_SPAN, 3599.6e9, "1 h"},
        {SJ_DOC_SPAN, 5 * 3600e9 + 600e9, "5 h 10 min"},
        {SJ_DOC_SPAN, 50 * 3600e9, "2 d 2 h"},
        {SJ_DOC_SPAN, 400 * 86400e9, "400 d"},
        {SJ_DOC_SPAN, -83e9, MINUS "1 min 23 s"},
        {SJ_DOC_SIZE, 0, "0 B"},
        {SJ_DOC_SIZE, 1023, "1023 B"},
        {SJ_DOC_SIZE, 1024, "1 KiB"},
        {SJ_DOC_SIZE, 1.5 * 1048576, "1.5 MiB"},
        {SJ_DOC_SIZE, 3e12, "2.73 TiB"},
        {SJ_DOC_SHARE, 0, "0 %"},
        {SJ_DOC_SHARE, 0.12345, "12.3 %"},
        {SJ_DOC_SHARE, 0.9999, "99.9 %"},
        {SJ_DOC_SHARE, 1, "100 %"},
        {SJ_DOC_SHARE, 0.0001, "< 0.1 %"},
        {SJ_DOC_CHANGE, 0, "\xc2\xb1 0 %"},
        {SJ_DOC_CHANGE, 0.134, "\xe2\x96\xb2 +13.4 %"},
        {SJ_DOC_CHANGE, -0.04, "\xe2\x96\xbc " MINUS "4.0 %"},
        {SJ_DOC_CHANGE, 2, "\xe2\x96\xb2 +200 %"},
        {SJ_DOC_CHANGE, 99,
         "\xe2\x96\xb2 \xc3\x97"
         "100"},
        {SJ_DOC_TIME, 1.7e18, "2023-11-14 22:13 UTC"},
        {SJ_DOC_TIME, 0, "1970-01-01 00:00 UTC"},
        {SJ_DOC_TIME, -1, NONE},
        {SJ_DOC_TIME, 1e30, "1e+30"},
        {SJ_DOC_MONEY, 1.234, "1.23 \xe2\x82\xac"},
        {SJ_DOC_MONEY, -1.234, MINUS "1.23 \xe2\x82\xac"},
        {SJ_DOC_MONEY, 4321.5, "4,322 \xe2\x82\xac"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_doc_words(&out, cases[i].type, cases[i].value, "\xe2\x82\xac");
        cr_assert_str_eq(sj_buf_text(&out), cases[i].words, "%s is not %s", sj_buf_text(&out),
                         cases[i].words);
    }
}

Test(doc_text, only_harmless_addresses_become_links)
{
    static const struct {
        const char *href;
        bool is_link;
    } cases[] = {
        {"/dash", true},
        {"/", true},
        {"#part", true},
        {"?since=90d", true},
        {"https://example.com/pull/1", true},
        {"http://example.com/", true},
        {"//example.com", false},
        {"/\\example.com", false},
        {"javascript:alert(1)", false},
        {" javascript:alert(1)", false},
        {"JaVaScRiPt:alert(1)", false},
        {"data:text/html,x", false},
        {"https:javascript", false},
        {"dash", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_assert_eq(sj_html_href(&out, cases[i].href), cases[i].is_link, "%s", cases[i].href);
        cr_assert_eq(out.len > 0, cases[i].is_link, "%s", cases[i].href);
    }
}
