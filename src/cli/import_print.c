// SPDX-License-Identifier: Apache-2.0
#include "cli/import_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/ui.h"

void sj_import_clean(struct sj_buf *out, const char *text)
{
    sj_ui_text(out, text);
}

void sj_import_print_formats(const struct sj_trace_plugins *plugins, bool is_json,
                             struct sj_buf *out)
{
    if (is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_open(&json, NULL, '{');
        sj_json_open(&json, "formats", '[');
        for (size_t i = 0; i < plugins->count; i++) {
            sj_json_open(&json, NULL, '{');
            sj_json_str(&json, "format", plugins->formats[i].format->name);
            sj_json_str(&json, "summary", plugins->formats[i].format->summary);
            sj_json_str(&json, "plugin", plugins->formats[i].plugin);
            sj_json_close(&json, '}');
        }
        sj_json_close(&json, ']');
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
        return;
    }
    struct sj_table table = SJ_TABLE_OF("ll");
    for (size_t i = 0; i < plugins->count; i++) {
        sj_table_cell(&table, plugins->formats[i].format->name);
        sj_table_cell(&table, plugins->formats[i].format->summary);
    }
    sj_table_print(&table, out);
    sj_table_release(&table);
    if (plugins->count == 0) {
        sj_buf_adds(out, "no import plugin is installed\n");
    }
}

static const char *state_of(const struct sj_trace_taken *taken)
{
    if (taken->was_known) {
        return "already imported";
    }
    return taken->has_no_time ? "its time is a guess" : "";
}

static void print_builds(const struct sj_import_report *report, struct sj_buf *out)
{
    static const char *const heads[] = {"build", "began", "units", "CPU", "inputs", "traces", ""};
    struct sj_table table = SJ_TABLE_OF("llrrrrl");
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    for (size_t i = 0; i < report->done->count; i++) {
        const struct sj_trace_taken *taken = &report->done->builds[i];
        sj_table_cell(&table, taken->id);
        sj_ui_date(&cell, (uint64_t)taken->start_ns);
        sj_table_take(&table, &cell);
        sj_ui_count(&cell, taken->units);
        sj_table_take(&table, &cell);
        sj_ui_time(&cell, taken->cpu_ns);
        sj_table_take(&table, &cell);
        sj_ui_count(&cell, taken->inputs);
        sj_table_take(&table, &cell);
        sj_ui_count(&cell, taken->traces);
        sj_table_take(&table, &cell);
        sj_table_cell(&table, state_of(taken));
    }
    sj_table_print(&table, out);
    sj_table_release(&table);
}

static void line(struct sj_buf *out, uint64_t count, const char *text)
{
    if (count > 0) {
        sj_ui_count(out, count);
        sj_buf_addf(out, " %s\n", text);
    }
}

static void print_sums(const struct sj_import_report *report, struct sj_buf *out)
{
    uint64_t known = 0;
    uint64_t edges = 0;
    uint64_t blind = 0;
    bool is_wall_cpu = false;
    for (size_t i = 0; i < report->done->count; i++) {
        const struct sj_trace_taken *taken = &report->done->builds[i];
        known += taken->known;
        edges += taken->edges;
        blind += taken->inputs - taken->contents;
        is_wall_cpu = is_wall_cpu || taken->is_wall_cpu;
    }
    line(out, edges, "include edges");
    line(out, known, "units are known that were not built");
    line(out, blind, "inputs have a name but no content: they cannot tell why a unit was built");
    line(out, report->done->older,
         "older builds were left out, as --build-id names the latest one");
    if (is_wall_cpu) {
        sj_buf_adds(out, "CPU is not in the log: the units' wall time stands for it\n");
    }
}

void sj_import_print_text(const struct sj_import_report *report, struct sj_buf *out)
{
    if (report->done->count == 0) {
        sj_buf_adds(out, report->broken > 0 ? "" : "nothing to take in\n");
        return;
    }
    print_builds(report, out);
    print_sums(report, out);
    if (report->is_dry) {
        sj_buf_adds(out, "nothing was written\n");
    }
}

static void build_json(struct sj_json *json, const struct sj_trace_taken *taken)
{
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "build", taken->id);
    sj_json_bool(json, "was_known", taken->was_known);
    sj_json_i64(json, "start_ns", taken->start_ns);
    sj_json_i64(json, "wall_ns", taken->wall_ns);
    sj_json_bool(json, "is_start_guessed", taken->has_no_time);
    sj_json_u64(json, "units", taken->units);
    sj_json_u64(json, "cpu_ns", taken->cpu_ns);
    sj_json_bool(json, "is_cpu_wall", taken->is_wall_cpu);
    sj_json_u64(json, "inputs", taken->inputs);
    sj_json_u64(json, "contents", taken->contents);
    sj_json_u64(json, "traces", taken->traces);
    sj_json_u64(json, "include_edges", taken->edges);
    sj_json_u64(json, "units_not_built", taken->known);
    sj_json_close(json, '}');
}

void sj_import_print_json(const struct sj_import_report *report, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_bool(&json, "is_dry_run", report->is_dry);
    sj_json_u64(&json, "files", report->files);
    sj_json_u64(&json, "broken_files", report->broken);
    sj_json_u64(&json, "older_builds", report->done->older);
    sj_json_open(&json, "builds", '[');
    for (size_t i = 0; i < report->done->count; i++) {
        build_json(&json, &report->done->builds[i]);
    }
    sj_json_close(&json, ']');
    sj_json_open(&json, "problems", '[');
    for (size_t i = 0; i < report->model->problem_count; i++) {
        const struct sj_trace_problem *problem = &report->model->problems[i];
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "problem", problem->what);
        sj_json_u64(&json, "count", problem->count);
        sj_json_str(&json, "file", problem->path && *problem->path ? problem->path : NULL);
        sj_json_u64(&json, "position", problem->where);
        sj_json_close(&json, '}');
    }
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

void sj_import_print_problems(const struct sj_import_report *report)
{
    for (size_t i = 0; i < report->model->problem_count; i++) {
        const struct sj_trace_problem *problem = &report->model->problems[i];
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_ui_count(&text, problem->count);
        sj_buf_adds(&text, " x ");
        sj_ui_text(&text, problem->what);
        if (problem->path && *problem->path) {
            sj_buf_adds(&text, ", first in '");
            sj_ui_text(&text, problem->path);
            sj_buf_adds(&text, "'");
        }
        if (problem->where > 0) {
            sj_buf_addf(&text, " at %" PRIu64, problem->where);
        }
        (void)fprintf(stderr, "scrubjay: %s\n", sj_buf_text(&text));
    }
}
