// SPDX-License-Identifier: Apache-2.0
#include "dash/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/series_doc.h"

#define PHASES_MAX     8    // with what is left of the build as one
#define TOOL_MARKS_MAX 20   // more say nothing
#define TOOL_SHARE     0.25 // of a build's misses, from which on a new compiler is worth a mark

/** Charts under way. */
struct charts {
    const struct sj_scope *scope;
    const struct sj_course *course;
    const struct sj_build_causes *causes;
    uint64_t *times;
    double *values[SJ_SERIES_LINES];
    char names[SJ_SERIES_LINES][48]; // ids of columns
};

static const struct sj_build *build_at(const struct charts *charts, size_t point)
{
    return &charts->scope->view.builds[charts->course->picked.points[point].build].build;
}

static char *link_point(size_t point, void *user)
{
    const struct charts *charts = user;
    return sj_link_build(charts->scope->call, build_at(charts, point));
}

// What a build costs is its commit's doing; when it ran, and how, its own.
static char *link_commit(size_t point, void *user)
{
    const struct charts *charts = user;
    size_t build = charts->course->picked.points[point].build;
    return sj_link_built(charts->scope->call, &charts->scope->view.builds[build]);
}

static struct sj_series_doc series_of(struct charts *charts, const char *id, const char *caption)
{
    return (struct sj_series_doc){
        .id = id,
        .caption = caption,
        .empty = "No build of this branch and job in this time.",
        .times = charts->times,
        .link = link_point,
        .user = charts,
        .count = charts->course->picked.point_count,
    };
}

static void add_column(struct sj_series_doc *series, const char *id, const char *label,
                       enum sj_doc_type type, const double *values)
{
    series->columns[series->column_count++] =
        (struct sj_series_column){.id = id, .label = label, .type = type, .values = values};
}

// A compiler that many units of a build were compiled anew for.
static void mark_compilers(struct charts *charts, struct sj_doc_table *table)
{
    size_t marks = 0;
    for (size_t i = charts->course->picked.point_count; i-- > 0 && marks < TOOL_MARKS_MAX;) {
        const struct sj_build_causes *causes =
            &charts->causes[charts->course->picked.points[i].build];
        uint64_t missed_ns = build_at(charts, i)->cpu_ns[SJ_OUTCOME_MISS];
        double part = missed_ns ? (double)causes->cpu_ns[SJ_CLASS_COMPILER] / (double)missed_ns : 0;
        if (causes->is_known && part >= TOOL_SHARE) {
            SJ_AUTO(sj_auto_free) char *href = link_point(i, charts);
            sj_doc_chart_mark(table, (double)charts->times[i], "another compiler", href, false);
            marks++;
        }
    }
}

static void summarise(const struct charts *charts, struct sj_buf *out)
{
    size_t count = charts->course->picked.point_count;
    size_t steps = 0;
    for (size_t i = 0; i < charts->course->step_count; i++) {
        steps += charts->course->steps[i].is_certain;
    }
    sj_buf_addf(out, "%zu build%s, ", count, count == 1 ? "" : "s");
    if (steps == 0) {
        sj_buf_adds(out, "no certain step.");
        return;
    }
    sj_buf_addf(out, "%zu certain step%s", steps, steps == 1 ? "" : "s");
    const char *joint = ": ";
    for (size_t i = 0; i < charts->course->step_count; i++) {
        if (charts->course->steps[i].is_certain) {
            sj_buf_adds(out, joint);
            sj_change_text(out, charts->course->steps[i].change);
            joint = ", ";
        }
    }
}

static void add_cpu(struct charts *charts)
{
    SJ_AUTO(sj_buf_release) struct sj_buf summary = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    summarise(charts, &summary);
    struct sj_series_doc series = series_of(
        charts, "cpu", "CPU of a build if all missed, with the speed of machines taken off");
    series.summary = sj_buf_text(&summary);
    series.link = link_commit;
    add_column(&series, "cpu_ns", "CPU if all missed", SJ_DOC_SPAN, charts->course->cpu);
    struct sj_doc_table *table = sj_series_doc_add(charts->scope->call, &series);
    sj_steps_mark(charts->scope, table, charts->course->steps, charts->course->step_count);
    mark_compilers(charts, table);
}

static void clear(struct charts *charts)
{
    for (size_t i = 0; i < SJ_SERIES_LINES; i++) {
        for (size_t j = 0; j < charts->course->picked.point_count; j++) {
            charts->values[i][j] = NAN;
        }
    }
}

static void add_causes(struct charts *charts)
{
    struct sj_series_doc series =
        series_of(charts, "causes", "CPU of misses of a build, by what caused them");
    series.summary = "CPU of misses of each build, stacked by cause: commits, other necessary "
                     "causes, redundant misses.";
    series.is_stack = true;
    series.link = link_commit;
    uint64_t sums[SJ_CLASS_COUNT] = {0};
    for (size_t i = 0; i < series.count; i++) {
        const struct sj_build_causes *causes =
            &charts->causes[charts->course->picked.points[i].build];
        for (int j = 0; j < SJ_CLASS_COUNT; j++) {
            charts->values[j][i] = causes->is_known ? (double)causes->cpu_ns[j] : NAN;
            sums[j] += causes->cpu_ns[j];
        }
    }
    // What never happened needs no colour; programs get all.
    bool is_html = charts->scope->call->query->format == SJ_DASH_HTML;
    for (int i = 0; i < SJ_CLASS_COUNT; i++) {
        if (sums[i] > 0 || !is_html || i == SJ_CLASS_COMMITS) {
            add_column(&series, sj_cause_classes[i].name, sj_cause_classes[i].label, SJ_DOC_SPAN,
                       charts->values[i]);
        }
    }
    (void)sj_series_doc_add(charts->scope->call, &series);
}

