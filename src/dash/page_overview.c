// SPDX-License-Identifier: Apache-2.0
// The page "overview".
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "dash/overview.h"

#define RECENT    15
#define CORE_HOUR 3.6e12 // nanoseconds

static uint64_t first_of(const char *digits, size_t len, double *scale)
{
    char text[20] = "0";
    uint64_t value = 0;
    if (len > 0 && len < sizeof text) {
        memcpy(text, digits, len);
        text[len] = '\0';
    }
    *scale = 1;
    for (size_t i = 0; i < len && i < sizeof text; i++) {
        *scale *= 10;
    }
    return sj_parse_u64(text, UINT64_MAX, &value) == 0 ? value : UINT64_MAX;
}

// "0.05", "12"; NAN for anything else.
static double read_price(const char *text)
{
    const char *dot = strchr(text, '.');
    size_t len = dot ? (size_t)(dot - text) : strlen(text);
    size_t rest = dot ? strlen(dot + 1) : 0;
    double scale;
    uint64_t whole = first_of(text, len, &scale);
    uint64_t part = first_of(dot ? dot + 1 : "", rest, &scale);
    bool is_bad =
        len + rest == 0 || len > 15 || rest > 15 || whole == UINT64_MAX || part == UINT64_MAX;
    return is_bad ? NAN : (double)whole + (double)part / scale;
}

/** Sums of the builds. */
struct sums {
    uint64_t hits;
    uint64_t misses;
    uint64_t saved_ns;
    uint64_t spent_ns;
};

static double share(uint64_t part, uint64_t rest)
{
    return part + rest > 0 ? (double)part / (double)(part + rest) : NAN;
}

static void add_money(const struct sj_dash_call *call, const struct sums *sums)
{
    const char *text = call->site->config->server.core_hour_price;
    if (!text) {
        return;
    }
    double price = read_price(text);
    if (isnan(price)) {
        sj_doc_note(call->doc,
                    "The setting core_hour_price is no number such as 0.05: no money is shown.");
        return;
    }
    sj_doc_figure(call->doc, "money_saved", "saved", SJ_DOC_MONEY,
                  (double)sums->saved_ns / CORE_HOUR * price, NULL);
    sj_doc_figure(call->doc, "money_spent", "spent on misses", SJ_DOC_MONEY,
                  (double)sums->spent_ns / CORE_HOUR * price, NULL);
}

static double last_known(const struct sj_course *course)
{
    for (size_t i = course->picked.point_count; i-- > 0;) {
        if (!isnan(course->cpu[i])) {
            return course->cpu[i];
        }
    }
    return NAN;
}

static void add_figures(const struct sj_scope *scope, const struct sj_course *course)
{
    struct sj_doc *doc = scope->call->doc;
    struct sums sums = {0};
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        if (scope->is_wanted[i]) {
            sums.hits += build->count[SJ_OUTCOME_HIT];
            sums.misses += build->count[SJ_OUTCOME_MISS];
            sums.saved_ns += build->saved_ns;
            sums.spent_ns += build->cpu_ns[SJ_OUTCOME_MISS];
        }
    }
    SJ_AUTO(sj_auto_free) char *builds = sj_dash_link(scope->call->query, "builds", NULL, NULL);
    SJ_AUTO(sj_auto_free) char *misses = sj_dash_link(scope->call->query, "misses", NULL, NULL);
    sj_doc_figure(doc, "builds", "builds", SJ_DOC_COUNT, (double)scope->wanted, builds);
    sj_doc_figure(doc, "cpu_ns", "CPU of a build if all missed", SJ_DOC_SPAN, last_known(course),
                  "#cpu");
    sj_doc_figure(doc, "spent_cpu_ns", "CPU spent on misses", SJ_DOC_SPAN, (double)sums.spent_ns,
                  misses);
    sj_doc_figure(doc, "saved_cpu_ns", "CPU saved by hits", SJ_DOC_SPAN, (double)sums.saved_ns,
                  NULL);
    sj_doc_figure(doc, "hit_rate_cpu", "hits by CPU", SJ_DOC_SHARE,
                  share(sums.saved_ns, sums.spent_ns), NULL);
    sj_doc_figure(doc, "hit_rate", "hits by count", SJ_DOC_SHARE, share(sums.hits, sums.misses),
                  NULL);
    add_money(scope->call, &sums);
}

// Only what there is: of most projects, it is one of them.
static void note_left_out(struct sj_doc *doc, const struct sj_series *picked)
{
    const struct {
        size_t count;
        const char *words;
    } parts[] = {
        {picked->other_branches, "of other branches"},
        {picked->other_jobs, "of other jobs"},
        {picked->pulls, "of pull requests"},
        {picked->unplaced, "of commits that are not in the history"},
    };
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t said = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].count > 0) {
            sj_buf_addf(&text, "%s%zu %s%s", said ? ", " : "The charts leave out ", parts[i].count,
                        said                  ? ""
                        : parts[i].count == 1 ? "build "
                                              : "builds ",
                        parts[i].words);
            said++;
        }
    }
    if (said > 0) {
        sj_buf_adds(&text, "; the figures count all.");
        sj_doc_note(doc, sj_buf_text(&text));
    }
}

