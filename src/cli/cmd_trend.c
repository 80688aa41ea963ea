// SPDX-License-Identifier: Apache-2.0
// `scrubjay trend`.
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "analyze/unit_find.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/trend_report.h"

#define GROUPS_SHOWN 30 // in text; JSON has them all

enum {
    OPT_ALL,
    OPT_BY,
    OPT_POINTS,
    OPT_UNIT,
};

static const struct sj_option options[] = {
    [OPT_ALL] = {"all", NULL, "Tell of steps that may be noise, too."},
    [OPT_BY] = {"by", "WHAT",
                "Split CPU by 'toolchain', 'directory' or 'unit', or wall time by "
                "'phase'."},
    [OPT_POINTS] = {"points", NULL, "Print a row for each build, too."},
    [OPT_UNIT] = {"unit", "UNIT", "Only this unit: its output, its source, or the end of either."},
    {NULL, NULL, NULL},
};

static void release(struct sj_trend_report *told)
{
    sj_trend_release(&told->trend);
    sj_series_release(&told->series);
    sj_costs_release(&told->costs);
    sj_view_release(&told->view);
    sj_report_close(&told->report);
}

// Words name measures; without any, all are told of.
static int read_words(const struct sj_invocation *call, struct sj_trend_report *told,
                      struct sj_err *err)
{
    for (int i = 0; i < SJ_MEASURE_COUNT; i++) {
        told->is_wanted[i] = call->word_count == 0;
    }
    for (int i = 0; i < call->word_count; i++) {
        enum sj_measure measure = sj_measure_find(call->words[i]);
        if (measure == SJ_MEASURE_COUNT) {
            SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(400);
            for (int j = 0; j < SJ_MEASURE_COUNT; j++) {
                sj_buf_addf(&names, "%s%s", j ? ", " : "", sj_measures[j].name);
            }
            return sj_fail_plain(err, -EINVAL, "there is no series '%.60s'; there are %s",
                                 call->words[i], sj_buf_text(&names));
        }
        told->is_wanted[measure] = true;
    }
    return 0;
}

static int read_by(const char *word, enum sj_group_by *out, struct sj_err *err)
{
    static const struct {
        const char *name;
        enum sj_group_by by;
    } ways[] = {
        {"directory", SJ_BY_DIRECTORY},
        {"phase", SJ_BY_PHASE},
        {"toolchain", SJ_BY_TOOLCHAIN},
        {"unit", SJ_BY_UNIT},
    };
    *out = SJ_BY_NOTHING;
    for (size_t i = 0; word && i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(word, ways[i].name) == 0) {
            *out = ways[i].by;
        }
    }
    if (word && *out == SJ_BY_NOTHING) {
        return sj_fail_plain(err, -EINVAL,
                             "--by: '%.60s' is none of directory, phase, toolchain, unit", word);
    }
    return 0;
}

static int say_none(const struct sj_trend_report *told, const struct sj_series_options *wanted,
                    struct sj_err *err)
{
    const char *project = told->report.filter.project;
    if (told->view.build_count == 0) {
        return sj_fail_plain(err, -ENOENT, "no builds of '%.100s' in this time; see --since",
                             project ? project : "any project");
    }
    return sj_fail_plain(err, -ENOENT, "no builds%s%.60s%s%.60s; see --branch, --job and --since",
                         wanted->branch ? " of branch " : "", wanted->branch ? wanted->branch : "",
                         wanted->job ? " of job " : "", wanted->job ? wanted->job : "");
}

static int find(const struct sj_invocation *call, struct sj_trend_report *told, struct sj_err *err)
{
    struct sj_series_options wanted = {
        .branch = told->report.filter.branch,
        .job = told->report.filter.job,
        .by = told->by,
        .max_groups = call->is_json ? 0 : GROUPS_SHOWN,
    };
    // Builds of other branches and jobs tell of machines, too.
    told->report.filter.branch = NULL;
    told->report.filter.job = NULL;
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    int status = sj_view_load(told->report.db, told->report.repo, told->report.history,
                              &told->report.filter, outcomes, &told->view, err);
    if (status < 0) {
        return status;
    }
    if (call->value[OPT_UNIT]) {
        told->unit = call->value[OPT_UNIT];
        status = sj_unit_find(told->report.db, told->view.project, told->unit, &wanted.only, err);
        if (status < 0) {
            return status;
        }
    }
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    if (told->report.repo && sj_repo_head(told->report.repo, &head, NULL) == 0) {
        wanted.prefer = sj_buf_text(&head.branch);
    }
    sj_costs_find(&told->view, &told->costs);
    sj_series_find(&told->view, &told->costs, &wanted, &told->series);
    if (told->series.point_count == 0) {
        return say_none(told, &wanted, err);
    }
    sj_trend_find(&told->series, &told->trend);
    return 0;
}

static int load(const struct sj_invocation *call, struct sj_trend_report *told, struct sj_err *err)
{
    told->wants_points = call->value[OPT_POINTS] != NULL;
    told->wants_all = call->value[OPT_ALL] != NULL;
    int status = read_words(call, told, err);
    if (status == 0) {
        status = read_by(call->value[OPT_BY], &told->by, err);
    }
    if (status == 0) {
        status = sj_report_open(call, &told->report, err);
    }
    return status == 0 ? find(call, told, err) : status;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct sj_trend_report told = {0};
    int status = load(call, &told, &err);
    if (status != 0) {
        release(&told);
        return sj_report_failed(status, &err);
    }
    if (call->is_json) {
        sj_trend_json(&told, &call->out);
    } else {
        sj_trend_print(&told, call->is_markdown, &call->out);
    }
    sj_report_caveats(&told.report, &told.view);
    release(&told);
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_trend = {
    .name = "trend",
    .words = "[SERIES]...",
    .words_max = INT_MAX,
    .summary = "Show how cost develops, and where it stepped.",
    .text = "Print what builds of the main branch cost, build by build: the CPU that each would "
            "have cost had everything missed, what it spent and saved, hit rates, wall time, "
            "units and bytes. Steps are told with their size, its interval, the units that they "
            "consist of, what they cost a month, and the commits that may have made them. Wall "
            "time depends on machines too much to be judged and has no steps.\n"
            "How fast machines were is told by compiles of equal work in several builds; set "
            "audit to a share of hits, so that there are some.\n"
            "Series: cpu, spent, saved, hits, hits-cpu, wall, instructions, units, input-bytes, "
            "output-bytes, bypassed.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_MARKDOWN | SJ_COMMAND_VIEW,
    .run = run,
};
