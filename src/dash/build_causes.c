// SPDX-License-Identifier: Apache-2.0
// What the CPU of a build went to: its dearest units with their causes, what these add up to, and
// the chain of actions that the build waited for.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/build_parts.h"

#define UNITS      30
#define UNITS_MAX  5000
#define ROWS       30
#define ROWS_MAX   5000
#define PATH_STEPS 500

static uint64_t end_of(const struct sj_sample *sample)
{
    return sample->start_ns + sample->wall_ns;
}

void sj_build_find_path(struct sj_build_page *page)
{
    const struct sj_feed_trace *trace = &page->trace;
    page->path = sj_calloc(trace->count + 1, sizeof *page->path);
    page->is_on_path = sj_calloc(trace->count + 1, sizeof *page->is_on_path);
    uint32_t at = SJ_CHROME_NONE;
    for (uint32_t i = 0; i < trace->count; i++) {
        if (at == SJ_CHROME_NONE || end_of(&trace->samples[i]) > end_of(&trace->samples[at])) {
            at = i;
        }
    }
    for (; at != SJ_CHROME_NONE && !page->is_on_path[at]; at = trace->actions[at].before) {
        page->path[page->path_count++] = at;
        page->is_on_path[at] = true;
    }
    if (page->path_count == 1) { // one action is no path
        page->is_on_path[page->path[0]] = false;
        page->path_count = 0;
    }
}

void sj_build_add_path(const struct sj_build_page *page)
{
    const struct sj_feed_trace *trace = &page->trace;
    const uint32_t *chain = page->path;
    if (page->path_count == 0) {
        return;
    }
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "critical_path", "Critical path, as far as it is known");
    sj_doc_column(table, "unit", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "start", "Began after", SJ_DOC_SPAN);
    sj_doc_column(table, "wall", "Wall time", SJ_DOC_SPAN);
    sj_doc_column(table, "waited", "Waited before", SJ_DOC_SPAN);
    size_t first = page->path_count > PATH_STEPS ? page->path_count - PATH_STEPS : 0;
    for (size_t steps = page->path_count; steps-- > first;) {
        const struct sj_sample *sample = &trace->samples[chain[steps]];
        uint32_t before = trace->actions[chain[steps]].before;
        uint64_t ready_ns =
            before == SJ_CHROME_NONE ? page->start_ns : end_of(&trace->samples[before]);
        sj_cell_unit(page->call, table, sample->unit);
        sj_doc_value(table, (double)(sample->start_ns - page->start_ns), NULL);
        sj_doc_value(table, (double)sample->wall_ns, NULL);
        sj_doc_value(table, (double)(sample->start_ns - ready_ns), NULL);
        sj_doc_row_mark(table, sj_bar_name(sj_bar_of(page, chain[steps])));
    }
    sj_doc_text(page->call->doc,
                "Each action read what the one before it made. Steps that are not compiles or "
                "links, such as code generators, are not seen.");
}

static int by_charge(const void *left, const void *right)
{
    const struct sj_bill_row *a = *(const struct sj_bill_row *const *)left;
    const struct sj_bill_row *b = *(const struct sj_bill_row *const *)right;
    if (a->charge_ns != b->charge_ns) {
        return a->charge_ns > b->charge_ns ? -1 : 1;
    }
    return a->compiles > b->compiles ? -1 : a->compiles < b->compiles;
}

static void add_row(struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_bill_row *row)
{
    const char *group = sj_blame_group_name(sj_blame_group(row->kind));
    if (row->kind == SJ_BLAME_COMMIT) {
        const struct sj_blame blame = {
            .kind = row->kind, .commit = row->commit, .path = "", .why = ""};
        const struct sj_finding finding = {.causes = &blame, .count = 1};
        sj_cell_causes(call, table, &finding);
    } else {
        sj_doc_cell(table, sj_blame_text(row->kind), NULL);
    }
    if (*row->why) {
        sj_doc_detail(table, sj_reason_words(call, row->why));
    }
    sj_doc_cell(table, *row->why ? row->why : NULL, NULL);
    sj_doc_cell(table, group, NULL);
    sj_doc_value(table, (double)row->charge_ns, NULL);
    sj_doc_value(table, (double)row->compiles, NULL);
}

