// SPDX-License-Identifier: Apache-2.0
// Drawings made on the server, for who has no scripts. Colours are the style sheet's, by class.
#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "dash/doc_model.h"
#include "dash/doc_text.h"

enum {
    WIDTH = 720,
    HEIGHT = 200,
    TOP = 2, // half of a line's width
    BOTTOM = HEIGHT,
    BUCKETS = 120, // of a line: each with its least and its largest value
    MARKS_MAX = 60,
};

struct range {
    double low, high;
};

static const struct range no_range = {DBL_MAX, -DBL_MAX};

static void widen(struct range *range, double value)
{
    if (isfinite(value)) {
        range->low = value < range->low ? value : range->low;
        range->high = value > range->high ? value : range->high;
    }
}

// Where it costs little, a scale begins at nothing.
static struct range rounded(struct range range)
{
    if (range.low > range.high) {
        return (struct range){0, 1};
    }
    double span = range.high - range.low;
    if (range.low >= 0 && range.low <= 0.7 * range.high) {
        return (struct range){0, range.high > 0 ? range.high : 1};
    }
    double room = span > 0 ? span * 0.15 : fabs(range.high) * 0.1;
    room = room > 0 ? room : 1;
    return (struct range){range.low - room, range.high + room};
}

static double place(double value, struct range range, double from, double to)
{
    double part = range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.5;
    return from + part * (to - from);
}

struct plot {
    const struct sj_doc_table *table;
    struct sj_buf *out;
    size_t rows;
    struct range x;
    struct range axis; // x, and room for half a bar at each end
    double step;       // least distance of two rows in x
    struct range y;    // of the column at hand
};

static double value_at(const struct plot *plot, size_t row, size_t column)
{
    return sj_doc_cell_at(plot->table, row, column)->value;
}

// Rows at even distances stand in the middle of their share.
static double x_at(const struct plot *plot, size_t row)
{
    if (plot->table->is_even) {
        return WIDTH * ((double)row + 0.5) / (double)plot->rows;
    }
    return place(value_at(plot, row, 0), plot->axis, 0, WIDTH);
}

static double x_of_mark(const struct plot *plot, double x)
{
    size_t row = 0;
    if (!plot->table->is_even) {
        return place(x, plot->axis, 0, WIDTH);
    }
    while (row + 1 < plot->rows && !(value_at(plot, row, 0) >= x)) {
        row++;
    }
    return x_at(plot, row);
}

// How wide a bar is, with the gap beside it.
static double bar_width(const struct plot *plot, size_t count)
{
    double span = plot->axis.high - plot->axis.low;
    double width =
        plot->table->is_even || !(span > 0) ? WIDTH / (double)count : WIDTH * plot->step / span;
    return width > 40 ? 40 : width;
}

static void add_point(const struct plot *plot, double x, double value)
{
    sj_buf_addf(plot->out, "%.4g,%.4g ", x, place(value, plot->y, BOTTOM, TOP));
}

static struct range range_of_type(const struct plot *plot, enum sj_doc_type type)
{
    struct range range = no_range;
    for (size_t column = 1; column < plot->table->column_count; column++) {
        for (size_t row = 0; row < plot->rows && plot->table->columns[column].type == type; row++) {
            widen(&range, value_at(plot, row, column));
        }
    }
    return rounded(range);
}

// The least and the largest value of some rows, in the order in which they come.
static void add_bucket(const struct plot *plot, size_t column, size_t from, size_t to)
{
    size_t low = SIZE_MAX;
    size_t high = SIZE_MAX;
    for (size_t row = from; row < to; row++) {
        double value = value_at(plot, row, column);
        if (!isfinite(value) || !isfinite(value_at(plot, row, 0))) {
            continue;
        }
        low = low == SIZE_MAX || value < value_at(plot, low, column) ? row : low;
        high = high == SIZE_MAX || value > value_at(plot, high, column) ? row : high;
    }
    if (low == SIZE_MAX) {
        return;
    }
    size_t first = low < high ? low : high;
    size_t second = low < high ? high : low;
    add_point(plot, x_at(plot, first), value_at(plot, first, column));
    if (second != first) {
        add_point(plot, x_at(plot, second), value_at(plot, second, column));
    }
}

static size_t bucket_of(const struct plot *plot, size_t number, size_t count)
{
    return number * plot->rows / count;
}

