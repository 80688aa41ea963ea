// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/doc_model.h"

// A row with what it is sorted by.
struct entry {
    const char *text;
    double value;
    uint32_t row;
    bool is_down;
};

// Rows without a value come last, whichever way; equal rows keep their order.
static int compare(const void *one, const void *other)
{
    const struct entry *a = one;
    const struct entry *b = other;
    bool has_a = *a->text || !isnan(a->value);
    bool has_b = *b->text || !isnan(b->value);
    int order = 0;
    if (has_a != has_b) {
        return has_a ? -1 : 1;
    }
    if (*a->text || *b->text) {
        order = strcmp(a->text, b->text);
    } else if (has_a) {
        order = (a->value > b->value) - (a->value < b->value);
    }
    if (order != 0) {
        return a->is_down ? -order : order;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static void sort_table(struct sj_doc_table *table, size_t column, bool is_down)
{
    size_t rows = sj_doc_rows(table);
    struct entry *entries = sj_calloc(rows ? rows : 1, sizeof *entries);
    uint32_t *order = sj_calloc(rows ? rows : 1, sizeof *order);
    free(table->order);
    table->order = NULL;
    for (size_t row = 0; row < rows; row++) {
        const struct sj_doc_cell *cell = sj_doc_cell_at(table, row, column);
        entries[row] = (struct entry){.text = sj_doc_text_at(table->doc, cell->text),
                                      .value = cell->value,
                                      .row = (uint32_t)row,
                                      .is_down = is_down};
    }
    qsort(entries, rows, sizeof *entries, compare);
    for (size_t row = 0; row < rows; row++) {
        order[row] = entries[row].row;
    }
    free(entries);
    table->order = order;
}

void sj_doc_sort(struct sj_doc *doc, const char *sort)
{
    bool is_down = *sort == '-';
    sort += is_down ? 1 : 0;
    for (size_t i = 0; i < doc->part_count; i++) {
        struct sj_doc_table *table = doc->parts[i].table;
        // The order of their rows is what lines draw.
        if (!table || sj_doc_is_plot(table)) {
            continue;
        }
        for (size_t column = 0; column < table->column_count; column++) {
            if (strcmp(sj_doc_text_at(doc, table->columns[column].id), sort) == 0) {
                sort_table(table, column, is_down);
            }
        }
    }
}
