// SPDX-License-Identifier: Apache-2.0
// Steps in tables and charts.
#include <math.h>

#include "base/mem.h"
#include "dash/overview.h"

#define DOUBLED     0.7  // logarithm from which a change is told as a factor
#define LIKELY      0.05 // candidates below that share are not named in a chart
#define SUBJECT_MAX 100

const struct sj_view_build *sj_scope_build(const struct sj_scope *scope, uint32_t number)
{
    for (size_t i = 0; i < scope->view.build_count; i++) {
        if (scope->view.builds[i].build.number == number) {
            return &scope->view.builds[i];
        }
    }
    return NULL;
}

void sj_change_text(struct sj_buf *out, double change)
{
    double percent = 100 * expm1(change);
    if (change > DOUBLED) {
        sj_buf_addf(out, "\u00d7%.1f", exp(change));
    } else if (fabs(percent) < 0.05) {
        sj_buf_adds(out, "\u00b1\u00a00\u00a0%");
    } else {
        sj_buf_addf(out, "%s%.1f\u00a0%%", percent < 0 ? "\u2212" : "+", fabs(percent));
    }
}

void sj_commit_text(const struct sj_scope *scope, const struct sj_oid *commit, struct sj_buf *out)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(commit, hex);
    const struct sj_commit *known = sj_scope_commit(scope, commit);
    if (known) {
        sj_buf_addf(out, "%.10s %.60s: %.*s", hex, known->author, SUBJECT_MAX, known->subject);
    } else {
        sj_buf_addf(out, "%.10s", hex);
    }
}

static uint64_t time_of(const struct sj_scope *scope, const struct sj_view_build *build)
{
    bool is_late = build->build.flags & SJ_BUILD_BACKFILL && build->commit != SJ_NO_COMMIT;
    if (!is_late || !scope->view.history) {
        return build->build.start_ns;
    }
    size_t count;
    int64_t time_s = sj_history_commits(scope->view.history, &count)[build->commit].time_s;
    return time_s > 0 ? (uint64_t)time_s * UINT64_C(1000000000) : 0;
}

static char *compare_link(const struct sj_scope *scope, const struct sj_course_step *step)
{
    const struct sj_view_build *before = sj_scope_build(scope, step->build_before);
    const struct sj_view_build *after = sj_scope_build(scope, step->build_after);
    return before && after ? sj_link_compare(scope->call, &before->build, &after->build) : NULL;
}

void sj_steps_mark(const struct sj_scope *scope, struct sj_doc_table *table,
                   const struct sj_course_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sj_course_step *step = &steps[i];
        const struct sj_view_build *after = sj_scope_build(scope, step->build_after);
        if (!step->is_certain || !after) {
            continue;
        }
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_change_text(&text, step->change);
        if (step->candidate_count > 0 &&
            (step->candidates[0].share >= LIKELY || step->commits <= 1)) {
            sj_buf_adds(&text, " ");
            sj_commit_text(scope, &step->candidates[0].commit, &text);
        }
        SJ_AUTO(sj_auto_free) char *href = compare_link(scope, step);
        sj_doc_chart_mark(table, (double)time_of(scope, after), sj_buf_text(&text), href, true);
    }
}

static void add_candidate(const struct sj_scope *scope, struct sj_doc_table *table,
                          const struct sj_course_step *step)
{
    if (step->candidate_count == 0) {
        sj_doc_cell(table, NULL, NULL);
        sj_doc_cell(table, NULL, NULL);
        sj_doc_value(table, NAN, NULL);
        return;
    }
    const struct sj_course_candidate *best = &step->candidates[0];
    const struct sj_commit *commit = sj_scope_commit(scope, &best->commit);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&best->commit, hex);
    sj_buf_addf(&text, "%.10s", hex);
    if (commit) {
        sj_buf_addf(&text, " %.*s", SUBJECT_MAX, commit->subject);
    }
    SJ_AUTO(sj_auto_free) char *href = sj_link_oid(scope->call, &best->commit);
    sj_doc_cell(table, sj_buf_text(&text), href);
    sj_doc_cell(table, commit ? commit->author : NULL, NULL);
    sj_doc_value(table, step->commits > 1 ? best->share : 1, NULL);
}

