// SPDX-License-Identifier: Apache-2.0
#include "cli/rows.h"

#include <string.h>

#include "cli/report.h"

struct sj_rows sj_rows_of(const char *align, const char *const *heads, bool is_markdown)
{
    struct sj_rows rows = {.table = SJ_TABLE_OF(align),
                           .markdown = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
                           .is_markdown = is_markdown,
                           .columns = strlen(align)};
    for (size_t i = 0; i < rows.columns; i++) {
        sj_rows_cell(&rows, heads[i]);
    }
    for (size_t i = 0; is_markdown && i < rows.columns; i++) {
        sj_rows_cell(&rows, align[i] == 'r' ? "--:" : ":--");
    }
    return rows;
}

void sj_rows_take(struct sj_rows *rows, struct sj_buf *cell)
{
    if (!rows->is_markdown) {
        sj_table_take(&rows->table, cell);
        return;
    }
    sj_buf_addf(&rows->markdown, "| %s ", sj_buf_text(cell));
    sj_buf_clear(cell);
    if (++rows->at % rows->columns == 0) {
        sj_buf_adds(&rows->markdown, "|\n");
    }
}

void sj_rows_cell(struct sj_rows *rows, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&cell, text);
    sj_rows_take(rows, &cell);
}

void sj_rows_print(struct sj_rows *rows, struct sj_buf *out)
{
    if (rows->is_markdown) {
        sj_buf_adds(out, sj_buf_text(&rows->markdown));
    } else {
        sj_table_print(&rows->table, out);
    }
    sj_table_release(&rows->table);
    sj_buf_release(&rows->markdown);
}

void sj_rows_text(struct sj_buf *out, const char *text, bool is_markdown)
{
    if (is_markdown) {
        sj_report_markdown(out, text);
    } else {
        sj_ui_text(out, text);
    }
}
