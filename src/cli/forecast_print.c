// SPDX-License-Identifier: Apache-2.0
#include "cli/forecast_print.h"

#include <string.h>

#include "base/mem.h"
#include "cli/ui.h"

#define TITLE_COLUMNS 72

/** What units are expected for, in the order of enum sj_expected_why. */
static const struct why {
    const char *name; // in JSON
    const char *text; // for people
} whys[SJ_EXPECTED_WHY_COUNT] = {
    [SJ_EXPECTED_INPUT] = {"input", "changed files"},
    [SJ_EXPECTED_SHADOW] = {"shadow", "new files where others were looked for"},
    [SJ_EXPECTED_GENERATED] = {"generated", "generated files that follow"},
    [SJ_EXPECTED_ALWAYS] = {"always", "files that every build writes anew"},
    [SJ_EXPECTED_FLAGS] = {"flags", "flags"},
    [SJ_EXPECTED_NEW] = {"new", "new sources"},
};

static const char *const flags_names[] = {
    [SJ_FLAGS_SAME] = "same", [SJ_FLAGS_CHANGED] = "changed", [SJ_FLAGS_UNKNOWN] = "unknown"};

void sj_forecast_title(const struct sj_forecast_work *work, struct sj_buf *out)
{
    const struct sj_forecast_request *request = &work->request;
    const struct sj_history *history = work->report.history;
    if (sj_oid_is_zero(&request->to)) {
        sj_buf_addf(out, "%zu changed path%s", request->changes.count,
                    request->changes.count == 1 ? "" : "s");
        return;
    }
    uint32_t to = sj_history_find(history, &request->to);
    uint32_t from =
        sj_oid_is_zero(&request->from) ? SJ_NO_COMMIT : sj_history_find(history, &request->from);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    if (from != SJ_NO_COMMIT && to != SJ_NO_COMMIT && commits[to].parent != from) {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&request->from, hex);
        sj_buf_addf(out, "%.10s..", hex);
    }
    sj_report_commit(&work->report, to, TITLE_COLUMNS, out);
}

static void add_interval(struct sj_buf *out, const uint64_t value[3])
{
    sj_ui_time(out, value[1]);
    sj_buf_adds(out, " (");
    sj_ui_time(out, value[0]);
    sj_buf_adds(out, " to ");
    sj_ui_time(out, value[2]);
    sj_buf_addc(out, ')');
}

void sj_forecast_line(const struct sj_forecast_work *work, struct sj_buf *out)
{
    const struct sj_forecast *forecast = &work->forecast;
    const struct sj_prediction *prediction = &forecast->prediction;
    sj_ui_count(out, prediction->count);
    sj_buf_adds(out, " of ");
    sj_ui_count(out, forecast->units + prediction->why[SJ_EXPECTED_NEW]);
    sj_buf_adds(out, " units");
    if (prediction->count > 0) {
        sj_buf_adds(out, ", ");
        add_interval(out, forecast->cpu_ns);
        sj_buf_adds(out, " CPU, ");
        add_interval(out, forecast->wall_ns);
        sj_buf_addf(out, " on %u core%s", forecast->jobs, forecast->jobs == 1 ? "" : "s");
    }
    sj_buf_addc(out, '\n');
}

static void remark_track(const struct sj_track *track, const char *prefix, struct sj_buf *out)
{
    sj_buf_adds(out, prefix);
    if (track->judged == 0) {
        sj_buf_adds(out, "track record: none yet: no build behind another one's commit\n");
        return;
    }
    sj_buf_addf(out, "track record of %zu builds: precision ", track->judged);
    sj_ui_share(out, track->precision);
    sj_buf_adds(out, ", recall ");
    sj_ui_share(out, track->recall);
    sj_buf_addf(out, ", %zu sets exact; CPU off by ", track->exact);
    sj_ui_share(out, track->error);
    if (track->intervals > 0) {
        sj_buf_adds(out, ", 80 % intervals held in ");
        sj_ui_share(out, track->coverage);
    }
    sj_buf_addc(out, '\n');
}

