// SPDX-License-Identifier: Apache-2.0
#include "cli/headers_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/ui.h"

#define NONE UINT32_MAX

static const char *const sorts[] = {"month", "alone", "cpu", "units", "changes", "rate", "path"};

enum {
    SORT_MONTH,
    SORT_ALONE,
    SORT_CPU,
    SORT_UNITS,
    SORT_CHANGES,
    SORT_RATE,
    SORT_PATH,
};

int sj_headers_sort_of(const char *name)
{
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        if (strcmp(sorts[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static const char *path_of(const struct sj_headers_page *page, uint32_t file)
{
    return sj_db_text(page->view->db, page->headers->fanout.files[file].path);
}

static double key_of(const struct sj_headers_page *page, const struct sj_header *row)
{
    const struct sj_fanout_file *file = &page->headers->fanout.files[row->file];
    const double keys[] = {
        [SORT_MONTH] = row->month_ns,
        [SORT_ALONE] = row->alone_month_ns,
        [SORT_CPU] = (double)file->cpu_ns,
        [SORT_UNITS] = file->count,
        [SORT_CHANGES] = page->headers->replay.files[row->file].changes,
        [SORT_RATE] = row->per_month,
        [SORT_PATH] = 0,
    };
    return keys[page->ask->sort];
}

static int compare_rows(const void *left, const void *right, void *user)
{
    const struct sj_headers_page *page = user;
    const struct sj_header *a = left;
    const struct sj_header *b = right;
    double a_key = key_of(page, a);
    double b_key = key_of(page, b);
    if (a_key != b_key) {
        return a_key > b_key ? -1 : 1;
    }
    return strcmp(path_of(page, a->file), path_of(page, b->file));
}

// The rows that are asked for, in order; the caller frees them.
static struct sj_header *pick_rows(const struct sj_headers_page *page, size_t *count)
{
    const struct sj_headers *headers = page->headers;
    struct sj_header *rows = sj_calloc(headers->count + 1, sizeof *rows);
    *count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        const struct sj_header *row = &headers->rows[i];
        bool is_wanted = page->ask->file != NONE ? row->file == page->ask->file
                                                 : page->ask->has_sources ||
                                                       !headers->fanout.files[row->file].is_source;
        if (is_wanted) {
            rows[(*count)++] = *row;
        }
    }
    // A page is only read; the sort needs it without const.
    struct sj_headers_page copy = *page;
    qsort_r(rows, *count, sizeof *rows, compare_rows, &copy);
    return rows;
}

static uint64_t whole_ns(double ns)
{
    return ns > 0 && ns < 1e19 ? (uint64_t)ns : 0;
}

static void cell_text(struct sj_table *table, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_text(&cell, text);
    sj_table_take(table, &cell);
}

static void cell_count(struct sj_table *table, uint64_t count)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_count(&cell, count);
    sj_table_take(table, &cell);
}

static void cell_time(struct sj_table *table, double ns)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_time(&cell, whole_ns(ns));
    sj_table_take(table, &cell);
}

static void cell_rate(struct sj_table *table, double rate)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&cell, "%.1f", rate);
    sj_table_take(table, &cell);
}

static void cell_share(struct sj_table *table, double share)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_share(&cell, share);
    sj_table_take(table, &cell);
}

static void print_summary(const struct sj_headers_page *page, struct sj_buf *out)
{
    const struct sj_headers *headers = page->headers;
    sj_ui_count(out, headers->fanout.unit_count);
    sj_buf_adds(out, " units, ");
    sj_ui_time(out, headers->fanout.cpu_ns);
    sj_buf_adds(out, " CPU; ");
    sj_ui_count(out, headers->replay.commit_count);
    sj_buf_adds(out, " of ");
    sj_ui_count(out, headers->replay.seen);
    sj_buf_addf(out, " commits in %.0f days change what they read", headers->replay.days);
    sj_buf_adds(out, "\nexpected CPU for recompiling: ");
    sj_ui_time(out, whole_ns(headers->month_ns));
    sj_buf_adds(out, " a month\n");
}

