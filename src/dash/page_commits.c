// SPDX-License-Identifier: Apache-2.0
// The page "commits".
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/blame_lines.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dash/cells.h"
#include "dash/overview.h"
#include "dash/scope.h"

#define ROWS_PEOPLE   50
#define ROWS_PROGRAMS 10000

/** A way to add up. */
struct way {
    const char *name;
    const char *caption;
    const char *head; // of the column with the name
    const char *many;
};

static const struct way ways[SJ_BLAME_BY_COUNT] = {
    [SJ_BLAME_BY_COMMIT] = {"commit", "Commits, by the CPU of misses that is charged to them",
                            "commit", "commits"},
    [SJ_BLAME_BY_AUTHOR] = {"author", "Authors, by the CPU of misses that their commits caused",
                            "author", "authors"},
    [SJ_BLAME_BY_DIRECTORY] = {"directory",
                               "Directories, by the CPU of misses that changes below "
                               "them caused",
                               "directory", "directories"},
    [SJ_BLAME_BY_FILE] = {"file", "Files, by the CPU of misses that their changes caused", "file",
                          "files"},
    [SJ_BLAME_BY_CAUSE] = {"cause", "Causes of misses", "cause", "causes"},
};

// Columns by which lines are sorted before any are left out; the first is the default.
static const char *const sorts[] = {"charge_ns", "standalone_ns", "alone_ns", "compiles", "time"};

#define SORTS (sizeof sorts / sizeof sorts[0])

/** A page under way. */
struct page {
    const struct sj_scope *scope;
    const struct sj_bill *bill;
    enum sj_blame_by by;
    size_t sort;
    bool is_up; // the smallest first
};

static int read_query(const struct sj_dash_call *call, struct page *page, struct sj_err *err)
{
    const char *by = call->query->parameter[SJ_DASH_BY];
    for (size_t i = 0; i < SORTS; i++) {
        page->sort = sj_dash_sorts_by(call, sorts[i], &page->is_up) ? i : page->sort;
    }
    int found = by ? SJ_BLAME_BY_COUNT : SJ_BLAME_BY_COMMIT;
    for (int i = 0; by && i < SJ_BLAME_BY_COUNT; i++) {
        found = strcmp(by, ways[i].name) == 0 ? i : found;
    }
    if (found == SJ_BLAME_BY_COUNT) {
        return sj_fail_plain(err, -EINVAL,
                             "by: '%.60s' is none of commit, author, directory, file, cause", by);
    }
    page->by = (enum sj_blame_by)found;
    return 0;
}

static uint64_t missed_ns(const struct sj_bill *bill)
{
    return bill->cpu_ns[SJ_BLAME_NECESSARY] + bill->cpu_ns[SJ_BLAME_REDUNDANT];
}

static double part_of(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static void add_figures(const struct page *page)
{
    struct sj_doc *doc = page->scope->call->doc;
    const struct sj_bill *bill = page->bill;
    uint64_t charged = 0;
    for (size_t i = 0; i < bill->row_count; i++) {
        if (bill->rows[i].kind == SJ_BLAME_COMMIT && sj_oid_is_zero(&bill->rows[i].merge)) {
            charged += bill->rows[i].charge_ns;
        }
    }
    sj_doc_figure(doc, "builds", "builds", SJ_DOC_COUNT, (double)bill->builds, NULL);
    sj_doc_figure(doc, "missed_ns", "CPU of misses", SJ_DOC_SPAN, (double)missed_ns(bill), NULL);
    sj_doc_figure(doc, "charged_ns", "charged to commits", SJ_DOC_SPAN, (double)charged, NULL);
    sj_doc_figure(doc, "necessary_ns", "necessary", SJ_DOC_SPAN,
                  (double)bill->cpu_ns[SJ_BLAME_NECESSARY], NULL);
    sj_doc_figure(doc, "redundant_ns", "redundant", SJ_DOC_SPAN,
                  (double)bill->cpu_ns[SJ_BLAME_REDUNDANT], NULL);
    sj_doc_figure(doc, "other_ns", "compiles that are no misses", SJ_DOC_SPAN,
                  (double)bill->cpu_ns[SJ_BLAME_OTHER], NULL);
}

static void add_ways(const struct page *page)
{
    for (size_t i = 0; i < SJ_BLAME_BY_COUNT; i++) {
        SJ_AUTO(sj_auto_free)
        char *href = sj_dash_link_with(page->scope->call->query, SJ_DASH_BY, ways[i].name);
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "by %s", ways[i].name);
        sj_doc_link(page->scope->call->doc, i == page->by ? NULL : href, sj_buf_text(&text));
    }
}

