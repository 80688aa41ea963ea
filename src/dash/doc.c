// SPDX-License-Identifier: Apache-2.0
#include "dash/doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/doc_model.h"

// Room for one more in an array that doubles.
static void *grown(void *array, size_t count, size_t *size, size_t item_bytes)
{
    if (count < *size) {
        return array;
    }
    *size = *size ? *size * 2 : 16;
    return sj_realloc(array, *size, item_bytes);
}

static uint32_t keep(struct sj_doc *doc, const char *text)
{
    if (!text) {
        return 0;
    }
    size_t at = doc->texts.len;
    sj_buf_add(&doc->texts, text, strlen(text) + 1);
    return doc->texts.len > at ? (uint32_t)at + 1 : 0;
}

// Headings begin alike, whichever page they are on: ids are what programs read.
static uint32_t keep_label(struct sj_doc *doc, const char *text)
{
    uint32_t label = keep(doc, text);
    if (label && text[0] >= 'a' && text[0] <= 'z') {
        doc->texts.data[label - 1] = (char)(text[0] - 'a' + 'A');
    }
    return label;
}

static struct sj_doc_part *add_part(struct sj_doc *doc, enum sj_doc_part_kind kind,
                                    const char *text)
{
    doc->parts = grown(doc->parts, doc->part_count, &doc->part_size, sizeof *doc->parts);
    struct sj_doc_part *part = &doc->parts[doc->part_count++];
    *part = (struct sj_doc_part){.kind = kind, .text = keep(doc, text)};
    return part;
}

struct sj_doc *sj_doc_new(const char *id, const char *title)
{
    struct sj_doc *doc = sj_new(struct sj_doc);
    doc->texts = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    doc->id = keep(doc, id);
    doc->title = keep(doc, title);
    return doc;
}

void sj_doc_free(struct sj_doc *doc)
{
    if (!doc) {
        return;
    }
    for (size_t i = 0; i < doc->part_count; i++) {
        struct sj_doc_table *table = doc->parts[i].table;
        if (table) {
            free(table->columns);
            free(table->cells);
            free(table->words);
            free(table->marks);
            free(table->order);
            free(table);
        }
        struct sj_doc_form *form = doc->parts[i].form;
        if (form) {
            free(form->fields);
            free(form->choices);
            free(form);
        }
    }
    free(doc->parts);
    free(doc->numbers);
    sj_buf_release(&doc->texts);
    free(doc);
}

void sj_doc_live(struct sj_doc *doc, unsigned seconds)
{
    doc->live_s = seconds;
}

void sj_doc_heading(struct sj_doc *doc, const char *id, const char *text)
{
    add_part(doc, SJ_PART_HEADING, text)->id = keep(doc, id);
}

void sj_doc_text(struct sj_doc *doc, const char *text)
{
    (void)add_part(doc, SJ_PART_TEXT, text);
}

void sj_doc_note(struct sj_doc *doc, const char *text)
{
    struct sj_doc_part *part = add_part(doc, SJ_PART_NOTE, NULL);
    part->text = keep_label(doc, text);
}

void sj_doc_command(struct sj_doc *doc, const char *text)
{
    (void)add_part(doc, SJ_PART_COMMAND, text);
}

void sj_doc_link(struct sj_doc *doc, const char *href, const char *text)
{
    struct sj_doc_part *part = add_part(doc, SJ_PART_LINK, NULL);
    part->text = keep_label(doc, text);
    part->href = keep(doc, href);
}

void sj_doc_figure(struct sj_doc *doc, const char *id, const char *label, enum sj_doc_type type,
                   double value, const char *href)
{
    struct sj_doc_part *part = add_part(doc, SJ_PART_FIGURE, NULL);
    part->id = keep(doc, id);
    part->label = keep_label(doc, label);
    part->type = type;
    part->value = value;
    part->href = keep(doc, href);
}

void sj_doc_fact(struct sj_doc *doc, const char *id, const char *label, const char *text,
                 const char *href)
{
    struct sj_doc_part *part = add_part(doc, SJ_PART_FACT, text);
    part->id = keep(doc, id);
    part->label = keep_label(doc, label);
    part->href = keep(doc, href);
}

