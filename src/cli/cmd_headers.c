// SPDX-License-Identifier: Apache-2.0
// `scrubjay headers`.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cli/headers_print.h"

#define DEFAULT_MAX 20
#define DAY_MS      86400000.0

enum {
    OPT_ALL,
    OPT_EDGE,
    OPT_EDGES,
    OPT_MAX,
    OPT_SORT,
    OPT_WINDOW,
};

static const struct sj_option options[] = {
    {"all", NULL, "List sources, too, not only what they include."},
    {"edge", "A:B", "Tell what it would save if file A did not include file B."},
    {"edges", NULL, "List the includes whose removal would save most, of the whole project."},
    {"max", "COUNT", "Rows of the table, 20 by default; 0 for all. JSON has all by default."},
    {"sort", "COLUMN", "month (the default), alone, cpu, units, changes, rate or path."},
    {"window", "SPAN", "How far back commits are played through, 365d by default."},
    {NULL, NULL, NULL},
};

/** A command line, read, and what it needs. */
struct work {
    struct sj_headers_ask ask;
    double days;
    struct sj_report report;
    struct sj_view view;
    struct sj_headers headers;
    struct sj_edges edges;
};

static void release(struct work *work)
{
    sj_edges_release(&work->edges);
    sj_headers_release(&work->headers);
    sj_view_release(&work->view);
    sj_report_close(&work->report);
}

static int read_asked(const struct sj_invocation *call, struct work *work, struct sj_err *err)
{
    uint64_t max = call->is_json ? 0 : DEFAULT_MAX;
    const char *text = call->value[OPT_MAX];
    if (text && sj_parse_u64(text, 1000000, &max) < 0) {
        return sj_fail_plain(err, -EINVAL, "--max: '%.60s' is no number from 0 to 1000000", text);
    }
    uint64_t window_ms = 0;
    text = call->value[OPT_WINDOW];
    if (text && (sj_parse_span_ms(text, &window_ms) < 0 || window_ms == 0)) {
        return sj_fail_plain(err, -EINVAL, "--window: '%.60s' is no span such as 90d", text);
    }
    text = call->value[OPT_SORT];
    int sort = text ? sj_headers_sort_of(text) : 0;
    if (sort < 0) {
        return sj_fail_plain(err, -EINVAL,
                             "--sort: '%.60s' is none of month, alone, cpu, units, changes, rate, "
                             "path",
                             text);
    }
    work->days = window_ms ? (double)window_ms / DAY_MS : SJ_HEADERS_DAYS;
    work->ask = (struct sj_headers_ask){
        .max = max,
        .sort = (unsigned)sort,
        .has_sources = call->value[OPT_ALL] != NULL,
        .file = UINT32_MAX,
        .edge_from = UINT32_MAX,
    };
    return 0;
}

static int load(const struct sj_invocation *call, struct work *work, struct sj_err *err)
{
    int status = sj_report_open(call, &work->report, err);
    if (status != 0) {
        return status;
    }
    if (!call->view[SJ_VIEW_SINCE]) {
        work->report.filter.since_ns = 0; // what a unit reads may have been seen long ago
    }
    const unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    status = sj_view_load(work->report.db, work->report.repo, work->report.history,
                          &work->report.filter, outcomes, &work->view, err);
    return status < 0 ? status
                      : sj_headers_make(&work->view, SJ_NO_COMMIT, work->days, &work->headers, err);
}

static int find(const struct work *work, const char *name, uint32_t *out, struct sj_err *err)
{
    int status = sj_fanout_find(&work->headers.fanout, name, out);
    if (status == -ENOENT) {
        return sj_fail_plain(err, status, "no unit reads a file '%.200s' of the repository", name);
    }
    if (status == -EEXIST) {
        return sj_fail_plain(err, status,
                             "several files end in '%.200s': say more of the path, such as "
                             "'%.200s'",
                             name,
                             sj_db_text(work->view.db, work->headers.fanout.files[*out].path));
    }
    return status;
}

// "A:B": a path may have a colon itself, so every place is tried.
static int find_edge(struct work *work, const char *text, struct sj_err *err)
{
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        SJ_AUTO(sj_auto_free) char *from = sj_strndup(text, (size_t)(colon - text));
        if (sj_fanout_find(&work->headers.fanout, from, &work->ask.edge_from) == 0 &&
            sj_fanout_find(&work->headers.fanout, colon + 1, &work->ask.file) == 0) {
            return 0;
        }
    }
    return sj_fail_plain(err, -ENOENT, "--edge: '%.200s' is no pair A:B of files that units read",
                         text);
}

static int find_edges(const struct sj_invocation *call, struct work *work, struct sj_err *err)
{
    int status = 0;
    if (call->value[OPT_EDGE]) {
        status = find_edge(work, call->value[OPT_EDGE], err);
    } else if (call->word_count > 0) {
        status = find(work, call->words[0], &work->ask.file, err);
    } else if (!call->value[OPT_EDGES]) {
        return 0;
    }
    if (status < 0) {
        return status;
    }
    work->ask.has_edges = true;
    const struct sj_edge_source source = {.repo = work->report.repo};
    status = work->ask.file == UINT32_MAX
                 ? sj_edges_make(&work->view, &work->headers, &source, &work->edges)
                 : sj_edges_to(&work->view, &work->headers, &source, work->ask.file, &work->edges);
    return status < 0 ? sj_fail(err, status, "cannot read the includes") : 0;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct work work = {0};
    int status = read_asked(call, &work, &err);
    if (status == 0) {
        status = load(call, &work, &err);
    }
    if (status == 0) {
        status = find_edges(call, &work, &err);
    }
    int result = SJ_EXIT_OK;
    if (status != 0) {
        result = sj_report_failed(status, &err);
    } else {
        sj_report_caveats(&work.report, &work.view);
        const struct sj_headers_page page = {&work.ask, &work.report, &work.view, &work.headers,
                                             &work.edges};
        if (call->is_json) {
            sj_headers_json(&page, &call->out);
        } else if (call->is_markdown) {
            sj_headers_markdown(&page, &call->out);
        } else {
            sj_headers_text(&page, &call->out);
        }
    }
    release(&work);
    return result;
}

const struct sj_command sj_command_headers = {
    .name = "headers",
    .words = "[HEADER]",
    .words_max = 1,
    .summary = "Tell what each header costs a month.",
    .text =
        "For each header of the repository that units read: how many units do, their CPU, how "
        "often it changed, and the CPU a month that is to be expected of it: its rate of "
        "changes, times its readers' CPU, times its share. A commit that touches several "
        "headers of one unit compiles it once, so each has a share of it; 'alone' is what "
        "would be saved if no unit read the header any more.\n"
        "With HEADER, also which includes lead to it, and what would be saved a month if one of "
        "them were taken out.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_VIEW | SJ_COMMAND_MARKDOWN,
    .run = run,
};