static void print_rows(const struct sj_headers_page *page, struct sj_buf *out)
{
    size_t count;
    SJ_AUTO(sj_auto_free) struct sj_header *rows = pick_rows(page, &count);
    size_t shown = page->ask->max && page->ask->max < count ? page->ask->max : count;
    static const char *const heads[] = {"header",  "units", "CPU",   "changes",
                                        "a month", "share", "alone", "CPU a month"};
    struct sj_table table = SJ_TABLE_OF("lrrrrrrr");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    for (size_t i = 0; i < shown; i++) {
        const struct sj_fanout_file *file = &page->headers->fanout.files[rows[i].file];
        cell_text(&table, path_of(page, rows[i].file));
        cell_count(&table, file->count);
        cell_time(&table, (double)file->cpu_ns);
        cell_count(&table, page->headers->replay.files[rows[i].file].changes);
        cell_rate(&table, rows[i].per_month);
        cell_share(&table, rows[i].share);
        cell_time(&table, rows[i].alone_month_ns);
        cell_time(&table, rows[i].month_ns);
    }
    sj_buf_addc(out, '\n');
    sj_table_print(&table, out);
    sj_table_release(&table);
    if (shown < count) {
        sj_buf_addf(out, "… and %zu more (--max 0)\n", count - shown);
    }
}

static bool is_wanted(const struct sj_headers_page *page, const struct sj_edge *edge)
{
    const struct sj_headers_ask *ask = page->ask;
    return ask->edge_from == NONE || (edge->from == ask->edge_from && edge->to == ask->file);
}

static void edge_row(const struct sj_headers_page *page, const struct sj_edge *edge,
                     struct sj_table *table)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_text(&cell, path_of(page, edge->from));
    if (edge->line) {
        sj_buf_addf(&cell, ":%u", edge->line);
    }
    sj_table_take(table, &cell);
    sj_ui_text(&cell, path_of(page, edge->to));
    sj_buf_adds(&cell, edge->is_conditional ? " (under a condition)" : "");
    sj_table_take(table, &cell);
    cell_count(table, edge->units);
    cell_count(table, edge->lost);
    cell_time(table, (double)edge->lost_cpu_ns);
    cell_time(table, edge->month_ns);
}

