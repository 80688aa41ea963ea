// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "dash/doc_model.h"
#include "dash/doc_text.h"

// Nanoseconds and bytes are whole; nine digits would not do for a point in time.
static void add_number(struct sj_json *json, const char *name, enum sj_doc_type type, double value)
{
    bool is_whole =
        type == SJ_DOC_COUNT || type == SJ_DOC_SPAN || type == SJ_DOC_SIZE || type == SJ_DOC_TIME;
    SJ_AUTO(sj_buf_release) struct sj_buf day = SJ_BUF_INIT(32);
    if (type == SJ_DOC_DAY) {
        sj_json_str(json, name, sj_doc_iso_day(&day, value) ? sj_buf_text(&day) : NULL);
    } else if (is_whole && fabs(value) < 9.2e18) {
        sj_json_i64(json, name, (int64_t)(value < 0 ? value - 0.5 : value + 0.5));
    } else {
        sj_json_real(json, name, value);
    }
}

static void add_cell(struct sj_json *json, const struct sj_doc_table *table,
                     const struct sj_doc_cell *cell, enum sj_doc_type type)
{
    if (cell->text) {
        sj_json_str(json, NULL, sj_doc_text_at(table->doc, cell->text));
    } else if (type == SJ_DOC_SPARK) {
        sj_json_open(json, NULL, '[');
        for (size_t i = 0; i < cell->count; i++) {
            sj_json_real(json, NULL, table->doc->numbers[cell->first + i]);
        }
        sj_json_close(json, ']');
    } else if (type == SJ_DOC_TEXT && isnan(cell->value)) {
        sj_json_str(json, NULL, NULL);
    } else {
        add_number(json, NULL, type, cell->value);
    }
}

static void add_columns(struct sj_json *json, const struct sj_doc_table *table)
{
    sj_json_open(json, "columns", '[');
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sj_doc_column *column = &table->columns[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "id", sj_doc_text_at(table->doc, column->id));
        sj_json_str(json, "label", sj_doc_text_at(table->doc, column->label));
        sj_json_str(json, "type", sj_doc_type_name(column->type));
        if (column->colour) {
            sj_json_u64(json, "colour", column->colour);
        }
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static bool has_links(const struct sj_doc_table *table, size_t column)
{
    for (size_t at = column; at < table->cell_count; at += table->column_count) {
        if (table->cells[at].href) {
            return true;
        }
    }
    return false;
}

static void add_data(struct sj_json *json, const struct sj_doc_table *table)
{
    size_t rows = sj_doc_rows(table);
    sj_json_open(json, "data", '{');
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sj_doc_column *column = &table->columns[i];
        sj_json_open(json, sj_doc_text_at(table->doc, column->id), '[');
        for (size_t row = 0; row < rows; row++) {
            add_cell(json, table, sj_doc_cell_at(table, row, i), column->type);
        }
        sj_json_close(json, ']');
    }
    sj_json_close(json, '}');

    sj_json_open(json, "links", '{');
    for (size_t i = 0; i < table->column_count; i++) {
        if (!has_links(table, i)) {
            continue;
        }
        sj_json_open(json, sj_doc_text_at(table->doc, table->columns[i].id), '[');
        for (size_t row = 0; row < rows; row++) {
            uint32_t href = sj_doc_cell_at(table, row, i)->href;
            sj_json_str(json, NULL, href ? sj_doc_text_at(table->doc, href) : NULL);
        }
        sj_json_close(json, ']');
    }
    sj_json_close(json, '}');
}

static void add_words(struct sj_json *json, const struct sj_doc_table *table)
{
    sj_json_open(json, "row_marks", '[');
    for (size_t row = 0; table->word_count > 0 && row < sj_doc_rows(table); row++) {
        const char *word = sj_doc_word_at(table, row);
        sj_json_str(json, NULL, *word ? word : NULL);
    }
    sj_json_close(json, ']');
}

static void add_chart(struct sj_json *json, const struct sj_doc_table *table)
{
    if (!table->has_chart) {
        return;
    }
    sj_json_open(json, "chart", '{');
    sj_json_str(json, "kind", sj_doc_chart_name(table->chart));
    sj_json_bool(json, "is_even", table->is_even);
    sj_json_str(json, "summary", sj_doc_text_at(table->doc, table->summary));
    sj_json_open(json, "marks", '[');
    for (size_t i = 0; i < table->mark_count; i++) {
        const struct sj_doc_mark *mark = &table->marks[i];
        sj_json_open(json, NULL, '{');
        add_number(json, "x", table->column_count ? table->columns[0].type : SJ_DOC_NUMBER,
                   mark->x);
        sj_json_str(json, "text", sj_doc_text_at(table->doc, mark->text));
        sj_json_str(json, "href", mark->href ? sj_doc_text_at(table->doc, mark->href) : NULL);
        sj_json_bool(json, "is_step", mark->is_step);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void add_table(struct sj_json *json, const struct sj_doc_table *table)
{
    sj_json_open(json, sj_doc_text_at(table->doc, table->id), '{');
    sj_json_str(json, "caption", sj_doc_text_at(table->doc, table->caption));
    if (table->empty && table->cell_count == 0) {
        sj_json_str(json, "empty", sj_doc_text_at(table->doc, table->empty));
    }
    add_columns(json, table);
    add_data(json, table);
    add_words(json, table);
    add_chart(json, table);
    sj_json_close(json, '}');
}

static void add_part(struct sj_json *json, const struct sj_doc *doc, const struct sj_doc_part *part)
{
    const char *id = sj_doc_text_at(doc, part->id);
    const char *text = part->text ? sj_doc_text_at(doc, part->text) : NULL;
    switch (part->kind) {
    case SJ_PART_FIGURE:
        add_number(json, id, part->type, part->value);
        break;
    case SJ_PART_FACT:
        sj_json_str(json, id, text);
        break;
    case SJ_PART_TABLE:
        add_table(json, part->table);
        break;
    case SJ_PART_LINK:
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "text", text);
        sj_json_str(json, "href", part->href ? sj_doc_text_at(doc, part->href) : NULL);
        sj_json_close(json, '}');
        break;
    case SJ_PART_HEADING:
    case SJ_PART_TEXT:
    case SJ_PART_NOTE:
    case SJ_PART_COMMAND:
        sj_json_str(json, NULL, text);
        break;
    case SJ_PART_FORM: // for people
        break;
    }
}

void sj_doc_json(const struct sj_doc *doc, struct sj_buf *out)
{
    static const struct {
        const char *name;
        enum sj_doc_part_kind kind;
        char open, close;
    } members[] = {
        {"figures", SJ_PART_FIGURE, '{', '}'},   {"facts", SJ_PART_FACT, '{', '}'},
        {"text", SJ_PART_TEXT, '[', ']'},        {"notes", SJ_PART_NOTE, '[', ']'},
        {"commands", SJ_PART_COMMAND, '[', ']'}, {"links", SJ_PART_LINK, '[', ']'},
        {"tables", SJ_PART_TABLE, '{', '}'},
    };
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "page", sj_doc_text_at(doc, doc->id));
    sj_json_str(&json, "title", sj_doc_text_at(doc, doc->title));
    if (doc->live_s > 0) {
        sj_json_u64(&json, "live_s", doc->live_s);
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        sj_json_open(&json, members[i].name, members[i].open);
        for (size_t k = 0; k < doc->part_count; k++) {
            if (doc->parts[k].kind == members[i].kind) {
                add_part(&json, doc, &doc->parts[k]);
            }
        }
        sj_json_close(&json, members[i].close);
    }
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
