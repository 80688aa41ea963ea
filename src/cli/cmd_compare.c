// SPDX-License-Identifier: Apache-2.0
// `scrubjay compare`.
#include <errno.h>
#include <string.h>

#include "analyze/build_pair.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/compare_print.h"

#define ROWS_SHOWN 40 // in text, unless --max says otherwise

enum {
    OPT_MAX,
};

static const struct sj_option options[] = {
    [OPT_MAX] = {"max", "N", "Print at most so many units, 0 for all. Default: 40; JSON has all."},
    {NULL, NULL, NULL},
};

static void release(struct sj_compare_report *told)
{
    sj_compare_release(&told->compare);
    sj_costs_release(&told->costs);
    sj_view_release(&told->view);
    sj_report_close(&told->report);
}

static int index_of(const struct sj_view *view, uint32_t number, size_t *out)
{
    for (size_t i = 0; i < view->build_count; i++) {
        if (view->builds[i].build.number == number) {
            *out = i;
            return 0;
        }
    }
    return -ENOENT;
}

static int compare(struct sj_compare_report *told, const struct sj_build *a,
                   const struct sj_build *b, struct sj_err *err)
{
    struct sj_view_filter filter = told->report.filter;
    uint64_t first = a->start_ns < b->start_ns ? a->start_ns : b->start_ns;
    filter.since_ns = first < filter.since_ns ? first : filter.since_ns;
    filter.branch = NULL;
    filter.job = strcmp(a->job, b->job) == 0 ? a->job : NULL;
    uint32_t a_number = a->number;
    uint32_t b_number = b->number;
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    int status = sj_view_load(told->report.db, told->report.repo, told->report.history, &filter,
                              outcomes, &told->view, err);
    if (status < 0) {
        return status;
    }
    size_t a_index = 0;
    size_t b_index = 0;
    if (index_of(&told->view, a_number, &a_index) < 0 ||
        index_of(&told->view, b_number, &b_index) < 0) {
        return sj_fail_plain(err, -ENOENT, "the records of one of the builds are gone");
    }
    sj_costs_find(&told->view, &told->costs);
    sj_compare_builds(&told->view, &told->costs, a_index, b_index, &told->compare);
    return 0;
}

static int find(const struct sj_invocation *call, const char *a_word, const char *b_word,
                struct sj_compare_report *told, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter all = {.project = told->report.filter.project};
    int status = sj_db_builds(told->report.db, &all, &builds, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    const struct sj_build_choice choice = {
        .builds = builds,
        .count = count,
        .repo = told->report.repo,
        .job = call->view[SJ_VIEW_JOB],
    };
    struct sj_build_pair pair;
    status = sj_build_pair_find(&choice, a_word, b_word, &pair, err);
    return status == 0 ? compare(told, pair.a, pair.b, err) : status;
}

static int read_max(const struct sj_invocation *call, size_t *out, struct sj_err *err)
{
    const char *text = call->value[OPT_MAX];
    uint64_t max = call->is_json ? 0 : ROWS_SHOWN;
    if (text && sj_parse_u64(text, UINT32_MAX, &max) < 0) {
        return sj_fail_plain(err, -EINVAL, "--max: '%.40s' is no number", text);
    }
    *out = max ? (size_t)max : SIZE_MAX;
    return 0;
}

// "A..B", or A and B.
static int load(const struct sj_invocation *call, struct sj_compare_report *told, char **copy,
                struct sj_err *err)
{
    int status = read_max(call, &told->max, err);
    if (status < 0) {
        return status;
    }
    const char *a = call->word_count > 0 ? call->words[0] : "";
    const char *b = call->word_count > 1 ? call->words[1] : NULL;
    const char *dots = strstr(a, "..");
    if (!b && dots) {
        *copy = sj_strndup(a, (size_t)(dots - a));
        a = **copy ? *copy : "HEAD";
        b = dots[2] ? dots + 2 : "HEAD";
    }
    if (!b) {
        return sj_fail_plain(err, -EINVAL, "say what to compare: two builds or two commits");
    }
    status = sj_report_open(call, &told->report, err);
    return status == 0 ? find(call, a, b, told, err) : status;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct sj_compare_report told = {0};
    SJ_AUTO(sj_auto_free) char *copy = NULL;
    int status = load(call, &told, &copy, &err);
    if (status != 0) {
        release(&told);
        return sj_report_failed(status, &err);
    }
    if (call->is_json) {
        sj_compare_json(&told, &call->out);
    } else {
        sj_compare_print(&told, call->is_markdown, &call->out);
    }
    sj_report_caveats(&told.report, &told.view);
    release(&told);
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_compare = {
    .name = "compare",
    .words = "A B",
    .words_max = 2,
    .summary = "Compare two builds or commits, unit by unit.",
    .text = "Compare two builds: by their ids ('last' is the latest one), or by two commits, of "
            "which the latest builds of one job are taken; 'A..B' is A and B. Each unit's CPU is "
            "told as if it had missed, with the speed of the machines taken off; stars say how "
            "unlikely it is that noise made the difference. Units with the same key differ by "
            "noise alone.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_MARKDOWN | SJ_COMMAND_VIEW,
    .run = run,
};
