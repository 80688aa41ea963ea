// SPDX-License-Identifier: Apache-2.0
// The page "headers": what each file that units read costs a month.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/rate.h"
#include "base/mem.h"
#include "dash/header_parts.h"
#include "dash/scope.h"

#define ROWS     50
#define ROWS_MAX 10000
#define AREAS    300 // of the map: what is smaller cannot be seen
#define MONTHS   12

/** The page being made. */
struct page {
    struct sj_dash_call *call;
    struct sj_header_work work;
    double *before;         // CPU a month that was expected a month ago, by file; NULL: not known
    double (*past)[MONTHS]; // changes of each month, the oldest first, by file
};

// Every file has its changes of the last months.
static void count_changes(struct page *page)
{
    const struct sj_replay *replay = &page->work.headers.replay;
    const struct sj_history *history = page->work.view.history;
    page->past = sj_calloc(page->work.headers.fanout.file_count + 1, sizeof *page->past);
    if (!history || page->work.headers.commit == SJ_NO_COMMIT) {
        return;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    int64_t tip_s = commits[page->work.headers.commit].time_s;
    for (size_t i = 0; i < replay->commit_count; i++) {
        const struct sj_replay_commit *commit = &replay->commits[i];
        double age = (double)(tip_s - commits[commit->commit].time_s) / 86400 / SJ_RATE_MONTH_DAYS;
        double month = floor(fmax(age, 0));
        if (month >= MONTHS) {
            continue;
        }
        for (uint32_t k = 0; k < commit->count; k++) {
            page->past[replay->touched[commit->first + k]][MONTHS - 1 - (size_t)month]++;
        }
    }
}

static double change_of(const struct page *page, const struct sj_header *row)
{
    double before = page->before ? page->before[row->file] : 0;
    return before > 0 ? row->month_ns / before - 1 : NAN;
}

static double units_of(const struct page *page, const struct sj_header *row)
{
    return page->work.headers.fanout.files[row->file].count;
}

static double cpu_of(const struct page *page, const struct sj_header *row)
{
    return (double)page->work.headers.fanout.files[row->file].cpu_ns;
}

static double changes_of(const struct page *page, const struct sj_header *row)
{
    return page->work.headers.replay.files[row->file].changes;
}

static double rate_of(const struct page *page, const struct sj_header *row)
{
    (void)page;
    return row->per_month;
}

static double share_of(const struct page *page, const struct sj_header *row)
{
    (void)page;
    return row->share;
}

static double month_of(const struct page *page, const struct sj_header *row)
{
    (void)page;
    return row->month_ns;
}

static double alone_of(const struct page *page, const struct sj_header *row)
{
    (void)page;
    return row->alone_month_ns;
}

/** Columns of numbers; the address may sort by them. */
static const struct column {
    const char *id;
    const char *label;
    enum sj_doc_type type;
    double (*value)(const struct page *page, const struct sj_header *row);
} columns[] = {
    {"cpu_per_month", "CPU a month", SJ_DOC_SPAN, month_of},
    {"change", "Change", SJ_DOC_CHANGE, change_of},
    {"alone_per_month", "Saved if unread", SJ_DOC_SPAN, alone_of},
    {"units", "Units", SJ_DOC_COUNT, units_of},
    {"cpu", "Their CPU", SJ_DOC_SPAN, cpu_of},
    {"changes", "Changes", SJ_DOC_COUNT, changes_of},
    {"changes_per_month", "Changes a month", SJ_DOC_NUMBER, rate_of},
    {"share", "Share", SJ_DOC_SHARE, share_of},
};

#define COLUMNS (sizeof columns / sizeof columns[0])

/** How to sort. */
struct order {
    const struct page *page;
    const struct column *column;
    bool is_up;
};

static int compare(const void *left, const void *right, void *user)
{
    const struct order *order = user;
    double a = order->column->value(order->page, left);
    double b = order->column->value(order->page, right);
    if (isnan(a) || isnan(b)) {
        return isnan(a) - isnan(b);
    }
    return a == b ? 0 : (a < b) == order->is_up ? -1 : 1;
}

// Headers first of all: what only one unit reads is that unit's own business. Returns how many.
static size_t pick(const struct page *page, struct sj_header *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < page->work.headers.count; i++) {
        const struct sj_header *row = &page->work.headers.rows[i];
        if (!page->work.headers.fanout.files[row->file].is_source) {
            rows[count++] = *row;
        }
    }
    return count;
}

static void sort(const struct page *page, struct sj_header *rows, size_t count)
{
    struct order order = {.page = page};
    for (size_t i = 0; i < COLUMNS; i++) {
        if (sj_dash_sorts_by(page->call, columns[i].id, &order.is_up)) {
            order.column = &columns[i];
        }
    }
    if (order.column && count > 0) {
        qsort_r(rows, count, sizeof *rows, compare, &order);
    }
}

