// SPDX-License-Identifier: Apache-2.0
// The page "builds": those that the filters let through, the newest first.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/cells.h"
#include "dash/scope.h"

#define ROWS     200
#define ROWS_MAX 5000

static double started(const struct sj_build *build)
{
    return (double)build->start_ns;
}

static double wall(const struct sj_build *build)
{
    return build->wall_ns ? (double)build->wall_ns : NAN;
}

static double spent(const struct sj_build *build)
{
    return (double)sj_build_spent(build);
}

static double saved(const struct sj_build *build)
{
    return (double)build->saved_ns;
}

/** Columns of numbers; the address may sort by them. */
static const struct column {
    const char *id;
    const char *label;
    enum sj_doc_type type;
    double (*value)(const struct sj_build *build);
} columns[] = {
    {"started", "Started", SJ_DOC_TIME, started},
    {"wall", "Wall time", SJ_DOC_SPAN, wall},
    {"spent", "CPU spent", SJ_DOC_SPAN, spent},
    {"saved", "CPU saved", SJ_DOC_SPAN, saved},
    {"hit_rate", "Hit rate", SJ_DOC_SHARE, sj_build_hit_rate},
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static const struct column *column_of(const char *sort)
{
    for (size_t i = 0; sort && i < COLUMNS; i++) {
        if (strcmp(sort + (*sort == '-'), columns[i].id) == 0) {
            return &columns[i];
        }
    }
    return &columns[0];
}

/** How to sort. */
struct order {
    const struct column *column;
    bool is_up;
};

// What is not known stands last either way.
static int compare(const void *left, const void *right, void *user)
{
    const struct order *order = user;
    double a = order->column->value(left);
    double b = order->column->value(right);
    if (isnan(a) || isnan(b)) {
        return isnan(a) - isnan(b);
    }
    return a == b ? 0 : (a < b) == order->is_up ? -1 : 1;
}

// Keeps those that may be seen and are wanted.
static size_t sieve(const struct sj_dash_call *call, struct sj_build *builds, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (sj_dash_may_see(call, &builds[i]) && sj_dash_is_wanted(call, &builds[i])) {
            builds[kept++] = builds[i];
        }
    }
    return kept;
}

static void add_figures(struct sj_dash_call *call, const struct sj_build *builds, size_t count)
{
    double spent_ns = 0;
    double saved_ns = 0;
    double hits = 0;
    double lookups = 0;
    for (size_t i = 0; i < count; i++) {
        spent_ns += spent(&builds[i]);
        saved_ns += saved(&builds[i]);
        hits += (double)builds[i].count[SJ_OUTCOME_HIT];
        lookups += (double)(builds[i].count[SJ_OUTCOME_HIT] + builds[i].count[SJ_OUTCOME_MISS]);
    }
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "builds", "Builds", SJ_DOC_COUNT, (double)count, NULL);
    sj_doc_figure(doc, "spent", "CPU spent", SJ_DOC_SPAN, spent_ns, NULL);
    sj_doc_figure(doc, "saved", "CPU saved", SJ_DOC_SPAN, saved_ns, NULL);
    sj_doc_figure(doc, "hit_rate", "Hit rate", SJ_DOC_SHARE, lookups > 0 ? hits / lookups : NAN,
                  NULL);
}

static void add_row(struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_build *build)
{
    SJ_AUTO(sj_buf_release) struct sj_buf state = SJ_BUF_INIT(100);
    sj_build_state(call, build, &state);
    sj_doc_value(table, started(build), NULL);
    sj_cell_build(call, table, build);
    sj_doc_cell(table, sj_buf_text(&state), NULL);
    sj_cell_commit(call, table, &build->commit);
    sj_doc_cell(table, build->branch, NULL);
    sj_doc_cell(table, build->job, NULL);
    sj_doc_cell(table, build->machine, NULL);
    for (size_t i = 1; i < COLUMNS; i++) {
        sj_doc_value(table, columns[i].value(build), NULL);
    }
    if (sj_build_is_running(call, build)) {
        sj_doc_row_mark(table, "running");
    } else if ((build->flags & SJ_BUILD_ENDED) && build->exit_status != 0) {
        sj_doc_row_mark(table, "failed");
    }
}

static void add_table(struct sj_dash_call *call, const struct sj_build *builds, size_t count)
{
    struct sj_doc_table *table = sj_doc_table(call->doc, "builds", "Builds");
    sj_doc_column(table, columns[0].id, columns[0].label, columns[0].type);
    sj_doc_column(table, "build", "Build", SJ_DOC_TEXT);
    sj_doc_column(table, "status", "Status", SJ_DOC_TEXT);
    sj_doc_column(table, "commit", "Commit", SJ_DOC_TEXT);
    sj_doc_column(table, "branch", "Branch", SJ_DOC_TEXT);
    sj_doc_column(table, "job", "Job", SJ_DOC_TEXT);
    sj_doc_column(table, "machine", "Machine", SJ_DOC_TEXT);
    for (size_t i = 1; i < COLUMNS; i++) {
        sj_doc_column(table, columns[i].id, columns[i].label, columns[i].type);
    }
    sj_doc_empty(table, "No build passes the filters: take one out, or look further back.");
    size_t rows = sj_dash_rows(call, ROWS, ROWS_MAX);
    for (size_t i = 0; i < count && i < rows; i++) {
        add_row(call, table, &builds[i]);
    }
    sj_dash_say_left(call, rows < count ? rows : count, count, "builds");
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    const struct sj_db_filter filter = {
        .project = call->filter.project,
        .branch = call->filter.branch,
        .job = call->filter.job,
        .since_ns = call->filter.since_ns,
        .until_ns = call->filter.until_ns,
    };
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    int status = sj_db_builds(call->site->db, &filter, &builds, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    count = sieve(call, builds, count);
    const char *sort = call->query->parameter[SJ_DASH_SORT];
    struct order order = {.column = column_of(sort), .is_up = sort && *sort != '-'};
    if (count > 0) {
        qsort_r(builds, count, sizeof *builds, compare, &order);
    }
    add_figures(call, builds, count);
    add_table(call, builds, count);
    return 0;
}

const struct sj_dash_page sj_page_builds = {
    .name = "builds",
    .title = "Builds",
    .subject = NULL,
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