static void draw_line(const struct plot *plot, size_t column)
{
    size_t count = plot->rows < 2 * BUCKETS ? plot->rows : BUCKETS;
    sj_buf_addf(plot->out, "<polyline class=\"s%u\" fill=\"none\" points=\"",
                sj_doc_colour_at(plot->table, column));
    for (size_t i = 0; i < count; i++) {
        add_bucket(plot, column, bucket_of(plot, i, count), bucket_of(plot, i + 1, count));
    }
    sj_buf_adds(plot->out, "\"/>");
}

static void draw_lines(struct plot *plot)
{
    for (size_t column = 1; column < plot->table->column_count; column++) {
        enum sj_doc_type type = plot->table->columns[column].type;
        if (sj_doc_is_number(type)) {
            plot->y = range_of_type(plot, type);
            draw_line(plot, column);
        }
    }
}

static void draw_bars(const struct plot *plot, const double *below, const double *above,
                      size_t count, unsigned colour)
{
    double width = bar_width(plot, count);
    sj_buf_addf(plot->out, "<path class=\"s%u\" d=\"", colour);
    for (size_t i = 0; i < count; i++) {
        double x = x_at(plot, bucket_of(plot, i, count)) - 0.4 * width;
        if (above[i] > below[i] && isfinite(x)) {
            double from = place(below[i], plot->y, BOTTOM, TOP);
            sj_buf_addf(plot->out, "M%.4g,%.4gV%.4gh%.3gV%.4gz", x, from,
                        place(above[i], plot->y, BOTTOM, TOP), 0.8 * width, from);
        }
    }
    sj_buf_adds(plot->out, "\"/>");
}

// One of evenly spread rows, for stacks, whose parts must be of the same row.
static void draw_layer(const struct plot *plot, const double *below, const double *above,
                       size_t count, unsigned colour)
{
    if (plot->table->chart == SJ_CHART_BARS) {
        draw_bars(plot, below, above, count, colour);
        return;
    }
    sj_buf_addf(plot->out, "<polygon class=\"s%u\" points=\"", colour);
    for (size_t i = 0; i < count; i++) {
        add_point(plot, x_at(plot, bucket_of(plot, i, count)), above[i]);
    }
    for (size_t i = count; i-- > 0;) {
        add_point(plot, x_at(plot, bucket_of(plot, i, count)), below[i]);
    }
    sj_buf_adds(plot->out, "\"/>");
}

static void draw_stack(struct plot *plot)
{
    const struct sj_doc_table *table = plot->table;
    size_t count = plot->rows < 2 * BUCKETS ? plot->rows : 2 * BUCKETS;
    SJ_AUTO(sj_auto_free) double *sums = sj_calloc((table->column_count + 1) * count, sizeof *sums);
    double *below = sums;
    plot->y = (struct range){0, 0};
    for (size_t column = 1; column < table->column_count; column++) {
        double *above = below + count;
        for (size_t i = 0; i < count; i++) {
            double value = value_at(plot, bucket_of(plot, i, count), column);
            bool counts = sj_doc_is_number(table->columns[column].type) && isfinite(value);
            above[i] = below[i] + (counts ? value : 0);
            widen(&plot->y, above[i]);
        }
        below = above;
    }
    plot->y = rounded(plot->y);
    for (size_t column = 1; column < table->column_count; column++) {
        if (sj_doc_is_number(table->columns[column].type)) {
            below = sums + (column - 1) * count;
            draw_layer(plot, below, below + count, count, sj_doc_colour_at(table, column));
        }
    }
}

static void draw_marks(const struct plot *plot)
{
    const struct sj_doc_table *table = plot->table;
    for (size_t i = 0; i < table->mark_count && i < MARKS_MAX; i++) {
        const struct sj_doc_mark *mark = &table->marks[i];
        if (!(mark->x >= plot->x.low && mark->x <= plot->x.high)) {
            continue;
        }
        double x = x_of_mark(plot, mark->x);
        sj_buf_addf(plot->out,
                    "<line class=\"%s\" x1=\"%.4g\" x2=\"%.4g\" y1=\"%d\" y2=\"%d\"><title>",
                    mark->is_step ? "step" : "event", x, x, TOP, BOTTOM);
        sj_html_text(plot->out, sj_doc_text_at(table->doc, mark->text));
        sj_buf_adds(plot->out, "</title></line>");
    }
}

static void put_value(const struct plot *plot, enum sj_doc_type type, double value,
                      const char *currency)
{
    if (type == SJ_DOC_TIME) {
        SJ_AUTO(sj_buf_release) struct sj_buf day = SJ_BUF_INIT(64);
        if (sj_doc_iso_time(&day, value)) {
            sj_buf_add(plot->out, day.data, sizeof "2026-11-25" - 1);
        }
    } else {
        sj_doc_words(plot->out, type, value, currency);
    }
}