struct sj_doc_table *sj_doc_table(struct sj_doc *doc, const char *id, const char *caption)
{
    struct sj_doc_table *table = sj_new(struct sj_doc_table);
    table->doc = doc;
    table->id = keep(doc, id);
    table->caption = keep(doc, caption);
    add_part(doc, SJ_PART_TABLE, NULL)->table = table;
    return table;
}

void sj_doc_column(struct sj_doc_table *table, const char *id, const char *label,
                   enum sj_doc_type type)
{
    table->columns = sj_realloc(table->columns, table->column_count + 1, sizeof *table->columns);
    table->columns[table->column_count++] = (struct sj_doc_column){
        .id = keep(table->doc, id), .label = keep_label(table->doc, label), .type = type};
}

void sj_doc_data_column(struct sj_doc_table *table, const char *id, const char *label,
                        enum sj_doc_type type)
{
    sj_doc_column(table, id, label, type);
    table->columns[table->column_count - 1].is_data = true;
}

void sj_doc_column_colour(struct sj_doc_table *table, unsigned colour)
{
    if (table->column_count > 0) {
        table->columns[table->column_count - 1].colour = colour;
    }
}

void sj_doc_empty(struct sj_doc_table *table, const char *text)
{
    table->empty = keep(table->doc, text);
}

static struct sj_doc_cell *add_cell(struct sj_doc_table *table, const char *href)
{
    table->cells = grown(table->cells, table->cell_count, &table->cell_size, sizeof *table->cells);
    struct sj_doc_cell *cell = &table->cells[table->cell_count++];
    *cell = (struct sj_doc_cell){.value = (double)NAN, .href = keep(table->doc, href)};
    return cell;
}

void sj_doc_cell(struct sj_doc_table *table, const char *text, const char *href)
{
    add_cell(table, href)->text = keep(table->doc, text);
}

void sj_doc_value(struct sj_doc_table *table, double value, const char *href)
{
    add_cell(table, href)->value = value;
}

void sj_doc_detail(struct sj_doc_table *table, const char *text)
{
    if (table->cell_count > 0) {
        table->cells[table->cell_count - 1].detail = keep(table->doc, text);
    }
}

void sj_doc_spark(struct sj_doc_table *table, const double *values, size_t count)
{
    struct sj_doc *doc = table->doc;
    struct sj_doc_cell *cell = add_cell(table, NULL);
    if (count == 0) {
        return;
    }
    if (doc->number_count + count > doc->number_size) {
        doc->number_size = (doc->number_count + count) * 2;
        doc->numbers = sj_realloc(doc->numbers, doc->number_size, sizeof *doc->numbers);
    }
    memcpy(doc->numbers + doc->number_count, values, count * sizeof *values);
    cell->first = (uint32_t)doc->number_count;
    cell->count = (uint32_t)count;
    cell->value = values[count - 1]; // to sort by
    doc->number_count += count;
}

void sj_doc_row_mark(struct sj_doc_table *table, const char *word)
{
    size_t row = sj_doc_rows(table);
    if (row == 0) {
        return;
    }
    table->words = grown(table->words, table->word_count, &table->word_size, sizeof *table->words);
    table->words[table->word_count++] =
        (struct sj_doc_row_word){.row = row - 1, .word = keep(table->doc, word)};
}

void sj_doc_chart(struct sj_doc_table *table, enum sj_doc_chart_kind kind, const char *summary)
{
    table->has_chart = true;
    table->chart = kind;
    table->summary = keep(table->doc, summary);
}

void sj_doc_chart_even(struct sj_doc_table *table)
{
    table->is_even = true;
}

void sj_doc_chart_mark(struct sj_doc_table *table, double x, const char *text, const char *href,
                       bool is_step)
{
    table->marks = grown(table->marks, table->mark_count, &table->mark_size, sizeof *table->marks);
    table->marks[table->mark_count++] = (struct sj_doc_mark){
        .x = x, .text = keep(table->doc, text), .href = keep(table->doc, href), .is_step = is_step};
}

struct sj_doc_form *sj_doc_form(struct sj_doc *doc, const char *action, const char *button,
                                bool is_post)
{
    struct sj_doc_form *form = sj_new(struct sj_doc_form);
    form->doc = doc;
    form->action = keep(doc, action);
    form->button = keep(doc, button);
    form->is_post = is_post;
    add_part(doc, SJ_PART_FORM, NULL)->form = form;
    return form;
}