static void remark_flags(const struct sj_forecast *forecast, const char *prefix, struct sj_buf *out)
{
    if (forecast->flags == SJ_FLAGS_SAME) {
        return;
    }
    const char *scope = sj_buf_text(&forecast->scope);
    sj_buf_addf(out, "%sa build description changes%s: every unit%s", prefix,
                forecast->flags == SJ_FLAGS_CHANGED ? " lines about flags"
                                                    : ", and its text is not at hand",
                *scope ? " below " : "");
    sj_ui_text(out, scope);
    sj_buf_adds(out, " is counted, less surely than the rest\n");
}

static void remark_count(size_t count, const char *one, const char *many, const char *prefix,
                         struct sj_buf *out)
{
    if (count > 0) {
        sj_buf_adds(out, prefix);
        sj_ui_count(out, count);
        sj_buf_addf(out, " %s\n", count == 1 ? one : many);
    }
}

void sj_forecast_remarks(const struct sj_forecast_work *work, const char *prefix,
                         struct sj_buf *out)
{
    const struct sj_forecast *forecast = &work->forecast;
    remark_track(&forecast->track, prefix, out);
    remark_flags(forecast, prefix, out);
    if (forecast->is_later) {
        sj_buf_addf(out,
                    "%sno commit before this one was built: what units read is taken from another "
                    "build\n",
                    prefix);
    }
    remark_count(forecast->distance, "commit lies between the nearest build and this change",
                 "commits lie between the nearest build and this change", prefix, out);
    if (!forecast->track.is_spread_known && forecast->prediction.count > 0) {
        sj_buf_addf(out, "%sthe intervals are guesses until %d builds have been predicted\n",
                    prefix, SJ_TRACK_ENOUGH);
    }
    remark_count(forecast->prediction.unknown, "unit was left out: its inputs are not known",
                 "units were left out: their inputs are not known", prefix, out);
    remark_count(forecast->prediction.doubtful,
                 "new source was left out: its neighbours are not compiled",
                 "new sources were left out: their neighbours are not compiled", prefix, out);
    size_t unread = work->request.changes.count - forecast->path_count;
    remark_count(unread, "changed path is read by no unit", "changed paths are read by no unit",
                 prefix, out);
}

// A unit's name; of a new one its source.
static const char *unit_name(const struct sj_forecast_work *work,
                             const struct sj_expected *expected)
{
    if (expected->why == SJ_EXPECTED_NEW) {
        return sj_changed_path(&work->request.changes, expected->change);
    }
    struct sj_unit unit;
    struct sj_db *db = work->view.db;
    return sj_db_unit(db, expected->unit, &unit) == 0 ? sj_db_text(db, unit.name) : "?";
}

static void cell_text(struct sj_table *table, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_text(&cell, text);
    sj_table_take(table, &cell);
}

static void cell_count(struct sj_table *table, uint64_t count)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_count(&cell, count);
    sj_table_take(table, &cell);
}

static void cell_time(struct sj_table *table, uint64_t ns)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_time(&cell, ns);
    sj_table_take(table, &cell);
}

static void say_more(size_t shown, size_t count, struct sj_buf *out)
{
    if (shown < count) {
        sj_buf_addf(out, "… and %zu more (--max 0)\n", count - shown);
    }
}

static void print_paths(const struct sj_forecast_work *work, size_t max, struct sj_buf *out)
{
    const struct sj_forecast *forecast = &work->forecast;
    size_t shown = max && max < forecast->path_count ? max : forecast->path_count;
    if (shown == 0) {
        return;
    }
    struct sj_table table = SJ_TABLE_OF("lrr");
    sj_table_cell(&table, "changed path");
    sj_table_cell(&table, "units");
    sj_table_cell(&table, "CPU");
    for (size_t i = 0; i < shown; i++) {
        const struct sj_forecast_path *path = &forecast->paths[i];
        cell_text(&table, sj_changed_path(&work->request.changes, path->change));
        cell_count(&table, path->units);
        cell_time(&table, path->cpu_ns);
    }
    sj_buf_addc(out, '\n');
    sj_table_print(&table, out);
    sj_table_release(&table);
    say_more(shown, forecast->path_count, out);
}

