// SPDX-License-Identifier: Apache-2.0
// `scrubjay gate`.
#include <errno.h>
#include <string.h>

#include "analyze/budget.h"
#include "base/clock.h"
#include "cli/forecast_print.h"
#include "cli/ui.h"
#include "dash/cells.h"

#define MAX_ROWS 5

enum {
    OPT_DIFF,
    OPT_JOBS,
    OPT_MEASURED,
    OPT_PREDICTED,
    OPT_STAGED,
};

static const struct sj_option options[] = {
    {"diff", "FILE", "Judge this diff, as 'git diff' writes it; '-' for stdin."},
    {"jobs", "COUNT", "Cores that build. Default: those of the machine of the nearest build."},
    {"measured", NULL, "Judge by a build of the commit; without one it is an error."},
    {"predicted", NULL, "Judge by the forecast, even where a build is at hand."},
    {"staged", NULL, "Judge what is staged for the next commit."},
    {NULL, NULL, NULL},
};

/** How each budget is called, in the order of enum sj_budget_kind. */
static const struct {
    const char *name; // of its setting, and in JSON
    const char *text; // for people
} budget_names[SJ_BUDGET_COUNT] = {
    [SJ_BUDGET_TOTAL_INCREASE] = {"max_total_increase", "growth of the whole build"},
    [SJ_BUDGET_CHARGE] = {"max_charge", "CPU compiled anew"},
    [SJ_BUDGET_FAN_OUT] = {"max_fan_out", "units that read one changed file"},
};

/** A change, judged. */
struct judged {
    struct sj_forecast_work work;
    struct sj_measured measured;
    bool is_measured;
    struct sj_verdict verdicts[SJ_BUDGET_COUNT];
    bool has_budgets;
    bool is_good;
};

// By default a build of the commit decides, when there is one.
static int measure(const struct sj_invocation *call, struct judged *judged, struct sj_err *err)
{
    if (call->value[OPT_PREDICTED] && call->value[OPT_MEASURED]) {
        return sj_fail_plain(err, -EINVAL, "--predicted and --measured exclude each other");
    }
    const struct sj_view *view = &judged->work.view;
    const struct sj_oid *to = &judged->work.request.to;
    bool is_commit = !sj_oid_is_zero(to) && view->history;
    if (call->value[OPT_PREDICTED]) {
        return 0;
    }
    int status = is_commit ? sj_measure(view, sj_history_find(view->history, to), &judged->measured)
                           : -ENOENT;
    judged->is_measured = status == 0;
    if (status == -ENOENT && call->value[OPT_MEASURED]) {
        return sj_fail_plain(err, status,
                             "--measured: there is no build of that commit behind a build of "
                             "one of its ancestors");
    }
    return status == -ENOENT ? 0 : status;
}

static int judge(const struct sj_invocation *call, struct judged *judged, struct sj_err *err)
{
    const struct sj_forecast_ask ask = {
        .words = call->word_count > 0 ? call->words[0] : NULL,
        .diff = call->value[OPT_DIFF],
        .is_staged = call->value[OPT_STAGED] != NULL,
        .jobs = call->value[OPT_JOBS],
    };
    int status = sj_forecast_ask(call, &ask, &judged->work, err);
    if (status == 0) {
        status = measure(call, judged, err);
    }
    if (status != 0) {
        return status;
    }
    const struct sj_budgets budgets = {
        .max_total_increase = call->config.max_total_increase,
        .max_charge_ns = call->config.max_charge_ms * SJ_NS_PER_MS,
        .max_fan_out = call->config.max_fan_out,
    };
    judged->is_good =
        sj_budgets_judge(&budgets, &judged->work.forecast,
                         judged->is_measured ? &judged->measured : NULL, judged->verdicts);
    for (size_t i = 0; i < SJ_BUDGET_COUNT; i++) {
        judged->has_budgets = judged->has_budgets || judged->verdicts[i].is_set;
    }
    return 0;
}

static void add_number(struct sj_buf *out, const struct sj_verdict *verdict, bool is_limit)
{
    uint64_t number = is_limit ? verdict->limit : verdict->number;
    double share = is_limit ? verdict->share_limit : verdict->share;
    if (is_limit && !verdict->is_set) {
        sj_buf_addc(out, '-');
    } else if (verdict->unit == SJ_BUDGET_TIME) {
        sj_ui_time(out, number);
    } else if (verdict->unit == SJ_BUDGET_UNITS) {
        sj_ui_count(out, number);
    } else {
        sj_buf_addf(out, "%+.2f %%", 100 * share);
    }
}

