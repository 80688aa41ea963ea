// SPDX-License-Identifier: Apache-2.0
#include "cli/sheet.h"

#include <string.h>

#include "cli/report.h"

void sj_sheet_begin(struct sj_sheet *sheet, bool is_markdown, const char *align,
                    const char *const *titles)
{
    *sheet = (struct sj_sheet){
        .is_markdown = is_markdown,
        .columns = strlen(align),
        .table = SJ_TABLE_OF(align),
    };
    for (size_t i = 0; i < sheet->columns; i++) {
        sj_table_cell(&sheet->table, titles[i]);
    }
}

void sj_sheet_release(struct sj_sheet *sheet)
{
    if (sheet) {
        sj_table_release(&sheet->table);
        *sheet = (struct sj_sheet){0};
    }
}

void sj_sheet_text(struct sj_sheet *sheet, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sheet->is_markdown) {
        sj_report_markdown(&cell, text);
    } else {
        sj_ui_text(&cell, text);
    }
    sj_table_take(&sheet->table, &cell);
}

void sj_sheet_time(struct sj_sheet *sheet, uint64_t ns)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_time(&cell, ns);
    sj_table_take(&sheet->table, &cell);
}

void sj_sheet_count(struct sj_sheet *sheet, uint64_t number)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_count(&cell, number);
    sj_table_take(&sheet->table, &cell);
}

void sj_sheet_share(struct sj_sheet *sheet, uint64_t part, uint64_t whole)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (whole == 0) {
        sj_buf_addc(&cell, '-');
    } else {
        sj_ui_share(&cell, (double)part / (double)whole);
    }
    sj_table_take(&sheet->table, &cell);
}

void sj_sheet_print(const struct sj_sheet *sheet, struct sj_buf *out)
{
    if (!sheet->is_markdown) {
        sj_table_print(&sheet->table, out);
        return;
    }
    const char *cell = sj_buf_text(&sheet->table.cells);
    for (size_t i = 0; i < sheet->table.count; i++) {
        sj_buf_addf(out, i % sheet->columns ? " %s |" : "| %s |", cell);
        cell += strlen(cell) + 1;
        if ((i + 1) % sheet->columns != 0) {
            continue;
        }
        sj_buf_addc(out, '\n');
        if (i + 1 == sheet->columns) {
            for (size_t j = 0; j < sheet->columns; j++) {
                sj_buf_addf(out, "%s %s |", j ? "" : "|",
                            sheet->table.align[j] == 'r' ? "---:" : "---");
            }
            sj_buf_addc(out, '\n');
        }
    }
}
