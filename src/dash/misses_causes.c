// SPDX-License-Identifier: Apache-2.0
// Causes of misses: by day, summed up, and what was compiled in vain.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/redundant.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dash/cells.h"
#include "dash/misses_parts.h"

#define DAY_NS   (86400 * SJ_NS_PER_S)
#define ROWS     30
#define ROWS_MAX 5000

/** Sums of one kind of cause. */
struct sum {
    enum sj_blame_kind kind;
    uint64_t cpu_ns;
    uint64_t compiles;
};

static int dearest_first(const void *left, const void *right)
{
    const struct sum *a = left;
    const struct sum *b = right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return (int)a->kind - (int)b->kind;
}

// A compile with several commits counts for each of them.
static size_t sum_up(const struct sj_bill *bill, struct sum sums[SJ_BLAME_KIND_COUNT])
{
    struct sum all[SJ_BLAME_KIND_COUNT] = {{0}};
    for (size_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        if (sj_oid_is_zero(&row->merge)) {
            all[row->kind].cpu_ns += row->charge_ns;
            all[row->kind].compiles += row->compiles;
        }
    }
    size_t count = 0;
    for (size_t kind = 0; kind < SJ_BLAME_KIND_COUNT; kind++) {
        if (all[kind].cpu_ns > 0 || all[kind].compiles > 0) {
            all[kind].kind = (enum sj_blame_kind)kind;
            sums[count++] = all[kind];
        }
    }
    qsort(sums, count, sizeof *sums, dearest_first);
    return count;
}

static bool is_miss(enum sj_blame_kind kind)
{
    return sj_blame_group(kind) != SJ_BLAME_OTHER;
}

static int by_day(const void *left, const void *right)
{
    const struct sj_miss_day *a = left;
    const struct sj_miss_day *b = right;
    return a->day < b->day ? -1 : a->day > b->day;
}

static void add_days(struct sj_misses_page *page, const struct sum *sums, size_t count)
{
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "days", "CPU of misses by day and cause");
    sj_doc_column(table, "day", "Day", SJ_DOC_DAY);
    for (size_t i = 0; i < count; i++) {
        if (is_miss(sums[i].kind)) {
            sj_doc_column(table, sj_blame_name(sums[i].kind), sj_blame_text(sums[i].kind),
                          SJ_DOC_SPAN);
        }
    }
    sj_doc_empty(table, "Nothing was compiled in the builds that pass the filters.");
    if (page->day_count > 0) {
        qsort(page->days, page->day_count, sizeof *page->days, by_day);
    }
    for (size_t i = 0; i < page->day_count; i++) {
        sj_doc_value(table, (double)(page->days[i].day * DAY_NS), NULL);
        for (size_t k = 0; k < count; k++) {
            if (is_miss(sums[k].kind)) {
                sj_doc_value(table, (double)page->days[i].cpu_ns[sums[k].kind], NULL);
            }
        }
    }
    char summary[200];
    (void)snprintf(summary, sizeof summary,
                   "CPU of misses on %zu %s by cause; most is put down "
                   "to: %.100s.",
                   page->day_count, page->day_count == 1 ? "day" : "days",
                   count > 0 ? sj_blame_text(sums[0].kind) : "nothing");
    sj_doc_chart(table, SJ_CHART_BARS, summary);
}

void sj_misses_add_causes(struct sj_misses_page *page)
{
    struct sum sums[SJ_BLAME_KIND_COUNT] = {{0}};
    size_t count = sum_up(&page->bill, sums);
    sj_doc_heading(page->call->doc, "causes", "Why it was compiled");
    add_days(page, sums, count);
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "kinds", "Causes");
    sj_doc_column(table, "cause", "Cause", SJ_DOC_TEXT);
    sj_doc_data_column(table, "name", "Name", SJ_DOC_TEXT);
    sj_doc_column(table, "group", "Kind", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu", "CPU charged", SJ_DOC_SPAN);
    sj_doc_column(table, "compiles", "Compiles", SJ_DOC_COUNT);
    sj_doc_empty(table, "Nothing was compiled in the builds that pass the filters.");
    for (size_t i = 0; i < count; i++) {
        const char *group = sj_blame_group_name(sj_blame_group(sums[i].kind));
        sj_doc_cell(table, sj_blame_text(sums[i].kind), NULL);
        sj_doc_cell(table, sj_blame_name(sums[i].kind), NULL);
        sj_doc_cell(table, group, NULL);
        sj_doc_value(table, (double)sums[i].cpu_ns, NULL);
        sj_doc_value(table, (double)sums[i].compiles, NULL);
    }
}

static const struct sj_build *build_of(const struct sj_misses_page *page, uint32_t number)
{
    for (size_t i = 0; i < page->scope.view.build_count; i++) {
        if (page->scope.view.builds[i].build.number == number) {
            return &page->scope.view.builds[i].build;
        }
    }
    return NULL;
}

static void add_machines(struct sj_doc_table *table, const struct sj_repeat *repeat)
{
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(2048);
    for (uint32_t i = 0; i < repeat->machine_count; i++) {
        sj_buf_addf(&names, "%s%.200s", i > 0 ? ", " : "",
                    repeat->machines[i][0] ? repeat->machines[i] : "(no name)");
    }
    sj_buf_adds(&names, repeat->has_more_machines ? " and more" : "");
    sj_doc_cell(table, sj_buf_text(&names), NULL);
}