static void print_units(const struct sj_forecast_work *work, size_t max, struct sj_buf *out)
{
    const struct sj_prediction *prediction = &work->forecast.prediction;
    size_t shown = max && max < prediction->count ? max : prediction->count;
    if (shown == 0) {
        return;
    }
    struct sj_table table = SJ_TABLE_OF("lrll");
    sj_table_cell(&table, "unit");
    sj_table_cell(&table, "CPU");
    sj_table_cell(&table, "for");
    sj_table_cell(&table, "");
    for (size_t i = 0; i < shown; i++) {
        const struct sj_expected *expected = &prediction->items[i];
        cell_text(&table, unit_name(work, expected));
        cell_time(&table, expected->cpu_ns);
        sj_table_cell(&table, whys[expected->why].text);
        cell_text(&table, sj_db_text(work->view.db, expected->path));
    }
    sj_buf_addc(out, '\n');
    sj_table_print(&table, out);
    sj_table_release(&table);
    say_more(shown, prediction->count, out);
}

void sj_forecast_text(const struct sj_forecast_work *work, size_t max, struct sj_buf *out)
{
    const struct sj_forecast *forecast = &work->forecast;
    sj_forecast_title(work, out);
    sj_buf_adds(out, "\n  ");
    sj_forecast_line(work, out);
    if (forecast->links > 0 && forecast->prediction.count > 0) {
        sj_buf_adds(out, "  beside it, up to ");
        sj_ui_count(out, forecast->links);
        sj_buf_addf(out, " link%s, ", forecast->links == 1 ? "" : "s");
        sj_ui_time(out, forecast->link_ns);
        sj_buf_adds(out, " CPU\n");
    }
    print_paths(work, max, out);
    print_units(work, max, out);
    sj_buf_addc(out, '\n');
    sj_forecast_remarks(work, "", out);
}

void sj_forecast_markdown(const struct sj_forecast_work *work, size_t max, struct sj_buf *out)
{
    const struct sj_forecast *forecast = &work->forecast;
    size_t shown = max && max < forecast->path_count ? max : forecast->path_count;
    if (shown > 0) {
        sj_buf_adds(out, "\n| Changed path | Units | CPU |\n| --- | ---: | ---: |\n");
    }
    for (size_t i = 0; i < shown; i++) {
        const struct sj_forecast_path *path = &forecast->paths[i];
        sj_buf_adds(out, "| ");
        sj_report_markdown(out, sj_changed_path(&work->request.changes, path->change));
        sj_buf_addf(out, " | %u | ", path->units);
        sj_ui_time(out, path->cpu_ns);
        sj_buf_adds(out, " |\n");
    }
    shown = max && max < forecast->prediction.count ? max : forecast->prediction.count;
    if (shown > 0) {
        sj_buf_adds(out, "\n| Dearest units | CPU | For |\n| --- | ---: | --- |\n");
    }
    for (size_t i = 0; i < shown; i++) {
        const struct sj_expected *expected = &forecast->prediction.items[i];
        sj_buf_adds(out, "| ");
        sj_report_markdown(out, unit_name(work, expected));
        sj_buf_adds(out, " | ");
        sj_ui_time(out, expected->cpu_ns);
        sj_buf_addf(out, " | %s |\n", whys[expected->why].text);
    }
}

static void json_interval(struct sj_json *json, const char *name, const uint64_t value[3])
{
    sj_json_open(json, name, '{');
    sj_json_u64(json, "low_ns", value[0]);
    sj_json_u64(json, "middle_ns", value[1]);
    sj_json_u64(json, "high_ns", value[2]);
    sj_json_close(json, '}');
}

static void json_commit(struct sj_json *json, const char *name, const struct sj_oid *commit)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(commit, hex);
    sj_json_str(json, name, sj_oid_is_zero(commit) ? NULL : hex);
}

