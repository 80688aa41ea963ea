// SPDX-License-Identifier: Apache-2.0
#include "dash/series_doc.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define POINTS_PEOPLE   300 // a screen shows no more, and a page must be small
#define POINTS_PROGRAMS 2000

static size_t start_of(size_t stretch, size_t count, size_t stretches)
{
    return stretch * count / stretches;
}

size_t sj_series_thin(const double *values, size_t count, size_t max, size_t *out)
{
    if (count <= max) {
        for (size_t i = 0; i < count; i++) {
            out[i] = i;
        }
        return count;
    }
    size_t stretches = max / 2;
    size_t kept = 0;
    for (size_t i = 0; i < stretches; i++) {
        size_t low = start_of(i, count, stretches);
        size_t high = low;
        for (size_t j = low + 1; j < start_of(i + 1, count, stretches); j++) {
            low = isnan(values[low]) || values[j] < values[low] ? j : low;
            high = isnan(values[high]) || values[j] > values[high] ? j : high;
        }
        out[kept++] = low < high ? low : high;
        if (low != high) {
            out[kept++] = low < high ? high : low;
        }
    }
    return kept;
}

static void add_point(const struct sj_series_doc *series, struct sj_doc_table *table, size_t point)
{
    SJ_AUTO(sj_auto_free) char *href = series->link ? series->link(point, series->user) : NULL;
    sj_doc_value(table, (double)series->times[point], href);
}

static double mean(const double *values, size_t from, size_t to)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = from; i < to; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            known++;
        }
    }
    return known ? sum / (double)known : NAN;
}

static void add_stack(const struct sj_series_doc *series, struct sj_doc_table *table, size_t max)
{
    size_t stretches = series->count < max ? series->count : max;
    for (size_t i = 0; i < stretches; i++) {
        size_t from = start_of(i, series->count, stretches);
        size_t to = start_of(i + 1, series->count, stretches);
        add_point(series, table, from);
        for (size_t j = 0; j < series->column_count; j++) {
            sj_doc_value(table, mean(series->columns[j].values, from, to), NULL);
        }
    }
}

static void add_lines(const struct sj_series_doc *series, struct sj_doc_table *table, size_t max)
{
    SJ_AUTO(sj_auto_free) size_t *kept = sj_calloc(series->count + 1, sizeof *kept);
    size_t count = sj_series_thin(series->columns[0].values, series->count, max, kept);
    for (size_t i = 0; i < count; i++) {
        add_point(series, table, kept[i]);
        for (size_t j = 0; j < series->column_count; j++) {
            sj_doc_value(table, series->columns[j].values[kept[i]], NULL);
        }
    }
}

struct sj_doc_table *sj_series_doc_add(const struct sj_dash_call *call,
                                       const struct sj_series_doc *series)
{
    struct sj_doc_table *table = sj_doc_table(call->doc, series->id, series->caption);
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    for (size_t i = 0; i < series->column_count; i++) {
        const struct sj_series_column *column = &series->columns[i];
        sj_doc_column(table, column->id, column->label, column->type);
    }
    sj_doc_empty(table, series->empty);
    sj_doc_chart(table, series->is_stack ? SJ_CHART_BARS : SJ_CHART_LINES, series->summary);
    sj_doc_chart_even(table);
    size_t max = call->query->format == SJ_DASH_HTML ? POINTS_PEOPLE : POINTS_PROGRAMS;
    if (series->column_count == 0) {
        return table;
    }
    if (series->is_stack) {
        add_stack(series, table, max);
    } else {
        add_lines(series, table, max);
    }
    return table;
}