// Rows come dearest first.
static void add_map(const struct page *page, const struct sj_header *rows, size_t count)
{
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "map", "Where the CPU of a month goes");
    sj_doc_column(table, "name", "Header", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu_per_month", "CPU a month", SJ_DOC_SPAN);
    sj_doc_column(table, "change", "Change", SJ_DOC_CHANGE);
    sj_doc_empty(table, "No header was changed in the time that history tells of.");
    size_t shown = 0;
    for (; shown < count && shown < AREAS && rows[shown].month_ns > 0; shown++) {
        sj_cell_header(page->call, &page->work, table, rows[shown].file);
        sj_doc_value(table, rows[shown].month_ns, NULL);
        sj_doc_value(table, change_of(page, &rows[shown]), NULL);
    }
    char summary[400];
    (void)snprintf(summary, sizeof summary,
                   "%zu headers by the CPU a month that is to be expected of them; the dearest is "
                   "%.200s.",
                   shown, shown > 0 ? sj_header_path(&page->work, rows[0].file) : "none");
    sj_doc_chart(table, SJ_CHART_TREEMAP, summary);
}

static void add_row(const struct page *page, struct sj_doc_table *table,
                    const struct sj_header *row)
{
    sj_cell_header(page->call, &page->work, table, row->file);
    for (size_t i = 0; i < COLUMNS; i++) {
        sj_doc_value(table, columns[i].value(page, row), NULL);
    }
    sj_doc_spark(table, page->past[row->file], MONTHS);
    if (page->work.headers.fanout.files[row->file].is_generated) {
        sj_doc_row_mark(table, "generated");
    }
}

static void add_table(const struct page *page, struct sj_header *rows, size_t count)
{
    sort(page, rows, count);
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "headers", "Headers");
    sj_doc_column(table, "header", "Header", SJ_DOC_TEXT);
    for (size_t i = 0; i < COLUMNS; i++) {
        sj_doc_column(table, columns[i].id, columns[i].label, columns[i].type);
    }
    sj_doc_column(table, "past", "Changes by month", SJ_DOC_SPARK);
    sj_doc_empty(table, "No unit reads a header of the project.");
    size_t limit = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    for (size_t i = 0; i < count && i < limit; i++) {
        add_row(page, table, &rows[i]);
    }
    sj_dash_say_left(page->call, limit < count ? limit : count, count, "headers");
}

static void add_figures(const struct page *page, size_t count)
{
    struct sj_doc *doc = page->call->doc;
    const struct sj_headers *headers = &page->work.headers;
    sj_doc_figure(doc, "headers", "Headers", SJ_DOC_COUNT, (double)count, NULL);
    sj_doc_figure(doc, "units", "Units", SJ_DOC_COUNT, (double)headers->fanout.unit_count, NULL);
    sj_doc_figure(doc, "cpu", "CPU of all units", SJ_DOC_SPAN, (double)headers->fanout.cpu_ns,
                  NULL);
    sj_doc_figure(doc, "cpu_per_month", "CPU a month", SJ_DOC_SPAN, headers->month_ns, NULL);
    sj_doc_figure(doc, "commits", "Commits that compile", SJ_DOC_COUNT,
                  (double)headers->replay.commit_count, NULL);
    char text[600];
    (void)snprintf(text, sizeof text,
                   "CPU a month is what is to be expected of a file: how often it changes (in the "
                   "last %.0f days of history), times the CPU of the units that read it, times its "
                   "share where a commit changes several files of one unit. %sA file that did not "
                   "change in that time counts, too, "
                   "with a small rate and the share that are usual in this project.",
                   page->work.headers.replay.days,
                   page->before ? "Change says how that differs from a month ago. " : "");
    sj_doc_text(doc, text);
}

static int fill(struct page *page)
{
    size_t files = page->work.headers.fanout.file_count;
    SJ_AUTO(sj_auto_free)
    struct sj_header *rows = sj_calloc(page->work.headers.count + 1, sizeof *rows);
    double *before = sj_calloc(files + 1, sizeof *before);
    page->before = before;
    if (sj_headers_earlier(&page->work.view, &page->work.headers, page->work.days,
                           SJ_RATE_MONTH_DAYS, before) < 0) {
        page->before = NULL;
    }
    count_changes(page);
    size_t count = pick(page, rows);
    add_figures(page, count);
    sj_header_notes(page->call, &page->work);
    add_map(page, rows, count);
    add_table(page, rows, count);
    free(before);
    free(page->past);
    return 0;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct page page = {.call = call};
    int status = sj_header_work_load(call, &page.work, err);
    if (status == -ENOENT) { // there may be some tomorrow: that is no wrong address
        sj_doc_text(call->doc, err->text);
        status = 0;
    } else if (status == 0) {
        status = fill(&page);
    }
    sj_header_work_release(&page.work);
    return status;
}

const struct sj_dash_page sj_page_headers = {
    .name = "headers",
    .title = "Headers",
    .subject = NULL,
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