static double share(uint64_t part, uint64_t rest)
{
    return part + rest > 0 ? (double)part / (double)(part + rest) : NAN;
}

static void add_rates(struct charts *charts)
{
    struct sj_series_doc series = series_of(charts, "rates", "Hit rate by CPU and by count");
    series.summary = "Share of hits of each build, by CPU and by count.";
    for (size_t i = 0; i < series.count; i++) {
        const struct sj_build *build = build_at(charts, i);
        charts->values[0][i] = share(build->saved_ns, build->cpu_ns[SJ_OUTCOME_MISS]);
        charts->values[1][i] = share(build->count[SJ_OUTCOME_HIT], build->count[SJ_OUTCOME_MISS]);
    }
    add_column(&series, "by_cpu", "by CPU", SJ_DOC_SHARE, charts->values[0]);
    add_column(&series, "by_count", "by count", SJ_DOC_SHARE, charts->values[1]);
    (void)sj_series_doc_add(charts->scope->call, &series);
}

// A name that programs can use; told apart by a number where two come out alike.
static void name_column(struct charts *charts, size_t column, const char *name)
{
    char *out = charts->names[column];
    size_t len = 0;
    for (const char *at = name; *at && len < sizeof charts->names[0] - 8; at++) {
        bool is_word =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        out[len++] = is_word ? *at : '_';
    }
    out[len] = '\0';
    for (size_t i = 0; i < column; i++) {
        if (strcmp(charts->names[i], out) == 0 || len == 0) {
            (void)snprintf(out + len, 8, "_%u", (unsigned)(column % 1000));
            return;
        }
    }
}

// The line of a phase; what is beyond the limit goes with the rest.
static size_t phase_column(const char **phases, size_t *count, const char *name)
{
    size_t at = 0;
    while (at < *count && strcmp(phases[at], name) != 0) {
        at++;
    }
    if (at == *count && *count < PHASES_MAX - 1) {
        phases[(*count)++] = name;
    }
    return at < *count ? at : PHASES_MAX - 1;
}

static void add_to(double *value, double more)
{
    *value = (isnan(*value) ? 0 : *value) + more;
}

static void add_wall(struct charts *charts)
{
    const char *phases[PHASES_MAX] = {0};
    size_t count = 0;
    struct sj_series_doc series = series_of(charts, "wall", "Time of a build, by phase");
    series.is_stack = true;
    clear(charts);
    for (size_t i = 0; i < series.count; i++) {
        const struct sj_build *build = build_at(charts, i);
        uint64_t told_ns = 0;
        for (size_t j = 0; j < build->phase_count; j++) {
            size_t column = phase_column(phases, &count, build->phases[j].name);
            add_to(&charts->values[column][i], (double)build->phases[j].wall_ns);
            told_ns += build->phases[j].wall_ns;
        }
        if (build->wall_ns > told_ns) {
            add_to(&charts->values[PHASES_MAX - 1][i], (double)(build->wall_ns - told_ns));
        }
    }
    for (size_t i = 0; i < count; i++) {
        name_column(charts, i, phases[i]);
        add_column(&series, charts->names[i], phases[i], SJ_DOC_SPAN, charts->values[i]);
    }
    series.caption = count ? "Wall time of a build, by phase" : "Wall time of a build";
    series.summary =
        count ? "Wall time of each build, stacked by phase." : "Wall time of each build.";
    add_column(&series, "rest", count ? "the rest" : "wall time", SJ_DOC_SPAN,
               charts->values[PHASES_MAX - 1]);
    (void)sj_series_doc_add(charts->scope->call, &series);
}

void sj_overview_charts(const struct sj_scope *scope, const struct sj_course *course,
                        const struct sj_build_causes *causes)
{
    size_t count = course->picked.point_count;
    struct charts charts = {.scope = scope, .course = course, .causes = causes};
    charts.times = sj_calloc(count + 1, sizeof *charts.times);
    for (size_t i = 0; i < count; i++) {
        charts.times[i] = course->picked.points[i].time_ns;
    }
    for (size_t i = 0; i < SJ_SERIES_LINES; i++) {
        charts.values[i] = sj_calloc(count + 1, sizeof *charts.values[i]);
    }
    add_cpu(&charts);
    sj_steps_table(scope, "Steps: where the CPU of a build went to another level",
                   "No step: builds cost what they did before, within noise.", course->steps,
                   course->step_count);
    add_causes(&charts);
    add_rates(&charts);
    add_wall(&charts);
    for (size_t i = 0; i < SJ_SERIES_LINES; i++) {
        free(charts.values[i]);
    }
    free(charts.times);
}