// Words stand beside the drawing, which is stretched to whatever room there is.
static void put_words(const struct plot *plot, enum sj_doc_type type, double value,
                      const char *currency)
{
    sj_buf_adds(plot->out, "<span>");
    put_value(plot, type, value, currency);
    sj_buf_adds(plot->out, "</span>");
}

// What the height of the first line's scale stands for.
static void put_height(const struct plot *plot, struct range stack, const char *currency)
{
    const struct sj_doc_table *table = plot->table;
    for (size_t column = 1; column < table->column_count; column++) {
        enum sj_doc_type type = table->columns[column].type;
        if (sj_doc_is_number(type)) {
            struct range y = table->chart == SJ_CHART_LINES ? range_of_type(plot, type) : stack;
            sj_buf_adds(plot->out, "<span>");
            if (y.low != 0) {
                put_value(plot, type, y.low, currency);
                sj_buf_adds(plot->out, " \xe2\x80\x93 ");
            }
            put_value(plot, type, y.high, currency);
            sj_buf_adds(plot->out, "</span>");
            return;
        }
    }
}

static void find_x(struct plot *plot)
{
    plot->step = DBL_MAX;
    for (size_t row = 0; row < plot->rows; row++) {
        widen(&plot->x, value_at(plot, row, 0));
        double step = row > 0 ? value_at(plot, row, 0) - value_at(plot, row - 1, 0) : 0;
        plot->step = step > 0 && step < plot->step ? step : plot->step;
    }
    bool has_bars = plot->table->chart == SJ_CHART_BARS && plot->step < DBL_MAX;
    double room = has_bars ? plot->step / 2 : 0;
    plot->axis = (struct range){plot->x.low - room, plot->x.high + room};
}

void sj_doc_svg_lines(const struct sj_doc_table *table, const char *currency, struct sj_buf *out)
{
    struct plot plot = {.table = table, .out = out, .rows = sj_doc_rows(table), .x = no_range};
    if (plot.rows < 2 || table->column_count < 2) {
        return;
    }
    find_x(&plot);
    if (plot.x.low > plot.x.high) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf drawing = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    plot.out = &drawing;
    if (table->chart == SJ_CHART_LINES) {
        draw_lines(&plot);
    } else {
        draw_stack(&plot);
    }
    struct range stack = plot.y;
    draw_marks(&plot);
    plot.out = out;
    sj_buf_adds(out, "<div class=\"plot\"><p>");
    put_height(&plot, stack, currency);
    sj_buf_addf(out,
                "</p><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
                "focusable=\"false\">",
                WIDTH, HEIGHT);
    sj_buf_add(out, drawing.data, drawing.len);
    sj_buf_adds(out, "</svg><p>");
    put_words(&plot, table->columns[0].type, plot.x.low, currency);
    put_words(&plot, table->columns[0].type, plot.x.high, currency);
    sj_buf_adds(out, "</p></div>");
}

void sj_doc_svg_spark(const double *values, size_t count, struct sj_buf *out)
{
    struct range y = no_range;
    size_t step = count > 64 ? count / 32 : 1;
    for (size_t i = 0; i < count; i++) {
        widen(&y, values[i]);
    }
    if (y.low > y.high) {
        sj_buf_adds(out, "\xe2\x80\x93");
        return;
    }
    // What varies by less than a tenth looks so.
    double least = 0.1 * fabs(y.high);
    if (y.high - y.low < least) {
        double middle = (y.high + y.low) / 2;
        y = (struct range){middle - least / 2, middle + least / 2};
    }
    sj_buf_adds(out, "<svg class=\"spark\" viewBox=\"0 0 96 20\" aria-hidden=\"true\">"
                     "<polyline fill=\"none\" points=\"");
    double x = 48;
    double at = 10;
    for (size_t i = (count - 1) % step; i < count; i += step) {
        if (isfinite(values[i])) {
            x = count > 1 ? 2 + 92.0 * (double)i / (double)(count - 1) : 48;
            at = place(values[i], y, 17, 3);
            sj_buf_addf(out, "%.3g,%.3g ", x, at);
        }
    }
    sj_buf_addf(out, "\"/><circle cx=\"%.3g\" cy=\"%.3g\" r=\"2\"/></svg>", x, at);
}
