// SPDX-License-Identifier: Apache-2.0
// The page "header": one file, who reads it, which commits changed it, and what would be saved if
// an include of it were taken out.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/cells.h"
#include "dash/header_parts.h"
#include "dash/scope.h"

#define ROWS     50
#define ROWS_MAX 10000

/** The page being made. */
struct page {
    struct sj_dash_call *call;
    struct sj_header_work work;
    uint32_t file;
};

static int find(struct page *page, struct sj_err *err)
{
    const char *name = page->call->query->subject[0];
    const struct sj_fanout *fanout = &page->work.headers.fanout;
    int status = name ? sj_fanout_find(fanout, name, &page->file) : -ENOENT;
    if (status == -ENOENT && page->work.headers.count > 0) {
        return sj_fail_plain(
            err, status, "no unit reads a file '%.200s'; the dearest one is '%.200s'",
            name ? name : "", sj_header_path(&page->work, page->work.headers.rows[0].file));
    }
    if (status == -EEXIST) {
        return sj_fail_plain(
            err, -ENOENT, "several files end in '%.200s': say more of the path, such as '%.200s'",
            name, sj_header_path(&page->work, page->file));
    }
    return status < 0
               ? sj_fail_plain(err, status, "no unit reads a file '%.200s'", name ? name : "")
               : 0;
}

static const struct sj_header *row_of(const struct page *page)
{
    for (size_t i = 0; i < page->work.headers.count; i++) {
        if (page->work.headers.rows[i].file == page->file) {
            return &page->work.headers.rows[i];
        }
    }
    return NULL;
}

static void add_figures(const struct page *page)
{
    struct sj_doc *doc = page->call->doc;
    const struct sj_fanout_file *file = &page->work.headers.fanout.files[page->file];
    const struct sj_replay_file *past = &page->work.headers.replay.files[page->file];
    const struct sj_header *row = row_of(page);
    sj_doc_fact(doc, "path", "File", sj_header_path(&page->work, page->file), NULL);
    sj_doc_figure(doc, "cpu_per_month", "CPU a month", SJ_DOC_SPAN, row ? row->month_ns : NAN,
                  NULL);
    sj_doc_figure(doc, "alone_per_month", "Saved if unread", SJ_DOC_SPAN,
                  row ? row->alone_month_ns : NAN, NULL);
    sj_doc_figure(doc, "units", "Units that read it", SJ_DOC_COUNT, file->count, NULL);
    sj_doc_figure(doc, "cpu", "Their CPU", SJ_DOC_SPAN, (double)file->cpu_ns, NULL);
    sj_doc_figure(doc, "changes", "Changes", SJ_DOC_COUNT, past->changes, NULL);
    sj_doc_figure(doc, "changes_per_month", "Changes a month", SJ_DOC_NUMBER,
                  row ? row->per_month : NAN, NULL);
    sj_doc_figure(doc, "share", "Share", SJ_DOC_SHARE, row ? row->share : NAN, NULL);
    if (file->is_generated) {
        sj_doc_note(doc, "Git does not track this file: its changes are those of what it is made "
                         "from.");
    }
}

