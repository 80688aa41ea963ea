// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <math.h>

#include "analyze/compare.h"
#include "analyze/forecast.h"
#include "analyze/narrow.h"
#include "base/mem.h"
#include "dash/commit_doc.h"

#define BEFORE_MAX  60 // builds that a prediction is made from
#define AROUND      15 // builds on each side that tell of noise
#define SAMPLES_MAX UINT64_C(300000)
#define RECORD      20 // builds that predictions are held against
#define NORMAL_95   1.96

// The latest builds of the job that came before the commit.
static void choose_before(const struct sj_commit_told *told, uint32_t parent, bool *is_in)
{
    const struct sj_view *view = &told->scope->view;
    const char *job = view->builds[told->first].build.job;
    size_t chosen = 0;
    uint64_t samples = 0;
    for (size_t i = told->first; i-- > 0 && chosen < BEFORE_MAX && samples < SAMPLES_MAX;) {
        const struct sj_view_build *build = &view->builds[i];
        if (strcmp(build->build.job, job) == 0 && build->commit != SJ_NO_COMMIT &&
            sj_history_is_ancestor(view->history, build->commit, parent)) {
            is_in[i] = true;
            chosen++;
            samples += build->build.count[SJ_OUTCOME_HIT] + build->build.count[SJ_OUTCOME_MISS];
        }
    }
}

static void add_row(struct sj_doc_table *table, const char *what, double units, double cpu_ns,
                    double low_ns, double high_ns)
{
    sj_doc_cell(table, what, NULL);
    sj_doc_value(table, units, NULL);
    sj_doc_value(table, cpu_ns, NULL);
    sj_doc_value(table, low_ns, NULL);
    sj_doc_value(table, high_ns, NULL);
}

static void tell_forecast(const struct sj_commit_told *told, const struct sj_forecast *forecast)
{
    struct sj_doc_table *table = sj_doc_table(told->scope->call->doc, "prediction",
                                              "What was to be expected, and what came");
    sj_doc_column(table, "what", "what", SJ_DOC_TEXT);
    sj_doc_column(table, "units", "units", SJ_DOC_COUNT);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "low_ns", "at least (80\u00a0%)", SJ_DOC_SPAN);
    sj_doc_column(table, "high_ns", "at most (80\u00a0%)", SJ_DOC_SPAN);
    add_row(table, "predicted", (double)forecast->prediction.count,
            (double)forecast->prediction.cpu_ns, (double)forecast->cpu_ns[0],
            (double)forecast->cpu_ns[2]);
    add_row(table, "actual", (double)told->compiled, (double)told->compiled_ns, NAN, NAN);
    if (!forecast->track.is_spread_known) {
        sj_doc_text(told->scope->call->doc,
                    "Too few builds came before to know how far predictions are off: the interval "
                    "is a guess.");
    }
}

static int add_forecast(const struct sj_commit_told *told, struct sj_err *err)
{
    const struct sj_view *view = &told->scope->view;
    uint32_t parent = told->commit->parent;
    if (parent == SJ_NO_COMMIT) {
        return 0;
    }
    SJ_AUTO(sj_auto_free) bool *is_in = sj_calloc(view->build_count + 1, sizeof *is_in);
    choose_before(told, parent, is_in);
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS) |
                        SJ_OUTCOME_BIT(SJ_OUTCOME_BYPASS);
    SJ_AUTO(sj_view_release) struct sj_view before = {0};
    int status = sj_view_narrow(view, is_in, outcomes, &before, err);
    if (status < 0 || before.build_count == 0) {
        return status;
    }
    size_t count;
    struct sj_forecast_request request = {
        .from = sj_history_commits(view->history, &count)[parent].id,
        .to = told->id,
        .changes = SJ_CHANGES_NONE,
        .record = RECORD,
    };
    struct sj_forecast forecast = {0};
    status = sj_forecast_make(&before, &request, &forecast, err);
    if (status == 0) {
        tell_forecast(told, &forecast);
        sj_forecast_release(&forecast);
    }
    sj_changes_release(&request.changes);
    // Without a build to go by there is no prediction.
    return status == -ENOENT ? 0 : status;
}

