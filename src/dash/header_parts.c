// SPDX-License-Identifier: Apache-2.0
#include "dash/header_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "analyze/narrow.h"
#include "base/mem.h"

#define DAYS_MAX  3650 // of history
#define CHAIN_MAX 256  // builds that units are gathered from, the latest ones

// The latest build that the filters leave and whose records are there; UINT32_MAX: there is none.
static uint32_t find_tip(const struct sj_scope *scope)
{
    uint32_t tip = UINT32_MAX;
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        bool has_units = build->count[SJ_OUTCOME_HIT] + build->count[SJ_OUTCOME_MISS] > 0 &&
                         !(build->flags & SJ_BUILD_EXPIRED);
        if (scope->is_wanted[i] && has_units &&
            (tip == UINT32_MAX || build->start_ns > scope->view.builds[tip].build.start_ns)) {
            tip = (uint32_t)i;
        }
    }
    return tip;
}

// Units are those of the latest build, and of those before it that it does not name: only these
// builds are read, so that a year of others costs nothing.
static int load_chain(struct sj_header_work *work, struct sj_err *err)
{
    const struct sj_view *all = &work->scope.view;
    uint32_t tip = find_tip(&work->scope);
    if (tip == UINT32_MAX) {
        return sj_fail_plain(err, -ENOENT, "there is no build whose records are still there");
    }
    const unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_auto_free) bool *is_link = sj_calloc(all->build_count + 1, sizeof *is_link);
    SJ_AUTO(sj_auto_free) uint32_t *chain = NULL;
    size_t count = sj_chain_of(all, tip, &chain);
    for (size_t i = count > CHAIN_MAX ? count - CHAIN_MAX : 0; i < count; i++) {
        is_link[chain[i]] = true;
    }
    return sj_view_narrow(all, is_link, outcomes, &work->view, err);
}

// How far back history is looked at: the time that is asked for, up to the latest build.
static double days_of(const struct sj_dash_query *query, uint64_t now_ns)
{
    const double day_ns = 86400e9;
    uint64_t end_ns = query->until_ns && query->until_ns < now_ns ? query->until_ns : now_ns;
    if (!query->parameter[SJ_DASH_SINCE]) {
        return SJ_HEADERS_DAYS;
    }
    double days = query->since_ns < end_ns ? (double)(end_ns - query->since_ns) / day_ns : 1;
    return fmin(fmax(round(days), 1), DAYS_MAX);
}

// What a unit reads may have been seen long ago: builds of any time tell of it, as in `headers`.
int sj_header_work_load(const struct sj_dash_call *call, struct sj_header_work *out,
                        struct sj_err *err)
{
    struct sj_dash_call all = *call;
    all.filter.since_ns = 0;
    out->days = days_of(call->query, call->site->now_ns);
    int status = sj_scope_load(&all, &out->scope, err);
    out->scope.call = call;
    status = status < 0 ? status : load_chain(out, err);
    return status < 0 ? status
                      : sj_headers_make(&out->view, SJ_NO_COMMIT, out->days, &out->headers, err);
}

void sj_header_work_release(struct sj_header_work *work)
{
    if (work) {
        sj_headers_release(&work->headers);
        sj_view_release(&work->view);
        sj_scope_release(&work->scope);
    }
}

const char *sj_header_path(const struct sj_header_work *work, uint32_t file)
{
    return sj_db_text(work->view.db, work->headers.fanout.files[file].path);
}

void sj_cell_header(const struct sj_dash_call *call, const struct sj_header_work *work,
                    struct sj_doc_table *table, uint32_t file)
{
    const char *path = sj_header_path(work, file);
    SJ_AUTO(sj_auto_free) char *link = sj_dash_link(call->query, "header", path, NULL);
    sj_doc_cell(table, path, link);
}

static void note_count(const struct sj_dash_call *call, size_t count, const char *text)
{
    if (count > 0) {
        char line[200];
        (void)snprintf(line, sizeof line, "%zu %s", count, text);
        sj_doc_note(call->doc, line);
    }
}

void sj_header_notes(const struct sj_dash_call *call, const struct sj_header_work *work)
{
    const struct sj_headers *headers = &work->headers;
    if (!work->view.history || headers->commit == SJ_NO_COMMIT) {
        sj_doc_note(call->doc, "No history of this project is at hand: how often a file changes is "
                               "not known.");
    } else if (headers->replay.is_cut) {
        char line[200];
        (void)snprintf(
            line, sizeof line,
            "The history at hand is of %.0f days, not %.0f: changes a month are those of "
            "the shorter time.",
            headers->replay.days, work->days);
        sj_doc_note(call->doc, line);
    }
    note_count(call, headers->fanout.unknown, "units are left out: their inputs are not known.");
    note_count(call, headers->fanout.uncosted,
               "units were never compiled here: they count as usual ones.");
    note_count(call, headers->gone, "units are left out: their source has been removed.");
}

void sj_header_edges(const struct sj_dash_call *call, const struct sj_header_work *work,
                     const struct sj_edges *edges, size_t rows)
{
    struct sj_doc_table *table =
        sj_doc_table(call->doc, "edges", "Includes, and what would be saved without each");
    sj_doc_column(table, "from", "File", SJ_DOC_TEXT);
    sj_doc_column(table, "to", "Includes", SJ_DOC_TEXT);
    sj_doc_column(table, "line", "Line", SJ_DOC_COUNT);
    sj_doc_column(table, "units", "Units", SJ_DOC_COUNT);
    sj_doc_column(table, "lost", "Units freed", SJ_DOC_COUNT);
    sj_doc_column(table, "lost_cpu", "CPU freed", SJ_DOC_SPAN);
    sj_doc_column(table, "saved_per_month", "Saved a month", SJ_DOC_SPAN);
    sj_doc_empty(table, "No include was found whose removal would free a unit.");
    size_t shown = 0;
    for (size_t i = 0; i < edges->count && shown < rows; i++) {
        const struct sj_edge *edge = &edges->items[i];
        sj_cell_header(call, work, table, edge->from);
        sj_cell_header(call, work, table, edge->to);
        sj_doc_value(table, edge->line, NULL);
        sj_doc_value(table, edge->units, NULL);
        sj_doc_value(table, edge->lost, NULL);
        sj_doc_value(table, (double)edge->lost_cpu_ns, NULL);
        sj_doc_value(table, edge->month_ns, NULL);
        if (edge->is_conditional) {
            sj_doc_row_mark(table, "conditional");
        }
        shown++;
    }
    sj_dash_say_left(call, shown, edges->count, "includes");
    note_count(call, edges->unread, "files could not be read: their includes are not known.");
    note_count(call, edges->macros, "includes are named by a macro and not followed.");
    if (edges->loose > 0) {
        note_count(call, edges->loose,
                   "reads have no include that leads to them: they count as direct ones, and "
                   "nothing is promised for them.");
    }
}