static void add_cause_columns(struct sj_doc_table *table)
{
    sj_doc_column(table, "detail", "cause", SJ_DOC_TEXT);
    sj_doc_data_column(table, "cause", "name", SJ_DOC_TEXT);
    sj_doc_data_column(table, "why", "reason", SJ_DOC_TEXT);
}

static void add_columns(const struct page *page, struct sj_doc_table *table)
{
    bool is_commit = page->by == SJ_BLAME_BY_COMMIT;
    if (page->by == SJ_BLAME_BY_CAUSE) {
        add_cause_columns(table);
    } else {
        sj_doc_column(table, ways[page->by].name, ways[page->by].head, SJ_DOC_TEXT);
    }
    if (is_commit) {
        sj_doc_column(table, "subject", "subject", SJ_DOC_TEXT);
        sj_doc_column(table, "author", "author", SJ_DOC_TEXT);
        sj_doc_column(table, "time", "committed", SJ_DOC_TIME);
    } else if (page->by != SJ_BLAME_BY_CAUSE) {
        sj_doc_data_column(table, "detail", "more", SJ_DOC_TEXT);
    }
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "share", "share of misses", SJ_DOC_SHARE);
    if (page->by != SJ_BLAME_BY_DIRECTORY) {
        sj_doc_column(table, "standalone_ns", "by itself", SJ_DOC_SPAN);
        sj_doc_column(table, "alone_ns", "nobody else's", SJ_DOC_SPAN);
    }
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    if (is_commit) {
        sj_doc_column(table, "evidence", "evidence", SJ_DOC_TEXT);
    } else {
        sj_doc_column(table, "commits", "commits", SJ_DOC_COUNT);
    }
}

static void add_commit(const struct page *page, struct sj_doc_table *table,
                       const struct sj_blame_line *line)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&line->commit, hex);
    // People see ten digits, programs all of them.
    if (page->scope->call->query->format == SJ_DASH_HTML) {
        hex[10] = '\0';
    }
    const struct sj_commit *commit = sj_scope_commit(page->scope, &line->commit);
    SJ_AUTO(sj_auto_free) char *href = sj_link_oid(page->scope->call, &line->commit);
    sj_doc_cell(table, hex, href);
    sj_doc_cell(table, commit ? commit->subject : "(not in this repository)", NULL);
    sj_doc_cell(table, commit ? commit->author : NULL, NULL);
    sj_doc_value(table, commit && commit->time_s > 0 ? (double)commit->time_s * SJ_NS_PER_S : NAN,
                 NULL);
}

static void add_cause(const struct page *page, struct sj_doc_table *table,
                      const struct sj_blame_line *line)
{
    sj_doc_cell(table, sj_blame_text(line->kind), NULL);
    if (line->detail[0]) {
        sj_doc_detail(table, sj_reason_words(page->scope->call, line->detail));
    }
    sj_doc_cell(table, line->name, NULL);
    sj_doc_cell(table, line->detail[0] ? line->detail : NULL, NULL);
}

static void add_name(const struct page *page, struct sj_doc_table *table,
                     const struct sj_blame_line *line)
{
    if (page->by == SJ_BLAME_BY_CAUSE) {
        add_cause(page, table, line);
        return;
    }
    sj_doc_cell(table, line->name, NULL);
    sj_doc_detail(table, line->detail[0] ? line->detail : NULL);
    sj_doc_cell(table, line->detail, NULL);
}