static const char *word_of(const struct sj_verdict *verdict)
{
    return !verdict->is_set ? "no limit" : verdict->is_over ? "over" : "ok";
}

static const char *source_of(const struct sj_verdict *verdict)
{
    return verdict->is_measured ? "measured" : "predicted";
}

static const char *path_of(const struct judged *judged, const struct sj_verdict *verdict)
{
    return verdict->path == UINT32_MAX
               ? NULL
               : sj_changed_path(&judged->work.request.changes, verdict->path);
}

static void print_text(const struct judged *judged, struct sj_buf *out)
{
    sj_forecast_title(&judged->work, out);
    sj_buf_adds(out, "\n  ");
    sj_forecast_line(&judged->work, out);
    struct sj_table table = SJ_TABLE_OF("lrrll");
    static const char *const heads[] = {"budget", "value", "limit", "", ""};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < SJ_BUDGET_COUNT; i++) {
        const struct sj_verdict *verdict = &judged->verdicts[i];
        sj_table_cell(&table, budget_names[i].text);
        add_number(&cell, verdict, false);
        sj_table_take(&table, &cell);
        add_number(&cell, verdict, true);
        sj_table_take(&table, &cell);
        sj_table_cell(&table, word_of(verdict));
        sj_buf_adds(&cell, source_of(verdict));
        const char *path = path_of(judged, verdict);
        if (path) {
            sj_buf_adds(&cell, ", ");
            sj_ui_text(&cell, path);
        }
        sj_table_take(&table, &cell);
    }
    sj_buf_addc(out, '\n');
    sj_table_print(&table, out);
    sj_table_release(&table);
    sj_buf_addc(out, '\n');
    sj_forecast_remarks(&judged->work, "", out);
    sj_buf_adds(out, judged->is_good ? "\nwithin budget\n" : "\nover budget\n");
}

// Whoever reads the comment can look further: the commit's page. An address that is none of the web
// would be a link to anywhere.
static void print_link(const struct sj_invocation *call, const struct judged *judged,
                       struct sj_buf *out)
{
    const char *url = call->config.dashboard_url;
    const struct sj_oid *commit = &judged->work.request.to;
    if (!url || sj_oid_is_zero(commit)) {
        return;
    }
    if (!sj_is_web_address(url)) {
        (void)fputs("scrubjay: note: dashboard_url is no address of the web: no link is made\n",
                    stderr);
        return;
    }
    size_t len = strlen(url);
    while (url[len - 1] == '/') {
        len--;
    }
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(commit, hex);
    sj_buf_addf(out, "\n[This commit on the dashboard](<%.*s/dash/commit/%s>)\n", (int)len, url,
                hex);
}

static void print_markdown(const struct sj_invocation *call, const struct judged *judged,
                           struct sj_buf *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf title = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_forecast_title(&judged->work, &title);
    // The first line is how a later comment finds the earlier one to replace it.
    sj_buf_adds(out, "<!-- scrubjay gate -->\n### Build time: ");
    sj_buf_adds(out, judged->is_good ? "within budget" : "over budget");
    sj_buf_adds(out, "\n\n");
    sj_report_markdown(out, sj_buf_text(&title));
    sj_buf_adds(out, "\n\nExpected: **");
    sj_forecast_line(&judged->work, out);
    out->len--;
    sj_buf_adds(out, "**\n");
    if (judged->is_measured) {
        sj_buf_addf(out, "\nMeasured: **%zu units, ", judged->measured.units);
        sj_ui_time(out, judged->measured.charge_ns);
        sj_buf_adds(out, " CPU**\n");
    }
    sj_buf_adds(out,
                "\n| Budget | Value | Limit | Verdict | |\n| --- | ---: | ---: | --- | --- |\n");
    for (size_t i = 0; i < SJ_BUDGET_COUNT; i++) {
        const struct sj_verdict *verdict = &judged->verdicts[i];
        sj_buf_addf(out, "| %s | ", budget_names[i].text);
        add_number(out, verdict, false);
        sj_buf_adds(out, " | ");
        add_number(out, verdict, true);
        sj_buf_addf(out, " | %s%s%s | %s", verdict->is_over ? "**" : "", word_of(verdict),
                    verdict->is_over ? "**" : "", source_of(verdict));
        const char *path = path_of(judged, verdict);
        if (path) {
            sj_buf_adds(out, ", ");
            sj_report_markdown(out, path);
        }
        sj_buf_adds(out, " |\n");
    }
    print_link(call, judged, out);
    sj_buf_adds(out, "\n<details><summary>Files and units</summary>\n");
    sj_forecast_markdown(&judged->work, MAX_ROWS, out);
    sj_buf_adds(out, "\n</details>\n\n");
    sj_forecast_remarks(&judged->work, "- ", out);
}

