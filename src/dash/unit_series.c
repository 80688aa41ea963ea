// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dash/overview.h"
#include "dash/series_doc.h"
#include "dash/unit_doc.h"

#define TICKS_MAX 60 // changes of the key that are marked, the latest

/** A series under way. */
struct drawn {
    const struct sj_unit_told *told;
    const struct sj_series *series;
    uint64_t *times;
    double *measured; // CPU of misses, as it was
};

static const struct sj_view_build *build_at(const struct drawn *drawn, size_t point)
{
    return &drawn->told->part->builds[drawn->series->points[point].build];
}

static char *link_point(size_t point, void *user)
{
    const struct drawn *drawn = user;
    return sj_link_built(drawn->told->scope->call, build_at(drawn, point));
}

static const struct sj_sample *sample_at(const struct drawn *drawn, size_t point)
{
    return sj_view_find(drawn->told->part, drawn->series->points[point].build, drawn->told->unit);
}

static const double *cpu_of(const struct sj_series *series, size_t *line)
{
    for (size_t i = 0; i < series->line_count; i++) {
        if (series->lines[i].measure == SJ_MEASURE_CPU) {
            *line = i;
            return series->lines[i].values;
        }
    }
    return NULL;
}

// Ticks where the key is another one than in the build before that had the unit.
static void mark_keys(const struct drawn *drawn, struct sj_doc_table *table)
{
    size_t count = drawn->series->point_count;
    SJ_AUTO(sj_auto_free) const char **changes = sj_calloc(count + 1, sizeof *changes);
    const struct sj_sample *before = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct sj_sample *sample = sample_at(drawn, i);
        if (!sample || !sample->state) {
            continue;
        }
        if (before && before->config && sample->config && before->config != sample->config) {
            changes[i] = "compiled in another way";
        } else if (before && before->state != sample->state) {
            changes[i] = "inputs changed";
        }
        before = sample;
    }
    size_t marked = 0;
    for (size_t i = count; i-- > 0 && marked < TICKS_MAX;) {
        if (changes[i]) {
            const struct sj_oid *commit = &build_at(drawn, i)->build.commit;
            SJ_AUTO(sj_auto_free)
            char *href =
                sj_oid_is_zero(commit) ? NULL : sj_link_oid(drawn->told->scope->call, commit);
            sj_doc_chart_mark(table, (double)drawn->times[i], changes[i], href, false);
            marked++;
        }
    }
}

static size_t tell_steps(const struct drawn *drawn, const struct sj_trend *trend, size_t line,
                         struct sj_course_step *out)
{
    size_t count = 0;
    for (size_t i = 0; i < trend->step_count; i++) {
        if (trend->steps[i].line == line) {
            sj_course_tell(drawn->series, &trend->steps[i], &out[count++]);
        }
    }
    return count;
}

static void draw(const struct drawn *drawn, const double *cpu, const struct sj_course_step *steps,
                 size_t count)
{
    struct drawn user = *drawn;
    const struct sj_scope *scope = drawn->told->scope;
    struct sj_series_doc series = {
        .id = "cpu",
        .caption = "CPU of a compile, build by build",
        .summary = "CPU of one compile of the unit, machines taken off, and of its misses as they "
                   "were.",
        .empty = "No build of this branch and job has it.",
        .times = drawn->times,
        .link = link_point,
        .user = &user,
        .count = drawn->series->point_count,
        .column_count = 2,
    };
    series.columns[0] =
        (struct sj_series_column){"cpu_ns", "CPU, machines taken off", SJ_DOC_SPAN, cpu};
    series.columns[1] = (struct sj_series_column){"measured_ns", "misses, as measured", SJ_DOC_SPAN,
                                                  drawn->measured};
    struct sj_doc_table *table = sj_series_doc_add(scope->call, &series);
    sj_steps_mark(scope, table, steps, count);
    mark_keys(drawn, table);
    sj_steps_table(scope, "Steps: where its CPU went to another level",
                   "No step: it costs what it did before, within noise.", steps, count);
}

void sj_unit_series(const struct sj_unit_told *told)
{
    SJ_AUTO(sj_series_release) struct sj_series picked = {0};
    sj_scope_pick(told->scope, &picked);
    const struct sj_series_options options = {
        .branch = picked.branch, .job = picked.job, .only = told->unit};
    SJ_AUTO(sj_costs_release) struct sj_costs costs = {0};
    SJ_AUTO(sj_series_release) struct sj_series series = {0};
    SJ_AUTO(sj_trend_release) struct sj_trend trend = {0};
    sj_costs_find(told->part, &costs);
    sj_series_find(told->part, &costs, &options, &series);
    size_t line = 0;
    const double *cpu = cpu_of(&series, &line);
    if (!cpu) {
        return;
    }
    sj_trend_find(&series, &trend);
    struct drawn drawn = {.told = told, .series = &series};
    SJ_AUTO(sj_auto_free) uint64_t *times = sj_calloc(series.point_count + 1, sizeof *times);
    SJ_AUTO(sj_auto_free) double *measured = sj_calloc(series.point_count + 1, sizeof *measured);
    SJ_AUTO(sj_auto_free)
    struct sj_course_step *steps = sj_calloc(trend.step_count + 1, sizeof *steps);
    drawn.times = times;
    drawn.measured = measured;
    for (size_t i = 0; i < series.point_count; i++) {
        const struct sj_sample *sample = sample_at(&drawn, i);
        times[i] = series.points[i].time_ns;
        measured[i] = sample && sample->outcome == SJ_OUTCOME_MISS ? (double)sample->cpu_ns : NAN;
    }
    size_t count = tell_steps(&drawn, &trend, line, steps);
    draw(&drawn, cpu, steps, count);
}