void sj_doc_field(struct sj_doc_form *form, const char *name, const char *label, const char *value,
                  const char *hint)
{
    struct sj_doc *doc = form->doc;
    form->fields = sj_realloc(form->fields, form->field_count + 1, sizeof *form->fields);
    form->fields[form->field_count++] = (struct sj_doc_field){
        keep(doc, name), keep_label(doc, label), keep(doc, value), keep(doc, hint)};
}

void sj_doc_choice(struct sj_doc_form *form, const char *value, const char *text)
{
    form->choices = sj_realloc(form->choices, form->choice_count + 1, sizeof *form->choices);
    form->choices[form->choice_count++] =
        (struct sj_doc_choice){keep(form->doc, value), keep(form->doc, text)};
}

const char *sj_doc_text_at(const struct sj_doc *doc, uint32_t ref)
{
    return ref ? doc->texts.data + ref - 1 : "";
}

size_t sj_doc_rows(const struct sj_doc_table *table)
{
    size_t columns = table->column_count;
    return columns ? (table->cell_count + columns - 1) / columns : 0;
}

static size_t row_of(const struct sj_doc_table *table, size_t row)
{
    return table->order ? table->order[row] : row;
}

const struct sj_doc_cell *sj_doc_cell_at(const struct sj_doc_table *table, size_t row,
                                         size_t column)
{
    static const struct sj_doc_cell none = {.value = (double)NAN};
    size_t at = row_of(table, row) * table->column_count + column;
    return at < table->cell_count ? &table->cells[at] : &none;
}

const char *sj_doc_word_at(const struct sj_doc_table *table, size_t row)
{
    size_t wanted = row_of(table, row);
    size_t low = 0;
    size_t high = table->word_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->words[middle].row < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < table->word_count && table->words[low].row == wanted;
    return is_found ? sj_doc_text_at(table->doc, table->words[low].word) : "";
}

bool sj_doc_is_number(enum sj_doc_type type)
{
    return type != SJ_DOC_TEXT && type != SJ_DOC_SPARK;
}

bool sj_doc_is_seen(const struct sj_doc_table *table, size_t column)
{
    bool is_seen = column == 0 || table->has_chart;
    for (size_t at = column; at < table->cell_count && !is_seen; at += table->column_count) {
        const struct sj_doc_cell *cell = &table->cells[at];
        is_seen = *sj_doc_text_at(table->doc, cell->text) || !isnan(cell->value) || cell->count;
    }
    return is_seen && !table->columns[column].is_data;
}

const char *sj_doc_type_name(enum sj_doc_type type)
{
    static const char *const names[] = {
        [SJ_DOC_TEXT] = "text",     [SJ_DOC_COUNT] = "count", [SJ_DOC_NUMBER] = "number",
        [SJ_DOC_SPAN] = "span",     [SJ_DOC_SIZE] = "size",   [SJ_DOC_SHARE] = "share",
        [SJ_DOC_CHANGE] = "change", [SJ_DOC_TIME] = "time",   [SJ_DOC_MONEY] = "money",
        [SJ_DOC_SPARK] = "spark",   [SJ_DOC_DAY] = "day",
    };
    return names[type];
}

bool sj_doc_is_plot(const struct sj_doc_table *table)
{
    return table->has_chart && (table->chart == SJ_CHART_LINES || table->chart == SJ_CHART_STACK ||
                                table->chart == SJ_CHART_BARS);
}

unsigned sj_doc_colour_at(const struct sj_doc_table *table, size_t column)
{
    unsigned place = 0;
    for (size_t i = 1; i < column; i++) {
        place += sj_doc_is_number(table->columns[i].type);
    }
    unsigned own = table->columns[column].colour;
    return own ? own : place % SJ_DOC_COLOURS + 1;
}

const char *sj_doc_chart_name(enum sj_doc_chart_kind kind)
{
    static const char *const names[] = {
        [SJ_CHART_LINES] = "lines",   [SJ_CHART_STACK] = "stack",
        [SJ_CHART_BARS] = "bars",     [SJ_CHART_TREEMAP] = "treemap",
        [SJ_CHART_ICICLE] = "icicle", [SJ_CHART_WATERFALL] = "waterfall",
    };
    return names[kind];
}
