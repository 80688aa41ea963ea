// SPDX-License-Identifier: Apache-2.0
// Source: RFC 4180 (CSV). A spreadsheet runs a cell that begins with one of "=+-@" or with a tab or
// a carriage return as a formula: OWASP, "CSV Injection".
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dash/doc_model.h"
#include "dash/doc_text.h"

static void add_text(struct sj_buf *out, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf clean = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    const char *first = text + strspn(text, " ");
    if (*first && strchr("=+-@\t\r\n", *first)) {
        sj_buf_addc(&clean, '\'');
    }
    sj_plain_text(&clean, text);
    const char *at = sj_buf_text(&clean);
    if (!at[strcspn(at, ",\"\r\n")]) {
        sj_buf_add(out, at, clean.len);
        return;
    }
    sj_buf_addc(out, '"');
    for (; *at; at++) {
        if (*at == '"') {
            sj_buf_addc(out, '"');
        }
        sj_buf_addc(out, *at);
    }
    sj_buf_addc(out, '"');
}

static void add_number(struct sj_buf *out, enum sj_doc_type type, double value)
{
    bool is_whole = type == SJ_DOC_COUNT || type == SJ_DOC_SPAN || type == SJ_DOC_SIZE;
    if (!isfinite(value) || (type == SJ_DOC_TIME && sj_doc_iso_time(out, value)) ||
        (type == SJ_DOC_DAY && sj_doc_iso_day(out, value))) {
        return;
    }
    if (is_whole && fabs(value) < 9.2e18) {
        sj_buf_addf(out, "%" PRId64, (int64_t)(value < 0 ? value - 0.5 : value + 0.5));
    } else {
        sj_buf_addf(out, "%.9g", value);
    }
}

static void add_cell(struct sj_buf *out, const struct sj_doc_table *table,
                     const struct sj_doc_cell *cell, enum sj_doc_type type)
{
    if (cell->text) {
        add_text(out, sj_doc_text_at(table->doc, cell->text));
        return;
    }
    if (type != SJ_DOC_SPARK) {
        add_number(out, type, cell->value);
        return;
    }
    for (size_t i = 0; i < cell->count; i++) {
        sj_buf_adds(out, i > 0 ? " " : "");
        add_number(out, SJ_DOC_NUMBER, table->doc->numbers[cell->first + i]);
    }
}

static const struct sj_doc_table *find_table(const struct sj_doc *doc, const char *id)
{
    for (size_t i = 0; i < doc->part_count; i++) {
        const struct sj_doc_table *table = doc->parts[i].table;
        if (table && (!id || strcmp(sj_doc_text_at(doc, table->id), id) == 0)) {
            return table;
        }
    }
    return NULL;
}

int sj_doc_csv(const struct sj_doc *doc, const char *table, struct sj_buf *out)
{
    const struct sj_doc_table *found = find_table(doc, table);
    if (!found) {
        return -ENOENT;
    }
    for (size_t i = 0; i < found->column_count; i++) {
        sj_buf_adds(out, i > 0 ? "," : "");
        add_text(out, sj_doc_text_at(doc, found->columns[i].id));
    }
    sj_buf_adds(out, "\r\n");
    size_t rows = sj_doc_rows(found);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < found->column_count; i++) {
            sj_buf_adds(out, i > 0 ? "," : "");
            add_cell(out, found, sj_doc_cell_at(found, row, i), found->columns[i].type);
        }
        sj_buf_adds(out, "\r\n");
    }
    return 0;
}
