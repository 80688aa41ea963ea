// SPDX-License-Identifier: Apache-2.0
// JSON of `trend`.
#include <math.h>

#include "cli/trend_report.h"

static void oid(struct sj_json *json, const char *name, const struct sj_oid *id)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(id, hex);
    sj_json_str(json, name, sj_oid_is_zero(id) ? NULL : hex);
}

// Times and sizes are whole numbers.
static void value(struct sj_json *json, const char *name, enum sj_measure_unit unit, double number)
{
    if (unit == SJ_UNIT_SHARE || !isfinite(number)) {
        sj_json_real(json, name, number);
    } else {
        sj_json_i64(json, name, (int64_t)llround(number));
    }
}

static void point(struct sj_json *json, const struct sj_trend_report *told, size_t index)
{
    const struct sj_series_point *at = &told->series.points[index];
    const struct sj_build *build = &told->view.builds[at->build].build;
    const struct sj_machine *machine = &told->costs.machines[at->build];
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "build", build->id);
    sj_json_u64(json, "time_ns", at->time_ns);
    oid(json, "commit", &build->commit);
    sj_json_str(json, "machine", build->machine);
    sj_json_real(json, "machine_factor", exp(machine->factor));
    sj_json_real(json, "machine_error", machine->error);
    sj_json_u64(json, "controls", machine->controls);
    sj_json_u64(json, "units_named", at->named.named);
    sj_json_u64(json, "units_carried", at->named.carried);
    sj_json_bool(json, "is_whole", at->named.is_whole);
    sj_json_close(json, '}');
}