static void add_others(struct sj_doc_table *table, const struct sj_course_step *step)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 1; i < step->candidate_count; i++) {
        const struct sj_course_candidate *at = &step->candidates[i];
        if (at->share >= LIKELY) {
            char hex[SJ_OID_HEX_SIZE];
            sj_oid_hex(&at->commit, hex);
            sj_buf_addf(&text, "%s%.10s (%.0f\u00a0%%)", text.len ? ", " : "", hex,
                        100 * at->share);
        }
    }
    sj_doc_cell(table, text.len ? sj_buf_text(&text) : NULL, NULL);
    sj_doc_value(table, step->commits, NULL);
}

static void add_units(const struct sj_scope *scope, struct sj_doc_table *table,
                      const struct sj_course_step *step)
{
    uint32_t all = step->changed + step->added + step->removed;
    SJ_AUTO(sj_auto_free)
    char *href = step->unit_count ? sj_dash_link_unit(scope->call, step->units[0].unit) : NULL;
    sj_doc_value(table, all, NULL);
    sj_doc_cell(table,
                step->unit_count ? sj_unit_text(scope->view.db, step->units[0].unit, false) : NULL,
                href);
}

static void add_step(const struct sj_scope *scope, struct sj_doc_table *table,
                     const struct sj_course_step *step)
{
    const struct sj_view_build *after = sj_scope_build(scope, step->build_after);
    SJ_AUTO(sj_auto_free) char *href = compare_link(scope, step);
    sj_doc_value(table, after ? (double)time_of(scope, after) : NAN, NULL);
    sj_doc_value(table, expm1(step->change), href);
    SJ_AUTO(sj_buf_release) struct sj_buf range = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_change_text(&range, step->low);
    sj_buf_adds(&range, " to ");
    sj_change_text(&range, step->high);
    sj_doc_detail(table, sj_buf_text(&range));
    sj_doc_value(table, expm1(step->low), NULL);
    sj_doc_value(table, expm1(step->high), NULL);
    sj_doc_value(table, step->before, NULL);
    sj_doc_value(table, step->after, NULL);
    sj_doc_value(table, step->month_ns, NULL);
    add_candidate(scope, table, step);
    add_others(table, step);
    add_units(scope, table, step);
    sj_doc_cell(table, step->is_certain ? "certain" : "may be noise", NULL);
    sj_doc_row_mark(table, !step->is_certain  ? "doubtful"
                           : step->change > 0 ? "regression"
                                              : "improvement");
}

void sj_steps_table(const struct sj_scope *scope, const char *caption, const char *empty,
                    const struct sj_course_step *steps, size_t count)
{
    struct sj_doc_table *table = sj_doc_table(scope->call->doc, "steps", caption);
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    sj_doc_column(table, "change", "change", SJ_DOC_CHANGE);
    sj_doc_data_column(table, "change_low", "at least", SJ_DOC_CHANGE);
    sj_doc_data_column(table, "change_high", "at most", SJ_DOC_CHANGE);
    sj_doc_column(table, "before_ns", "before", SJ_DOC_SPAN);
    sj_doc_column(table, "after_ns", "after", SJ_DOC_SPAN);
    sj_doc_data_column(table, "month_ns", "a month", SJ_DOC_SPAN);
    sj_doc_column(table, "commit", "likely commit", SJ_DOC_TEXT);
    sj_doc_column(table, "author", "author", SJ_DOC_TEXT);
    sj_doc_data_column(table, "share", "its part", SJ_DOC_SHARE);
    sj_doc_data_column(table, "others", "other candidates", SJ_DOC_TEXT);
    sj_doc_data_column(table, "commits", "commits between", SJ_DOC_COUNT);
    sj_doc_column(table, "units", "units", SJ_DOC_COUNT);
    sj_doc_data_column(table, "unit", "largest", SJ_DOC_TEXT);
    sj_doc_data_column(table, "evidence", "evidence", SJ_DOC_TEXT);
    sj_doc_empty(table, empty);
    for (size_t i = count; i-- > 0;) {
        add_step(scope, table, &steps[i]);
    }
}