static void add_bill(struct sj_build_page *page)
{
    const struct sj_bill *bill = &page->bill;
    SJ_AUTO(sj_auto_free)
    const struct sj_bill_row **rows =
        sj_calloc(bill->row_count + 1, sizeof(const struct sj_bill_row *));
    for (size_t i = 0; i < bill->row_count; i++) {
        rows[i] = &bill->rows[i];
    }
    qsort(rows, bill->row_count, sizeof(const struct sj_bill_row *), by_charge);
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "causes", "What CPU is charged to");
    sj_doc_column(table, "cause", "Cause", SJ_DOC_TEXT);
    sj_doc_data_column(table, "why", "More", SJ_DOC_TEXT);
    sj_doc_column(table, "group", "Kind", SJ_DOC_TEXT);
    sj_doc_column(table, "charged", "CPU charged", SJ_DOC_SPAN);
    sj_doc_column(table, "compiles", "Compiles", SJ_DOC_COUNT);
    sj_doc_empty(table, "Nothing was compiled.");
    size_t shown = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    shown = shown < bill->row_count ? shown : bill->row_count;
    for (size_t i = 0; i < shown; i++) {
        add_row(page->call, table, rows[i]);
    }
    sj_dash_say_left(page->call, shown, bill->row_count, "causes");
}

static int dearest_first(const void *left, const void *right)
{
    const struct sj_sample *a = *(const struct sj_sample *const *)left;
    const struct sj_sample *b = *(const struct sj_sample *const *)right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit ? 1 : (a > b) - (a < b);
}

static int add_unit(struct sj_build_page *page, struct sj_doc_table *table,
                    const struct sj_sample *sample, struct sj_err *err)
{
    struct sj_finding finding;
    int status = sj_causes_find(page->causes, page->index, sample, &finding, err);
    if (status < 0) {
        return status;
    }
    const char *group =
        finding.count ? sj_blame_group_name(sj_blame_group(finding.causes[0].kind)) : "other";
    sj_cell_unit(page->call, table, sample->unit);
    sj_doc_value(table, (double)sample->cpu_ns, NULL);
    sj_doc_value(table, (double)sample->wall_ns, NULL);
    sj_doc_cell(table, sj_outcome_name((enum sj_outcome)sample->outcome), NULL);
    sj_cell_causes(page->call, table, &finding);
    sj_doc_row_mark(table, group);
    return 0;
}

static int add_units(struct sj_build_page *page, const struct sj_sample **dear, size_t count,
                     struct sj_err *err)
{
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "units", "Dearest units");
    sj_doc_column(table, "unit", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "wall", "Wall time", SJ_DOC_SPAN);
    sj_doc_column(table, "outcome", "Outcome", SJ_DOC_TEXT);
    sj_doc_column(table, "cause", "Cause", SJ_DOC_TEXT);
    sj_doc_empty(table, "Nothing was compiled.");
    size_t rows = sj_dash_rows(page->call, UNITS, UNITS_MAX);
    int status = 0;
    for (size_t i = 0; i < count && i < rows && status == 0; i++) {
        status = add_unit(page, table, dear[i], err);
    }
    sj_dash_say_left(page->call, rows < count ? rows : count, count, "compiled units");
    return status;
}

int sj_build_add_causes(struct sj_build_page *page, struct sj_err *err)
{
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(page->causes, page->index, &count);
    SJ_AUTO(sj_auto_free)
    const struct sj_sample **dear = sj_calloc(count + 1, sizeof(const struct sj_sample *));
    size_t dear_count = 0;
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        struct sj_finding finding;
        status = sj_causes_find(page->causes, page->index, &samples[i], &finding, err);
        if (status == 0) {
            status = sj_bill_add(&page->bill, &finding, NULL, err);
        }
        if (samples[i].cpu_ns > 0) {
            dear[dear_count++] = &samples[i];
        }
    }
    if (status < 0) {
        return status;
    }
    sj_doc_heading(page->call->doc, "why", "Why it was compiled");
    add_bill(page);
    if (dear_count > 0) {
        qsort(dear, dear_count, sizeof(const struct sj_sample *), dearest_first);
    }
    return add_units(page, dear, dear_count, err);
}