static void print_edges(const struct sj_headers_page *page, struct sj_buf *out)
{
    struct sj_table table = SJ_TABLE_OF("llrrrr");
    static const char *const heads[] = {"file",          "includes",  "units",
                                        "would lose it", "their CPU", "saves a month"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    size_t shown = 0;
    size_t count = 0;
    for (size_t i = 0; i < page->edges->count; i++) {
        const struct sj_edge *edge = &page->edges->items[i];
        if (!is_wanted(page, edge)) {
            continue;
        }
        count++;
        if (page->ask->max == 0 || shown < page->ask->max) {
            edge_row(page, edge, &table);
            shown++;
        }
    }
    sj_buf_addc(out, '\n');
    if (count > 0) {
        sj_table_print(&table, out);
    } else {
        sj_buf_adds(out, "no include leads there\n");
    }
    sj_table_release(&table);
    if (shown < count) {
        sj_buf_addf(out, "… and %zu more (--max 0)\n", count - shown);
    }
}

static void remark(struct sj_buf *out, const char *prefix, uint64_t count, const char *what)
{
    if (count > 0) {
        sj_buf_adds(out, prefix);
        sj_ui_count(out, count);
        sj_buf_addf(out, " %s\n", what);
    }
}

static void print_remarks(const struct sj_headers_page *page, const char *prefix,
                          struct sj_buf *out)
{
    const struct sj_headers *headers = page->headers;
    remark(out, prefix, headers->fanout.unknown, "units left out: their inputs are not known");
    remark(out, prefix, headers->fanout.uncosted,
           "units were never compiled in sight: they count as usual ones");
    remark(out, prefix, headers->gone, "units left out: their source has been removed");
    if (headers->replay.seen == 0) {
        sj_buf_addf(out,
                    "%sno history at hand: nothing can be said of changes (--repo DIR, or a clone "
                    "that is not shallow)\n",
                    prefix);
    } else if (headers->replay.is_cut) {
        sj_buf_addf(out, "%shistory reaches back %.0f days only\n", prefix, headers->replay.days);
    }
    if (!page->ask->has_edges) {
        return;
    }
    const struct sj_edges *edges = page->edges;
    remark(out, prefix, edges->unread,
           "files whose text is not at hand: their includes are not known");
    remark(out, prefix, edges->macros, "includes that a macro names were not followed");
    remark(out, prefix, edges->told, "includes were told by compilers");
    if (edges->loose > 0) {
        sj_buf_adds(out, prefix);
        sj_ui_count(out, edges->loose);
        sj_buf_adds(out, " of ");
        sj_ui_count(out, edges->reads);
        sj_buf_adds(out, " files read are led to by no include that was found: nothing is promised "
                         "for them\n");
    }
}

void sj_headers_text(const struct sj_headers_page *page, struct sj_buf *out)
{
    print_summary(page, out);
    if (!page->ask->has_edges || page->ask->file != NONE) {
        print_rows(page, out);
    }
    if (page->ask->has_edges) {
        print_edges(page, out);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf remarks = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    print_remarks(page, "", &remarks);
    if (remarks.len > 0) {
        sj_buf_addc(out, '\n');
        sj_buf_add(out, remarks.data, remarks.len);
    }
}

static void markdown_rows(const struct sj_headers_page *page, struct sj_buf *out)
{
    size_t count;
    SJ_AUTO(sj_auto_free) struct sj_header *rows = pick_rows(page, &count);
    sj_buf_adds(out,
                "\n| Header | Units | CPU | Changes | A month | Share | Alone | CPU a month |\n"
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (size_t i = 0; i < count && (page->ask->max == 0 || i < page->ask->max); i++) {
        const struct sj_fanout_file *file = &page->headers->fanout.files[rows[i].file];
        sj_buf_adds(out, "| ");
        sj_report_markdown(out, path_of(page, rows[i].file));
        sj_buf_addf(out, " | %u | ", file->count);
        sj_ui_time(out, file->cpu_ns);
        sj_buf_addf(out, " | %u | %.1f | ", page->headers->replay.files[rows[i].file].changes,
                    rows[i].per_month);
        sj_ui_share(out, rows[i].share);
        sj_buf_adds(out, " | ");
        sj_ui_time(out, whole_ns(rows[i].alone_month_ns));
        sj_buf_adds(out, " | ");
        sj_ui_time(out, whole_ns(rows[i].month_ns));
        sj_buf_adds(out, " |\n");
    }
}

static void markdown_edges(const struct sj_headers_page *page, struct sj_buf *out)
{
    sj_buf_adds(out, "\n| File | Includes | Units | Would lose it | Their CPU | Saves a month |\n"
                     "| --- | --- | ---: | ---: | ---: | ---: |\n");
    size_t shown = 0;
    for (size_t i = 0; i < page->edges->count; i++) {
        const struct sj_edge *edge = &page->edges->items[i];
        if (!is_wanted(page, edge) || (page->ask->max && shown == page->ask->max)) {
            continue;
        }
        shown++;
        sj_buf_adds(out, "| ");
        sj_report_markdown(out, path_of(page, edge->from));
        sj_buf_adds(out, " | ");
        sj_report_markdown(out, path_of(page, edge->to));
        sj_buf_addf(out, " | %u | %u | ", edge->units, edge->lost);
        sj_ui_time(out, edge->lost_cpu_ns);
        sj_buf_adds(out, " | ");
        sj_ui_time(out, whole_ns(edge->month_ns));
        sj_buf_adds(out, " |\n");
    }
}

void sj_headers_markdown(const struct sj_headers_page *page, struct sj_buf *out)
{
    sj_buf_adds(out, "### What headers cost\n\n");
    print_summary(page, out);
    if (!page->ask->has_edges || page->ask->file != NONE) {
        markdown_rows(page, out);
    }
    if (page->ask->has_edges) {
        markdown_edges(page, out);
    }
    sj_buf_addc(out, '\n');
    print_remarks(page, "- ", out);
}

static void json_rows(const struct sj_headers_page *page, struct sj_json *json)
{
    size_t count;
    SJ_AUTO(sj_auto_free) struct sj_header *rows = pick_rows(page, &count);
    sj_json_open(json, "headers", '[');
    for (size_t i = 0; i < count && (page->ask->max == 0 || i < page->ask->max); i++) {
        const struct sj_fanout_file *file = &page->headers->fanout.files[rows[i].file];
        const struct sj_replay_file *past = &page->headers->replay.files[rows[i].file];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "path", path_of(page, rows[i].file));
        sj_json_bool(json, "is_source", file->is_source);
        sj_json_bool(json, "is_generated", file->is_generated);
        sj_json_u64(json, "units", file->count);
        sj_json_u64(json, "cpu_ns", file->cpu_ns);
        sj_json_u64(json, "changes", past->changes);
        sj_json_real(json, "changes_per_month", rows[i].per_month);
        sj_json_u64(json, "window_naive_ns", whole_ns(past->naive_ns));
        sj_json_u64(json, "window_share_ns", whole_ns(past->share_ns));
        sj_json_u64(json, "window_alone_ns", whole_ns(past->alone_ns));
        sj_json_real(json, "share", rows[i].share);
        sj_json_u64(json, "alone_per_month_ns", whole_ns(rows[i].alone_month_ns));
        sj_json_u64(json, "cpu_per_month_ns", whole_ns(rows[i].month_ns));
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void json_edges(const struct sj_headers_page *page, struct sj_json *json)
{
    sj_json_open(json, "edges", '[');
    size_t shown = 0;
    for (size_t i = 0; i < page->edges->count; i++) {
        const struct sj_edge *edge = &page->edges->items[i];
        if (!is_wanted(page, edge) || (page->ask->max && shown == page->ask->max)) {
            continue;
        }
        shown++;
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "from", path_of(page, edge->from));
        sj_json_str(json, "to", path_of(page, edge->to));
        sj_json_u64(json, "line", edge->line);
        sj_json_bool(json, "is_conditional", edge->is_conditional);
        sj_json_u64(json, "units", edge->units);
        sj_json_u64(json, "lost", edge->lost);
        sj_json_u64(json, "lost_cpu_ns", edge->lost_cpu_ns);
        sj_json_u64(json, "saved_per_month_ns", whole_ns(edge->month_ns));
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_u64(json, "files_unread", page->edges->unread);
    sj_json_u64(json, "macro_includes", page->edges->macros);
    sj_json_u64(json, "told_includes", page->edges->told);
    sj_json_u64(json, "reads", page->edges->reads);
    sj_json_u64(json, "loose_reads", page->edges->loose);
}

void sj_headers_json(const struct sj_headers_page *page, struct sj_buf *out)
{
    const struct sj_headers *headers = page->headers;
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "job", page->view->builds[headers->tip].build.job);
    sj_json_u64(&json, "units", headers->fanout.unit_count);
    sj_json_u64(&json, "cpu_ns", headers->fanout.cpu_ns);
    sj_json_real(&json, "days", headers->replay.days);
    sj_json_u64(&json, "commits", headers->replay.seen);
    sj_json_u64(&json, "commits_that_compile", headers->replay.commit_count);
    sj_json_u64(&json, "window_cpu_ns", whole_ns(headers->replay.total_ns));
    sj_json_u64(&json, "cpu_per_month_ns", whole_ns(headers->month_ns));
    sj_json_u64(&json, "units_unknown", headers->fanout.unknown);
    sj_json_u64(&json, "units_uncosted", headers->fanout.uncosted);
    sj_json_u64(&json, "units_gone", headers->gone);
    json_rows(page, &json);
    if (page->ask->has_edges) {
        json_edges(page, &json);
    }
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