static void add_repeat(struct sj_misses_page *page, struct sj_doc_table *table,
                       const struct sj_repeat *repeat)
{
    SJ_AUTO(sj_buf_release) struct sj_buf why = SJ_BUF_INIT(1024);
    const struct sj_build *build = build_of(page, repeat->build);
    sj_buf_adds(&why, sj_blame_text(repeat->kind));
    if (*repeat->why) {
        sj_buf_addf(&why, " (%.300s)", sj_reason_words(page->call, repeat->why));
    }
    sj_cell_unit(page->call, table, repeat->unit);
    sj_doc_value(table, repeat->compiles, NULL);
    sj_doc_value(table, repeat->wasted, NULL);
    sj_doc_value(table, (double)repeat->wasted_ns, NULL);
    add_machines(table, repeat);
    sj_doc_cell(table, sj_buf_text(&why), NULL);
    if (build) {
        sj_cell_build(page->call, table, build);
    } else {
        sj_doc_cell(table, NULL, NULL);
    }
    sj_doc_value(table, (double)repeat->last_ns, NULL);
    sj_doc_row_mark(table, "redundant");
}

int sj_misses_add_repeats(struct sj_misses_page *page, struct sj_err *err)
{
    struct sj_repeats repeats;
    int status = sj_repeats_find(&page->scope.view, page->scope.is_wanted, &repeats);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the records of the builds");
    }
    sj_doc_heading(page->call->doc, "again", "Compiled again in vain");
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "redundant", "The same key, compiled more than once");
    sj_doc_column(table, "unit", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "compiles", "Compiles", SJ_DOC_COUNT);
    sj_doc_column(table, "wasted", "Redundant", SJ_DOC_COUNT);
    sj_doc_column(table, "wasted_cpu", "CPU wasted", SJ_DOC_SPAN);
    sj_doc_column(table, "machines", "Machines", SJ_DOC_TEXT);
    sj_doc_column(table, "why", "Why", SJ_DOC_TEXT);
    sj_doc_column(table, "build", "Latest build", SJ_DOC_TEXT);
    sj_doc_column(table, "latest", "Latest", SJ_DOC_TIME);
    sj_doc_empty(table, "Nothing was compiled twice: the cache did all that it could.");
    size_t rows = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    rows = rows < repeats.count ? rows : repeats.count;
    for (size_t i = 0; i < rows; i++) {
        add_repeat(page, table, &repeats.items[i]);
    }
    sj_dash_say_left(page->call, rows, repeats.count, "keys that were compiled again");
    sj_repeats_release(&repeats);
    return 0;
}

static int by_charge(const void *left, const void *right)
{
    const struct sj_bill_generated *a = *(const struct sj_bill_generated *const *)left;
    const struct sj_bill_generated *b = *(const struct sj_bill_generated *const *)right;
    if (a->charge_ns != b->charge_ns) {
        return a->charge_ns > b->charge_ns ? -1 : 1;
    }
    int order = strcmp(a->path, b->path);
    return order ? order : strcmp(a->job, b->job);
}

void sj_misses_add_volatile(struct sj_misses_page *page)
{
    const struct sj_bill *bill = &page->bill;
    SJ_AUTO(sj_auto_free)
    const struct sj_bill_generated **rows =
        sj_calloc(bill->generated_count + 1, sizeof(const struct sj_bill_generated *));
    size_t count = 0;
    for (size_t i = 0; i < bill->generated_count; i++) {
        if (sj_bill_is_volatile(bill, &bill->generated[i])) {
            rows[count++] = &bill->generated[i];
        }
    }
    if (count > 0) {
        qsort(rows, count, sizeof(const struct sj_bill_generated *), by_charge);
    }
    sj_doc_heading(page->call->doc, "unsteady", "Generated files that never stay the same");
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "volatile",
                                              "Generated files that change in nearly every build");
    sj_doc_column(table, "path", "File", SJ_DOC_TEXT);
    sj_doc_column(table, "job", "Job", SJ_DOC_TEXT);
    sj_doc_column(table, "builds", "Builds", SJ_DOC_COUNT);
    sj_doc_column(table, "compiles", "Compiles", SJ_DOC_COUNT);
    sj_doc_column(table, "charged", "CPU charged", SJ_DOC_SPAN);
    sj_doc_column(table, "alone", "Saved if it stayed the same", SJ_DOC_SPAN);
    sj_doc_empty(table, "There are none: at least three builds must be able to tell.");
    size_t shown = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    shown = shown < count ? shown : count;
    for (size_t i = 0; i < shown; i++) {
        sj_doc_cell(table, rows[i]->path, NULL);
        sj_doc_cell(table, rows[i]->job, NULL);
        sj_doc_value(table, (double)rows[i]->builds, NULL);
        sj_doc_value(table, (double)rows[i]->compiles, NULL);
        sj_doc_value(table, (double)rows[i]->charge_ns, NULL);
        sj_doc_value(table, (double)rows[i]->alone_ns, NULL);
    }
    sj_dash_say_left(page->call, shown, count, "generated files");
}
