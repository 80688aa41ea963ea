// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "cli/ui.h"

static struct sj_buf out;

static void setup(void)
{
    out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
}

static void teardown(void)
{
    sj_buf_release(&out);
}

TestSuite(ui, .init = setup, .fini = teardown);

static void expect(const char *want)
{
    cr_expect_str_eq(sj_buf_text(&out), want);
    sj_buf_clear(&out);
}

Test(ui, sizes)
{
    static const struct {
        uint64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {10188, "9.9 KiB"},
        {10240, "10 KiB"},
        {1023487, "999 KiB"},
        {1023488, "1.0 MiB"},
        {UINT64_C(5) << 30, "5.0 GiB"},
        {UINT64_MAX, "16 EiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sj_ui_size(&out, cases[i].bytes);
        expect(cases[i].want);
    }
}

Test(ui, times)
{
    static const struct {
        uint64_t ns;
        const char *want;
    } cases[] = {
        {0, "0 s"},
        {1200000, "1.2 ms"},
        {999400000, "999 ms"},
        {999600000, "1.0 s"},
        {59400000000, "59.4 s"},
        {59600000000, "1 m 00 s"},
        {UINT64_C(187) * 1000000000, "3 m 07 s"},
        {UINT64_C(3599600000000), "1 h 00 m"},
        {UINT64_C(90061) * 1000000000, "25 h 01 m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sj_ui_time(&out, cases[i].ns);
        expect(cases[i].want);
    }
}

Test(ui, counts_and_shares)
{
    sj_ui_count(&out, 0);
    expect("0");
    sj_ui_count(&out, 999);
    expect("999");
    sj_ui_count(&out, 1234567);
    expect("1,234,567");
    sj_ui_share(&out, 0.9734);
    expect("97.3 %");
    sj_ui_date(&out, UINT64_C(1000000000) * 1000000000);
    expect("2001-09-09 01:46");
}

Test(ui, text_cannot_drive_the_terminal)
{
    sj_ui_text(&out, "a\x1b[31m\n\x7fä");
    expect("a?[31m??ä");
    sj_ui_text(&out, NULL);
    expect("-");
}

Test(ui, wraps_at_eighty_columns)
{
    char word[40];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    sj_buf_addf(&out, "%s", "");
    struct sj_buf text = SJ_BUF_INIT(1000);
    sj_buf_addf(&text, "%s %s %s\nnext", word, word, word);
    sj_ui_wrap(&out, sj_buf_text(&text), 0, 2);
    struct sj_buf want = SJ_BUF_INIT(1000);
    sj_buf_addf(&want, "%s %s\n  %s\n  next\n", word, word, word);
    expect(sj_buf_text(&want));
    sj_buf_release(&text);
    sj_buf_release(&want);
}

Test(ui, tables_are_aligned_and_end_without_spaces)
{
    struct sj_table table = SJ_TABLE_OF("lrl");
    static const char *const cells[] = {"name", "n", "", "ä", "100", "note", "long name", "2", ""};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        sj_table_cell(&table, cells[i]);
    }
    sj_table_print(&table, &out);
    expect("name         n\n"
           "ä          100  note\n"
           "long name    2\n");
    sj_table_release(&table);
}