static void add_facts(const struct sj_scope *scope, const struct sj_course *course)
{
    struct sj_doc *doc = scope->call->doc;
    const struct sj_series *picked = &course->picked;
    sj_doc_fact(doc, "branch", "charts show branch", *picked->branch ? picked->branch : "(none)",
                NULL);
    if (*picked->job) {
        sj_doc_fact(doc, "job", "job", picked->job, NULL);
    }
    note_left_out(doc, picked);
}

static void add_recent_build(const struct sj_scope *scope, struct sj_doc_table *table,
                             const struct sj_view_build *at)
{
    const struct sj_build *build = &at->build;
    SJ_AUTO(sj_auto_free) char *href = sj_link_build(scope->call, build);
    SJ_AUTO(sj_auto_free) char *commit = NULL;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (!sj_oid_is_zero(&build->commit)) {
        commit = sj_link_oid(scope->call, &build->commit);
        sj_commit_text(scope, &build->commit, &text);
    }
    sj_doc_value(table, (double)build->start_ns, NULL);
    sj_doc_cell(table, *build->id ? build->id : "(no id)", href);
    sj_doc_cell(table, build->branch, NULL);
    sj_doc_cell(table, build->job, NULL);
    sj_doc_cell(table, text.len ? sj_buf_text(&text) : NULL, commit);
    sj_doc_value(table, (double)build->cpu_ns[SJ_OUTCOME_MISS], NULL);
    sj_doc_value(table, (double)build->saved_ns, NULL);
    sj_doc_value(table, share(build->saved_ns, build->cpu_ns[SJ_OUTCOME_MISS]), NULL);
    sj_doc_value(table, build->wall_ns ? (double)build->wall_ns : NAN, NULL);
    if ((build->flags & SJ_BUILD_ENDED) && build->exit_status != 0) {
        sj_doc_row_mark(table, "failed");
    }
}

static void add_recent(const struct sj_scope *scope)
{
    struct sj_doc_table *table = sj_doc_table(scope->call->doc, "recent", "Latest builds");
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    sj_doc_column(table, "build", "build", SJ_DOC_TEXT);
    sj_doc_column(table, "branch", "branch", SJ_DOC_TEXT);
    sj_doc_column(table, "job", "job", SJ_DOC_TEXT);
    sj_doc_column(table, "commit", "commit", SJ_DOC_TEXT);
    sj_doc_column(table, "spent_cpu_ns", "CPU spent", SJ_DOC_SPAN);
    sj_doc_column(table, "saved_cpu_ns", "CPU saved", SJ_DOC_SPAN);
    sj_doc_column(table, "hit_rate_cpu", "hits by CPU", SJ_DOC_SHARE);
    sj_doc_column(table, "wall_ns", "time", SJ_DOC_SPAN);
    sj_doc_empty(table, "No builds in this time: choose a longer one.");
    SJ_AUTO(sj_auto_free)
    size_t *order = sj_calloc(scope->view.build_count + 1, sizeof *order);
    size_t count = 0;
    for (size_t i = 0; i < scope->view.build_count; i++) {
        if (scope->is_wanted[i]) {
            order[count++] = i;
        }
    }
    if (count > 0) {
        qsort_r(order, count, sizeof *order, sj_latest_first, scope->view.builds);
    }
    for (size_t i = 0; i < count && i < sj_dash_rows(scope->call, RECENT, 100); i++) {
        add_recent_build(scope, table, &scope->view.builds[order[i]]);
    }
}

static int fill(const struct sj_scope *scope, struct sj_err *err)
{
    SJ_AUTO(sj_course_release) struct sj_course course = {0};
    int status = sj_course_find(scope, &course, err);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_auto_free) struct sj_build_causes *causes = NULL;
    size_t late = 0;
    status = sj_build_causes_find(scope, &causes, &late, err);
    if (status < 0) {
        return status;
    }
    add_figures(scope, &course);
    add_facts(scope, &course);
    if (course.first > 0 || late > 0) {
        sj_doc_note(scope->call->doc, "Builds of long ago are still being worked out: load the "
                                      "page again in a while to see them.");
    }
    sj_overview_charts(scope, &course, causes);
    add_recent(scope);
    return 0;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    int status = sj_scope_load(call, &scope, err);
    return status < 0 ? status : fill(&scope, err);
}

const struct sj_dash_page sj_page_overview = {
    .name = "overview",
    .title = "Overview",
    .subject = NULL,
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