static int dearest_first(const void *left, const void *right)
{
    const struct sj_fanout_unit *a = *(const struct sj_fanout_unit *const *)left;
    const struct sj_fanout_unit *b = *(const struct sj_fanout_unit *const *)right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void add_units(const struct page *page)
{
    const struct sj_fanout *fanout = &page->work.headers.fanout;
    const struct sj_fanout_file *file = &fanout->files[page->file];
    SJ_AUTO(sj_auto_free)
    const struct sj_fanout_unit **units =
        sj_calloc((size_t)file->count + 1, sizeof(const struct sj_fanout_unit *));
    for (uint32_t i = 0; i < file->count; i++) {
        units[i] = &fanout->units[fanout->readers[file->first + i]];
    }
    qsort(units, file->count, sizeof(const struct sj_fanout_unit *), dearest_first);
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "units", "Units that read it");
    sj_doc_column(table, "unit", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu", "CPU", SJ_DOC_SPAN);
    size_t rows = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    rows = rows < file->count ? rows : file->count;
    for (size_t i = 0; i < rows; i++) {
        sj_cell_unit(page->call, table, units[i]->unit);
        sj_doc_value(table, (double)units[i]->cpu_ns, NULL);
    }
    sj_dash_say_left(page->call, rows, file->count, "units");
}

static bool touches(const struct page *page, const struct sj_replay_commit *commit)
{
    const uint32_t *touched = page->work.headers.replay.touched + commit->first;
    for (uint32_t i = 0; i < commit->count; i++) {
        if (touched[i] == page->file) {
            return true;
        }
    }
    return false;
}

static void add_commits(const struct page *page)
{
    const struct sj_replay *replay = &page->work.headers.replay;
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "commits", "Commits that changed it");
    sj_doc_column(table, "commit", "Commit", SJ_DOC_TEXT);
    sj_doc_column(table, "time", "When", SJ_DOC_TIME);
    sj_doc_column(table, "author", "Author", SJ_DOC_TEXT);
    sj_doc_column(table, "subject", "Subject", SJ_DOC_TEXT);
    sj_doc_column(table, "files", "Files read by units", SJ_DOC_COUNT);
    sj_doc_empty(table, "No commit changed it in the time that history tells of.");
    if (!page->work.view.history) {
        return;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(page->work.view.history, &count);
    size_t rows = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    for (size_t i = 0, shown = 0; i < replay->commit_count && shown < rows; i++) {
        if (!touches(page, &replay->commits[i])) {
            continue;
        }
        const struct sj_commit *commit = &commits[replay->commits[i].commit];
        sj_cell_commit(page->call, table, &commit->id);
        sj_doc_value(table, (double)commit->time_s * (double)SJ_NS_PER_S, NULL);
        sj_doc_cell(table, commit->author, NULL);
        sj_doc_cell(table, commit->subject, NULL);
        sj_doc_value(table, replay->commits[i].count, NULL);
        shown++;
    }
}

// "A:B": a path may have a colon itself, so every place is tried.
static int find_edge(const struct page *page, const char *text, uint32_t *from, uint32_t *to)
{
    const struct sj_fanout *fanout = &page->work.headers.fanout;
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        SJ_AUTO(sj_auto_free) char *name = sj_strndup(text, (size_t)(colon - text));
        if (sj_fanout_find(fanout, name, from) == 0 && sj_fanout_find(fanout, colon + 1, to) == 0) {
            return 0;
        }
    }
    return -ENOENT;
}

// What would be saved without one include: it is asked of the file that would not be read any more.
static int add_question(const struct page *page, const char *text, struct sj_err *err)
{
    struct sj_doc *doc = page->call->doc;
    const struct sj_edge_source source = {.repo = page->work.view.repo};
    uint32_t from;
    uint32_t to;
    if (find_edge(page, text, &from, &to) < 0) {
        return sj_fail_plain(err, -ENOENT, "edge: '%.200s' is no pair A:B of files that units read",
                             text);
    }
    struct sj_edges edges;
    int status = sj_edges_to(&page->work.view, &page->work.headers, &source, to, &edges);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the includes");
    }
    const struct sj_edge *found = NULL;
    for (size_t i = 0; i < edges.count && !found; i++) {
        found = edges.items[i].from == from && edges.items[i].to == to ? &edges.items[i] : NULL;
    }
    sj_doc_heading(doc, "what_if", "Without this include");
    sj_doc_fact(doc, "edge_from", "File", sj_header_path(&page->work, from), NULL);
    sj_doc_fact(doc, "edge_to", "Includes", sj_header_path(&page->work, to), NULL);
    sj_doc_figure(doc, "edge_lost", "Units freed", SJ_DOC_COUNT, found ? found->lost : 0, NULL);
    sj_doc_figure(doc, "edge_left", "Units that read it still", SJ_DOC_COUNT,
                  page->work.headers.fanout.files[to].count - (found ? found->lost : 0), NULL);
    sj_doc_figure(doc, "edge_lost_cpu", "CPU freed", SJ_DOC_SPAN,
                  found ? (double)found->lost_cpu_ns : 0, NULL);
    sj_doc_figure(doc, "edge_saved_per_month", "Saved a month", SJ_DOC_SPAN,
                  found ? found->month_ns : 0, NULL);
    if (!found) {
        sj_doc_note(doc, "No such include was found, or every unit has another way to the file.");
    }
    sj_edges_release(&edges);
    return 0;
}

static int fill(struct page *page, struct sj_err *err)
{
    int status = find(page, err);
    if (status < 0) {
        return status;
    }
    const struct sj_edge_source source = {.repo = page->work.view.repo};
    struct sj_edges edges;
    status = sj_edges_to(&page->work.view, &page->work.headers, &source, page->file, &edges);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the includes");
    }
    add_figures(page);
    sj_header_notes(page->call, &page->work);
    const char *edge = page->call->query->parameter[SJ_DASH_EDGE];
    status = edge ? add_question(page, edge, err) : 0;
    sj_header_edges(page->call, &page->work, &edges, sj_dash_rows(page->call, ROWS, ROWS_MAX));
    add_units(page);
    add_commits(page);
    sj_edges_release(&edges);
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct page page = {.call = call};
    int status = sj_header_work_load(call, &page.work, err);
    if (status == 0) {
        status = fill(&page, err);
    }
    sj_header_work_release(&page.work);
    return status;
}

const struct sj_dash_page sj_page_header = {
    .name = "header",
    .title = NULL,
    .subject = "PATH",
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
