// SPDX-License-Identifier: Apache-2.0
#include "cli/run_report.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/reason.h"
#include "cli/sums.h"
#include "cli/ui.h"

static void heading(const struct sj_run_report *report, struct sj_buf *out, const char *text)
{
    sj_buf_addf(out, report->has_color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static void add_number(struct sj_buf *out, uint64_t count, const char *one, const char *many)
{
    sj_ui_count(out, count);
    sj_buf_addf(out, " %s", count == 1 ? one : many);
}

static void cell_time(struct sj_table *table, uint64_t ns)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_time(&text, ns);
    sj_table_take(table, &text);
}

static void cell_count(struct sj_table *table, uint64_t count)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_count(&text, count);
    sj_table_take(table, &text);
}

// A unit as seen from where the build was started.
static void add_unit(const struct sj_run_report *report, const struct sj_dear_miss *miss,
                     struct sj_buf *out)
{
    bool is_full = miss->unit[0] == '/' || !miss->cwd;
    SJ_AUTO(sj_auto_free)
    char *full = is_full ? sj_strdup(miss->unit) : sj_asprintf("%s/%s", miss->cwd, miss->unit);
    const char *below = report->cwd[0] ? sj_skip_prefix(full, report->cwd) : NULL;
    sj_ui_text(out, below && *below == '/' ? below + 1 : full);
}

static void add_dearest(const struct sj_run_report *report, struct sj_buf *out)
{
    const struct sj_summary *summary = report->summary;
    SJ_AUTO(sj_table_release) struct sj_table table = SJ_TABLE_OF("rll");
    for (size_t i = 0; i < summary->dearest_count; i++) {
        const struct sj_dear_miss *miss = &summary->dearest[i];
        cell_time(&table, miss->cpu_ns);
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        add_unit(report, miss, &text);
        sj_table_take(&table, &text);
        sj_ui_text(&text, miss->reason);
        if (miss->detail) {
            sj_buf_adds(&text, ": ");
            sj_ui_text(&text, miss->detail);
        }
        sj_table_take(&table, &text);
    }
    sj_table_print(&table, out);
    sj_buf_adds(out, "more about one: scrubjay why ");
    add_unit(report, &summary->dearest[0], out);
    sj_buf_addc(out, '\n');
}

static void add_reasons(const struct sj_summary *summary, enum sj_outcome outcome,
                        struct sj_buf *out)
{
    SJ_AUTO(sj_table_release) struct sj_table table = SJ_TABLE_OF("rrll");
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct sj_reason_sum *sum = &summary->reasons[i];
        if (sum->outcome == outcome) {
            cell_time(&table, sum->cpu_ns);
            cell_count(&table, sum->count);
            SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
            sj_ui_text(&text, sum->reason);
            sj_table_take(&table, &text);
            const char *words = sj_reason_text(sum->reason);
            sj_table_cell(&table, strcmp(words, sum->reason) == 0 ? "" : words);
        }
    }
    sj_table_print(&table, out);
}

static void add_actions(const struct sj_summary *summary, struct sj_buf *out)
{
    static const struct {
        enum sj_outcome outcome;
        const char *one;
        const char *many;
        bool is_always;
    } parts[] = {
        {SJ_OUTCOME_HIT, "hit", "hits", true},
        {SJ_OUTCOME_MISS, "miss", "misses", true},
        {SJ_OUTCOME_BYPASS, "bypassed", "bypassed", true},
        {SJ_OUTCOME_FAILED, "failed", "failed", false},
        {SJ_OUTCOME_ERROR, "error", "errors", false},
    };
    sj_buf_adds(out, "actions   ");
    const char *comma = "";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t count = summary->count[parts[i].outcome];
        if (count > 0 || parts[i].is_always) {
            sj_buf_adds(out, comma);
            add_number(out, count, parts[i].one, parts[i].many);
            comma = ", ";
        }
    }
    sj_buf_addc(out, '\n');
}

static void add_figures(const struct sj_summary *summary, struct sj_buf *out)
{
    add_actions(summary, out);
    if (summary->count[SJ_OUTCOME_HIT] + summary->count[SJ_OUTCOME_MISS] > 0) {
        sj_buf_adds(out, "hit rate  ");
        sj_ui_share(out, sj_summary_hit_rate(summary));
        sj_buf_adds(out, " by count, ");
        sj_ui_share(out, sj_summary_cpu_rate(summary));
        sj_buf_adds(out, " by CPU\n");
    }
    sj_buf_adds(out, "CPU       ");
    sj_ui_time(out, summary->saved_ns);
    sj_buf_adds(out, " saved; ");
    sj_ui_time(out, summary->cpu_ns[SJ_OUTCOME_MISS]);
    sj_buf_adds(out, " spent on misses, ");
    sj_ui_time(out, summary->own_ns);
    sj_buf_adds(out, " by scrubjay itself\n");
}

static void add_warnings(const struct sj_summary *summary, struct sj_buf *out)
{
    uint64_t missed = summary->count[SJ_OUTCOME_MISS];
    if (missed > summary->stored) {
        sj_buf_addc(out, '\n');
        add_number(out, missed - summary->stored, "miss was", "misses were");
        sj_buf_adds(out, " not stored, and will miss again\n");
    }
    if (summary->differs > 0) {
        sj_buf_adds(out, "\nWARNING: ");
        add_number(out, summary->differs, "audited hit differs", "audited hits differ");
        sj_buf_adds(out, " from a new compile; both objects were kept\n");
    }
}