static void json_track(struct sj_json *json, const struct sj_view *view,
                       const struct sj_track *track)
{
    sj_json_open(json, "track_record", '{');
    sj_json_u64(json, "builds", track->judged);
    sj_json_u64(json, "skipped", track->skipped);
    sj_json_u64(json, "exact", track->exact);
    sj_json_real(json, "precision", track->precision);
    sj_json_real(json, "recall", track->recall);
    sj_json_real(json, "cpu_error", track->error);
    sj_json_u64(json, "intervals", track->intervals);
    sj_json_real(json, "coverage", track->coverage);
    sj_json_u64(json, "redundant_compiles", track->redundant);
    sj_json_bool(json, "is_spread_known", track->is_spread_known);
    sj_json_open(json, "list", '[');
    for (size_t i = 0; i < track->count; i++) {
        const struct sj_tracked *row = &track->builds[i];
        const struct sj_build *build = &view->builds[row->build].build;
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "build", build->id);
        json_commit(json, "commit", &build->commit);
        sj_json_u64(json, "predicted", row->predicted);
        sj_json_u64(json, "actual", row->actual);
        sj_json_u64(json, "both", row->both);
        sj_json_u64(json, "predicted_cpu_ns", row->predicted_ns);
        sj_json_u64(json, "actual_cpu_ns", row->actual_ns);
        sj_json_u64(json, "predicted_wall_ns", row->predicted_wall_ns);
        sj_json_u64(json, "actual_wall_ns", row->actual_wall_ns);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void json_units(const struct sj_forecast_work *work, size_t max, struct sj_json *json)
{
    const struct sj_forecast *forecast = &work->forecast;
    sj_json_open(json, "paths", '[');
    for (size_t i = 0; i < forecast->path_count && (max == 0 || i < max); i++) {
        const struct sj_forecast_path *path = &forecast->paths[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "path", sj_changed_path(&work->request.changes, path->change));
        sj_json_u64(json, "units", path->units);
        sj_json_u64(json, "cpu_ns", path->cpu_ns);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_open(json, "list", '[');
    for (size_t i = 0; i < forecast->prediction.count && (max == 0 || i < max); i++) {
        const struct sj_expected *expected = &forecast->prediction.items[i];
        const char *path = sj_db_text(work->view.db, expected->path);
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "unit", unit_name(work, expected));
        sj_json_str(json, "why", whys[expected->why].name);
        sj_json_str(json, "path", *path ? path : NULL);
        sj_json_u64(json, "cpu_ns", expected->cpu_ns);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

void sj_forecast_json(const struct sj_forecast_work *work, size_t max, struct sj_json *json)
{
    const struct sj_forecast *forecast = &work->forecast;
    const struct sj_build *build = &work->view.builds[forecast->tip].build;
    json_commit(json, "from", &work->request.from);
    json_commit(json, "to", &work->request.to);
    sj_json_str(json, "build", build->id);
    sj_json_str(json, "job", build->job);
    sj_json_u64(json, "commits_between", forecast->distance);
    sj_json_bool(json, "is_of_later_build", forecast->is_later);
    sj_json_u64(json, "changed_paths", work->request.changes.count);
    sj_json_u64(json, "units", forecast->prediction.count);
    sj_json_u64(json, "units_in_all", forecast->units);
    sj_json_u64(json, "units_unknown", forecast->prediction.unknown);
    sj_json_u64(json, "sources_doubtful", forecast->prediction.doubtful);
    sj_json_open(json, "units_by_cause", '{');
    for (size_t i = 0; i < SJ_EXPECTED_WHY_COUNT; i++) {
        sj_json_u64(json, whys[i].name, forecast->prediction.why[i]);
    }
    sj_json_close(json, '}');
    sj_json_str(json, "flags", flags_names[forecast->flags]);
    sj_json_u64(json, "cpu_of_all_ns", forecast->all_ns);
    json_interval(json, "cpu", forecast->cpu_ns);
    sj_json_u64(json, "jobs", forecast->jobs);
    json_interval(json, "wall", forecast->wall_ns);
    sj_json_u64(json, "links", forecast->links);
    sj_json_u64(json, "link_cpu_ns", forecast->link_ns);
    json_units(work, max, json);
    json_track(json, &work->view, &forecast->track);
}