static void add_line(const struct page *page, struct sj_doc_table *table,
                     const struct sj_blame_line *line)
{
    bool is_commit = page->by == SJ_BLAME_BY_COMMIT;
    if (is_commit) {
        add_commit(page, table, line);
    } else {
        add_name(page, table, line);
    }
    bool is_miss = page->by != SJ_BLAME_BY_CAUSE || sj_blame_group(line->kind) != SJ_BLAME_OTHER;
    bool has_commits = page->by != SJ_BLAME_BY_CAUSE || line->kind == SJ_BLAME_COMMIT;
    sj_doc_value(table, (double)line->charge_ns, NULL);
    sj_doc_value(table, is_miss ? part_of(line->charge_ns, missed_ns(page->bill)) : NAN, NULL);
    if (page->by != SJ_BLAME_BY_DIRECTORY) {
        sj_doc_value(table, (double)line->whole_ns, NULL);
        sj_doc_value(table, (double)line->alone_ns, NULL);
    }
    sj_doc_value(table, (double)line->compiles, NULL);
    if (is_commit) {
        sj_doc_cell(table, line->is_inferred ? "inferred" : "recorded", NULL);
    } else {
        sj_doc_value(table, has_commits ? (double)line->commits : NAN, NULL);
    }
}

static double sort_key(const struct page *page, const struct sj_blame_line *line)
{
    const struct sj_commit *commit;
    switch (page->sort) {
    case 1:
        return (double)line->whole_ns;
    case 2:
        return (double)line->alone_ns;
    case 3:
        return (double)line->compiles;
    case 4:
        commit = sj_scope_commit(page->scope, &line->commit);
        return commit ? (double)commit->time_s : 0;
    default:
        return (double)line->charge_ns;
    }
}

static int by_key(const void *left, const void *right, void *user)
{
    const struct page *page = user;
    double a = sort_key(page, page->is_up ? right : left);
    double b = sort_key(page, page->is_up ? left : right);
    return (a < b) - (a > b);
}

static void add_lines(struct page *page)
{
    struct sj_blame_lines lines = {0};
    sj_blame_lines_make(page->bill, page->scope->view.history, page->by, &lines);
    if (lines.count > 0) {
        qsort_r(lines.items, lines.count, sizeof *lines.items, by_key, page);
    }
    struct sj_doc_table *table =
        sj_doc_table(page->scope->call->doc, "lines", ways[page->by].caption);
    add_columns(page, table);
    sj_doc_empty(table, "Nothing is charged: no build of this time compiled anything for which a "
                        "commit is known.");
    size_t max = sj_dash_rows(page->scope->call, ROWS_PEOPLE, ROWS_PROGRAMS);
    size_t shown = 0;
    for (; shown < lines.count && shown < max; shown++) {
        add_line(page, table, &lines.items[shown]);
    }
    sj_dash_say_left(page->scope->call, shown, lines.count, ways[page->by].many);
    sj_blame_lines_release(&lines);
}

static void add_causes(const struct page *page)
{
    struct sj_doc_table *table =
        sj_doc_table(page->scope->call->doc, "causes", "What is charged to no commit");
    add_cause_columns(table);
    sj_doc_column(table, "group", "kind", SJ_DOC_TEXT);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "share", "share of misses", SJ_DOC_SHARE);
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    sj_doc_empty(table, "All misses are charged to commits.");
    for (int i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        enum sj_blame_group group = (enum sj_blame_group)i;
        struct sj_blame_lines lines = {0};
        sj_blame_lines_causes(page->bill, group, &lines);
        for (size_t j = 0; j < lines.count; j++) {
            const struct sj_blame_line *line = &lines.items[j];
            add_cause(page, table, line);
            sj_doc_cell(table, sj_blame_group_name(group), NULL);
            sj_doc_value(table, (double)line->charge_ns, NULL);
            sj_doc_value(table,
                         group == SJ_BLAME_OTHER ? NAN
                                                 : part_of(line->charge_ns, missed_ns(page->bill)),
                         NULL);
            sj_doc_value(table, (double)line->compiles, NULL);
        }
        sj_blame_lines_release(&lines);
    }
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct page page = {0};
    int status = read_query(call, &page, err);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    status = sj_scope_load(call, &scope, err);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    status = sj_scope_charge(&scope, scope.is_wanted, false, NULL, NULL, &bill, err);
    if (status == 0) {
        page.scope = &scope;
        page.bill = &bill;
        add_figures(&page);
        add_ways(&page);
        add_lines(&page);
        if (page.by != SJ_BLAME_BY_CAUSE) {
            add_causes(&page);
        }
    }
    sj_bill_release(&bill);
    return status;
}

const struct sj_dash_page sj_page_commits = {
    .name = "commits",
    .title = "Commits",
    .subject = NULL,
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