static void tell_change(const struct sj_commit_told *told, const struct sj_compare *compare,
                        const struct sj_view_build *before, const struct sj_view_build *after)
{
    struct sj_doc *doc = told->scope->call->doc;
    struct sj_doc_table *table = sj_doc_table(
        doc, "change", "What it did to the CPU of units, with the speed of machines taken off");
    sj_doc_column(table, "what", "what", SJ_DOC_TEXT);
    sj_doc_column(table, "units", "units", SJ_DOC_COUNT);
    sj_doc_column(table, "change", "change", SJ_DOC_CHANGE);
    sj_doc_column(table, "change_low", "at least (95\u00a0%)", SJ_DOC_CHANGE);
    sj_doc_column(table, "change_high", "at most (95\u00a0%)", SJ_DOC_CHANGE);
    sj_doc_column(table, "chance", "chance by noise", SJ_DOC_SHARE);
    sj_doc_empty(table, "Not known: no unit was measured both before and after.");
    SJ_AUTO(sj_auto_free)
    char *href = sj_link_compare(told->scope->call, &before->build, &after->build);
    if (compare->total_a > 0 && compare->total_b > 0) {
        sj_doc_cell(table, "all units", href);
        sj_doc_value(table, (double)compare->count, NULL);
        sj_doc_value(table, compare->total_b / compare->total_a - 1, NULL);
        sj_doc_value(table, NAN, NULL);
        sj_doc_value(table, NAN, NULL);
        sj_doc_value(table, compare->chance, NULL);
    }
    const struct sj_cross *changed = &compare->changed;
    if (changed->count > 0) {
        sj_doc_cell(table, "units that changed, taken together", href);
        sj_doc_value(table, (double)changed->count, NULL);
        sj_doc_value(table, expm1(changed->change), NULL);
        sj_doc_value(table, expm1(changed->change - NORMAL_95 * changed->error), NULL);
        sj_doc_value(table, expm1(changed->change + NORMAL_95 * changed->error), NULL);
        sj_doc_value(table, changed->chance, NULL);
        if (changed->is_significant) {
            sj_doc_row_mark(table, changed->change > 0 ? "regression" : "improvement");
        }
    }
}

static size_t index_of(const struct sj_view *view, uint32_t number)
{
    size_t at = 0;
    while (at < view->build_count && view->builds[at].build.number != number) {
        at++;
    }
    return at;
}

static int add_change(const struct sj_commit_told *told, struct sj_err *err)
{
    const struct sj_view *view = &told->scope->view;
    const struct sj_view_build *after = &view->builds[told->first];
    if (after->reference == UINT32_MAX) {
        return 0;
    }
    const struct sj_view_build *before = &view->builds[after->reference];
    SJ_AUTO(sj_auto_free) bool *is_in = sj_calloc(view->build_count + 1, sizeof *is_in);
    is_in[told->first] = true;
    is_in[after->reference] = true;
    // Builds of a job stand side by side, in the order of the commits.
    for (size_t i = 0; i < view->build_count; i++) {
        bool is_near = i + AROUND >= told->first && i <= told->first + AROUND;
        is_in[i] =
            is_in[i] || (is_near && strcmp(view->builds[i].build.job, after->build.job) == 0);
    }
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_view_release) struct sj_view part = {0};
    int status = sj_view_narrow(view, is_in, outcomes, &part, err);
    if (status < 0) {
        return status;
    }
    struct sj_costs costs = {0};
    struct sj_compare compare = {0};
    sj_costs_find(&part, &costs);
    sj_compare_builds(&part, &costs, index_of(&part, before->build.number),
                      index_of(&part, after->build.number), &compare);
    tell_change(told, &compare, before, after);
    sj_compare_release(&compare);
    sj_costs_release(&costs);
    return 0;
}

int sj_commit_effect(const struct sj_commit_told *told, struct sj_err *err)
{
    if (told->first == UINT32_MAX) {
        return 0;
    }
    int status = told->commit ? add_forecast(told, err) : 0;
    return status < 0 ? status : add_change(told, err);
}