static void json_verdict(const struct judged *judged, size_t kind, struct sj_json *json)
{
    const struct sj_verdict *verdict = &judged->verdicts[kind];
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "budget", budget_names[kind].name);
    if (verdict->unit == SJ_BUDGET_SHARE) {
        sj_json_real(json, "value", verdict->share);
        sj_json_real(json, "limit", verdict->share_limit);
    } else {
        bool is_time = verdict->unit == SJ_BUDGET_TIME;
        sj_json_u64(json, is_time ? "value_ns" : "value", verdict->number);
        sj_json_u64(json, is_time ? "limit_ns" : "limit", verdict->limit);
    }
    sj_json_bool(json, "is_set", verdict->is_set);
    sj_json_bool(json, "is_over", verdict->is_over);
    sj_json_str(json, "source", source_of(verdict));
    sj_json_str(json, "path", path_of(judged, verdict));
    sj_json_close(json, '}');
}

static void print_json(const struct judged *judged, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_bool(&json, "is_within_budget", judged->is_good);
    sj_json_open(&json, "budgets", '[');
    for (size_t i = 0; i < SJ_BUDGET_COUNT; i++) {
        json_verdict(judged, i, &json);
    }
    sj_json_close(&json, ']');
    if (judged->is_measured) {
        sj_json_open(&json, "measured", '{');
        sj_json_str(&json, "build", judged->work.view.builds[judged->measured.build].build.id);
        sj_json_u64(&json, "units", judged->measured.units);
        sj_json_u64(&json, "cpu_ns", judged->measured.charge_ns);
        sj_json_close(&json, '}');
    }
    sj_json_open(&json, "predicted", '{');
    sj_forecast_json(&judged->work, 0, &json);
    sj_json_close(&json, '}');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct judged judged = {0};
    int status = judge(call, &judged, &err);
    int result = SJ_EXIT_OK;
    if (status == SJ_DB_NONE) {
        // The first change of a project must not fail for want of a past.
        (void)sj_report_none();
    } else if (status < 0) {
        (void)sj_command_fail(&err);
        result = status == -EINVAL ? SJ_EXIT_USAGE : SJ_EXIT_FAILED;
    } else {
        sj_report_caveats(&judged.work.report, &judged.work.view);
        if (!judged.has_budgets) {
            (void)fputs("scrubjay: note: no budget is set: max_total_increase, max_charge, "
                        "max_fan_out in .scrubjay.conf, or as options\n",
                        stderr);
        }
        if (call->is_json) {
            print_json(&judged, &call->out);
        } else if (call->is_markdown) {
            print_markdown(call, &judged, &call->out);
        } else {
            print_text(&judged, &call->out);
        }
        result = judged.is_good ? SJ_EXIT_OK : SJ_EXIT_FAILED;
    }
    sj_forecast_work_release(&judged.work);
    return result;
}

const struct sj_command sj_command_gate = {
    .name = "gate",
    .words = "[REV|A..B]",
    .words_max = 1,
    .summary = "Hold a change against budgets, for CI.",
    .text = "Exit status 0: within budget, 1: over budget, or it could not be told. Where there "
            "are no records at all yet, nothing is over budget.\n"
            "Budgets are settings, so .scrubjay.conf may hold them and options change them: "
            "max_total_increase, how much a build that compiles everything may grow; max_charge, "
            "the CPU that the change may compile anew; max_fan_out, how many units may read a file "
            "that it touches.\n"
            "A build of the commit decides when there is one, else the forecast of 'scrubjay "
            "predict'. --markdown prints a comment for a pull request.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_VIEW | SJ_COMMAND_MARKDOWN,
    .run = run,
};