static void line(struct sj_json *json, const struct sj_trend_report *told,
                 const struct sj_series_line *at)
{
    const struct sj_measure_info *info = &sj_measures[at->measure];
    static const char *const units[] = {"ns", "bytes", "count", "share"};
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "name", info->name);
    sj_json_str(json, "group", *at->group ? at->group : NULL);
    sj_json_str(json, "unit", units[info->unit]);
    sj_json_open(json, "values", '[');
    for (size_t i = 0; i < told->series.point_count; i++) {
        value(json, NULL, info->unit, at->values[i]);
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void commit(struct sj_json *json, const struct sj_trend_report *told, uint32_t place)
{
    size_t count;
    const struct sj_commit *at = &sj_history_commits(told->report.history, &count)[place];
    oid(json, "commit", &at->id);
    sj_json_str(json, "subject", at->subject);
    sj_json_str(json, "author", at->author);
}

static void candidates(struct sj_json *json, const struct sj_trend_report *told,
                       const struct sj_trend_candidate *list, size_t count)
{
    sj_json_open(json, "candidates", '[');
    for (size_t i = 0; i < count; i++) {
        sj_json_open(json, NULL, '{');
        commit(json, told, list[i].commit);
        sj_json_real(json, "share", list[i].share);
        sj_json_u64(json, "units", list[i].units);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static const struct sj_build *build_of(const struct sj_trend_report *told, size_t place)
{
    return &told->view.builds[told->series.points[place].build].build;
}

static void units(struct sj_json *json, const struct sj_trend_report *told,
                  const struct sj_trend_step *step, enum sj_measure_unit kind)
{
    sj_json_open(json, "units", '[');
    for (size_t i = 0; i < step->unit_count; i++) {
        struct sj_unit unit;
        const char *name = sj_db_unit(told->report.db, step->units[i].unit, &unit) == 0
                               ? sj_db_text(told->report.db, unit.name)
                               : NULL;
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "unit", name);
        value(json, "before", kind, step->units[i].before);
        value(json, "after", kind, step->units[i].after);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void step(struct sj_json *json, const struct sj_trend_report *told,
                 const struct sj_trend_step *at)
{
    const struct sj_series_line *of = &told->series.lines[at->line];
    const struct sj_measure_info *info = &sj_measures[of->measure];
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "series", info->name);
    sj_json_str(json, "group", *of->group ? of->group : NULL);
    sj_json_u64(json, "time_ns", told->series.points[at->to].time_ns);
    sj_json_str(json, "build_before", build_of(told, at->from)->id);
    sj_json_str(json, "build_after", build_of(told, at->to)->id);
    sj_json_u64(json, "point", at->to);
    value(json, "before", info->unit, at->before);
    value(json, "after", info->unit, at->after);
    sj_json_real(json, "change", expm1(at->change));
    sj_json_real(json, "change_low", expm1(at->low));
    sj_json_real(json, "change_high", expm1(at->high));
    sj_json_real(json, "error", at->error);
    sj_json_bool(json, "is_certain", at->is_certain);
    value(json, "month_ns", SJ_UNIT_NS, at->month_ns);
    sj_json_u64(json, "units_changed", at->changed);
    sj_json_u64(json, "units_added", at->added);
    sj_json_u64(json, "units_removed", at->removed);
    sj_json_u64(json, "commits", at->commits);
    units(json, told, at, info->unit);
    candidates(json, told, at->candidates, at->candidate_count);
    sj_json_close(json, '}');
}

static void across(struct sj_json *json, const struct sj_trend_report *told)
{
    sj_json_open(json, "across_units", '{');
    sj_json_u64(json, "tested", told->trend.commits_tested);
    sj_json_open(json, "significant", '[');
    for (size_t i = 0; i < told->trend.commit_count; i++) {
        const struct sj_trend_commit *at = &told->trend.commits[i];
        sj_json_open(json, NULL, '{');
        sj_json_u64(json, "time_ns", told->series.points[at->to].time_ns);
        sj_json_str(json, "build_before", build_of(told, at->from)->id);
        sj_json_str(json, "build_after", build_of(told, at->to)->id);
        oid(json, "commit_before", &build_of(told, at->from)->commit);
        oid(json, "commit_after", &build_of(told, at->to)->commit);
        sj_json_real(json, "change", expm1(at->test.change));
        sj_json_real(json, "error", at->test.error);
        sj_json_real(json, "chance", at->test.chance);
        sj_json_u64(json, "units", at->test.count);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void head(struct sj_json *json, const struct sj_trend_report *told)
{
    const struct sj_series *series = &told->series;
    const struct sj_costs *costs = &told->costs;
    sj_json_str(json, "project", told->view.project);
    sj_json_str(json, "branch", series->branch);
    sj_json_str(json, "job", series->job);
    sj_json_str(json, "unit", told->unit);
    sj_json_u64(json, "builds", series->point_count);
    sj_json_open(json, "left_out", '{');
    sj_json_u64(json, "other_branches", series->other_branches);
    sj_json_u64(json, "other_jobs", series->other_jobs);
    sj_json_u64(json, "pull_requests", series->pulls);
    sj_json_u64(json, "unplaced", series->unplaced);
    sj_json_u64(json, "groups", series->groups_left_out);
    sj_json_close(json, '}');
    sj_json_open(json, "machines", '{');
    sj_json_u64(json, "controls", costs->controls);
    sj_json_u64(json, "builds_with_controls", costs->control_builds);
    sj_json_real(json, "noise", costs->sigma);
    sj_json_real(json, "spread", costs->spread);
    sj_json_bool(json, "is_assumed", costs->is_sigma_assumed);
    sj_json_close(json, '}');
    sj_json_open(json, "audits", '{');
    sj_json_u64(json, "compiled_again", costs->audits);
    sj_json_u64(json, "differed", costs->audits_differed);
    sj_json_u64(json, "cpu_ns", costs->audits_ns);
    sj_json_close(json, '}');
}

void sj_trend_json(const struct sj_trend_report *told, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    head(&json, told);
    sj_json_open(&json, "points", '[');
    for (size_t i = 0; i < told->series.point_count; i++) {
        point(&json, told, i);
    }
    sj_json_close(&json, ']');
    sj_json_open(&json, "series", '[');
    for (size_t i = 0; i < told->series.line_count; i++) {
        if (told->is_wanted[told->series.lines[i].measure]) {
            line(&json, told, &told->series.lines[i]);
        }
    }
    sj_json_close(&json, ']');
    sj_json_open(&json, "steps", '[');
    for (size_t i = 0; i < told->trend.step_count; i++) {
        const struct sj_trend_step *at = &told->trend.steps[i];
        if (told->is_wanted[told->series.lines[at->line].measure]) {
            step(&json, told, at);
        }
    }
    sj_json_close(&json, ']');
    across(&json, told);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