static char *title_of(const struct sj_run_report *report)
{
    const struct sj_child_end *end = report->end;
    if (end->signal) {
        return sj_asprintf("scrubjay: build %s, ended by signal %d", report->build, end->signal);
    }
    if (end->exit_status != 0) {
        return sj_asprintf("scrubjay: build %s, failed with status %d", report->build,
                           end->exit_status);
    }
    return sj_asprintf("scrubjay: build %s", report->build);
}

void sj_run_report_text(const struct sj_run_report *report, struct sj_buf *out)
{
    static const struct {
        enum sj_outcome outcome;
        const char *heading;
    } sections[] = {
        {SJ_OUTCOME_MISS, "misses by reason"},
        {SJ_OUTCOME_BYPASS, "bypassed by reason"},
        {SJ_OUTCOME_ERROR, "compiled without the cache, by error"},
    };
    const struct sj_summary *summary = report->summary;
    const struct sj_child_end *end = report->end;
    SJ_AUTO(sj_auto_free) char *title = title_of(report);
    heading(report, out, title);
    sj_buf_adds(out, "build     ");
    sj_ui_time(out, end->wall_ns);
    sj_buf_adds(out, ", ");
    sj_ui_time(out, end->user_ns + end->system_ns);
    sj_buf_adds(out, " of CPU\n");
    if (!report->has_records) {
        return;
    }
    if (sj_summary_count(summary) == 0) {
        sj_buf_adds(out, "actions   none: no compiler was called through scrubjay\n");
        return;
    }
    add_figures(summary, out);
    if (report->remote) {
        sj_agent_stat_text(report->remote, out);
    }
    if (summary->dearest_count > 0) {
        heading(report, out, "dearest misses");
        add_dearest(report, out);
    }
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (summary->count[sections[i].outcome] > 0) {
            heading(report, out, sections[i].heading);
            add_reasons(summary, sections[i].outcome, out);
        }
    }
    add_warnings(summary, out);
}

void sj_run_report_line(const struct sj_summary *summary, struct sj_buf *out)
{
    sj_buf_adds(out, "scrubjay: ");
    sj_ui_count(out, sj_summary_count(summary));
    sj_buf_adds(out, " done, ");
    add_number(out, summary->count[SJ_OUTCOME_HIT], "hit", "hits");
    sj_buf_adds(out, ", ");
    add_number(out, summary->count[SJ_OUTCOME_MISS], "miss", "misses");
    sj_buf_adds(out, ", ");
    sj_ui_time(out, summary->saved_ns);
    sj_buf_adds(out, " of CPU saved");
}

static void json_reasons(const struct sj_summary *summary, struct sj_json *json)
{
    sj_json_open(json, "reasons", '[');
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct sj_reason_sum *sum = &summary->reasons[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "outcome", sj_outcome_name(sum->outcome));
        sj_json_str(json, "reason", sum->reason);
        sj_json_u64(json, "count", sum->count);
        sj_json_u64(json, "cpu_ns", sum->cpu_ns);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void json_dearest(const struct sj_summary *summary, struct sj_json *json)
{
    sj_json_open(json, "dearest_misses", '[');
    for (size_t i = 0; i < summary->dearest_count; i++) {
        const struct sj_dear_miss *miss = &summary->dearest[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "unit", miss->unit);
        sj_json_str(json, "cwd", miss->cwd);
        sj_json_str(json, "reason", miss->reason);
        sj_json_str(json, "detail", miss->detail);
        sj_json_u64(json, "cpu_ns", miss->cpu_ns);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void json_labels(const char *labels, struct sj_json *json)
{
    sj_json_open(json, "labels", '{');
    while (*labels) {
        size_t len = strcspn(labels, ",");
        const char *equals = memchr(labels, '=', len);
        if (equals) {
            SJ_AUTO(sj_auto_free) char *key = sj_strndup(labels, (size_t)(equals - labels));
            sj_json_strn(json, key, equals + 1, (size_t)(labels + len - equals - 1));
        }
        labels += len + (labels[len] == ',');
    }
    sj_json_close(json, '}');
}

void sj_run_report_json(const struct sj_run_report *report, struct sj_buf *out)
{
    const struct sj_summary *summary = report->summary;
    const struct sj_child_end *end = report->end;
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "build", report->build);
    json_labels(report->labels, &json);
    sj_json_i64(&json, "exit_status", end->exit_status);
    sj_json_u64(&json, "wall_ns", end->wall_ns);
    sj_json_u64(&json, "user_ns", end->user_ns);
    sj_json_u64(&json, "system_ns", end->system_ns);
    sj_json_bool(&json, "has_records", report->has_records);
    sj_json_u64(&json, "actions", sj_summary_count(summary));
    sj_sums_json(&json, summary);
    if (report->remote) {
        sj_agent_stat_json(report->remote, &json);
    }
    json_reasons(summary, &json);
    json_dearest(summary, &json);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
