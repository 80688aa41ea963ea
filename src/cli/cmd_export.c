// SPDX-License-Identifier: Apache-2.0
// `scrubjay export`.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/trace_cause.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/ui.h"
#include "trace/export_metrics.h"
#include "trace/export_rows.h"
#include "trace/feed.h"

enum {
    OPT_BUILD,
    OPT_OUTPUT,
};

static const struct sj_option options[] = {
    [OPT_BUILD] = {"build", "ID",
                   "Only this build; 'last' is the latest one, which is what a trace is of unless "
                   "--since is given."},
    [OPT_OUTPUT] = {"output", "FILE",
                    "Write to this file instead of standard output. It is replaced as a whole, "
                    "when all has gone well."},
    {NULL, NULL, NULL},
};

/** An export under way. */
struct export_run {
    struct sj_db *db;
    const struct sj_report *report;
    const struct sj_build *builds;
    size_t count;
    struct sj_export_out out;
    struct sj_progress *progress;
    struct sj_err *err;
};

/** A format. */
struct format {
    const char *name;
    bool is_of_one; /**< of the latest build only, when nothing else is said */
    int (*write)(struct export_run *run);
};

// One line for each action, by a function for one.
static int write_rows(struct export_run *run,
                      void (*row)(const struct sj_export_build *, const struct sj_export_action *,
                                  struct sj_buf *))
{
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t size = 0;
    for (size_t i = 0; i < run->count; i++) {
        size_t count = 0;
        struct sj_feed_build build;
        sj_feed_build(&run->builds[i], &build);
        int status =
            sj_db_samples(run->db, run->builds[i].number, SJ_OUTCOME_ANY, &samples, &count, &size);
        for (size_t k = 0; k < count && status >= 0; k++) {
            struct sj_export_action action;
            status = sj_feed_action(run->db, &samples[k], &action);
            if (status >= 0) {
                row(&build.build, &action, run->out.buf);
                status = sj_export_flush(&run->out);
            }
        }
        if (status < 0) {
            return status;
        }
        sj_progress_show(run->progress, "writing builds", i + 1, run->count);
    }
    return 0;
}

static int write_csv(struct export_run *run)
{
    sj_export_csv_head(run->out.buf);
    return write_rows(run, sj_export_csv_row);
}

static int write_jsonl(struct export_run *run)
{
    return write_rows(run, sj_export_json_row);
}

static int write_metrics(struct export_run *run)
{
    const char *outcomes[SJ_OUTCOME_COUNT] = {NULL};
    for (int i = SJ_OUTCOME_HIT; i < SJ_OUTCOME_COUNT; i++) {
        outcomes[i] = sj_outcome_name((enum sj_outcome)i);
    }
    size_t size = run->count > 0 ? run->count : 1;
    SJ_AUTO(sj_auto_free) struct sj_feed_build *feeds = sj_calloc(size, sizeof(*feeds));
    SJ_AUTO(sj_auto_free) struct sj_export_build *builds = sj_calloc(size, sizeof(*builds));
    for (size_t i = 0; i < run->count; i++) {
        sj_feed_build(&run->builds[i], &feeds[i]);
        builds[i] = feeds[i].build;
    }
    sj_export_metrics(builds, run->count, outcomes, SJ_OUTCOME_COUNT, run->out.buf);
    return 0;
}

static void tell_left(uint64_t spans)
{
    if (spans > 0) {
        (void)fprintf(stderr,
                      "scrubjay: note: %llu spans were left out: they lie outside the unit they "
                      "belong to, or the build has no such unit\n",
                      (unsigned long long)spans);
    }
}

static int explain(const struct export_run *run, const struct sj_build *build,
                   struct sj_feed_trace *trace, struct sj_pool *pool)
{
    const struct sj_report *report = run->report;
    const struct sj_view_filter filter = {.project = build->project};
    struct sj_view view = {0};
    int status =
        sj_view_load(report->db, report->repo, report->history, &filter, 0, &view, run->err);
    if (status == 0) {
        status = sj_trace_explain(&view, build, trace, pool, run->err);
        sj_view_release(&view);
    }
    return status;
}

static int write_traces(struct export_run *run, struct sj_feed_trace *traces, struct sj_pool *pool)
{
    SJ_AUTO(sj_auto_free)
    struct sj_chrome_build *builds = sj_calloc(run->count + 1, sizeof(*builds));
    uint64_t lost = 0;
    for (size_t i = 0; i < run->count; i++) {
        int status = sj_feed_trace(run->db, &run->builds[i], &traces[i]);
        if (status == 0) {
            status = explain(run, &run->builds[i], &traces[i], pool);
        }
        if (status < 0) {
            return status;
        }
        builds[i] = (struct sj_chrome_build){
            .build = traces[i].about.build,
            .actions = traces[i].actions,
            .action_count = traces[i].count,
            .spans = traces[i].spans,
            .span_count = traces[i].span_count,
        };
        lost += traces[i].lost_spans;
    }
    struct sj_chrome_left left;
    int status = sj_export_chrome(builds, run->count, &run->out, &left);
    tell_left(lost + left.spans);
    return status;
}

static int write_chrome(struct export_run *run)
{
    SJ_AUTO(sj_auto_free)
    struct sj_feed_trace *traces = sj_calloc(run->count + 1, sizeof(*traces));
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    int status = write_traces(run, traces, &pool);
    for (size_t i = 0; i < run->count; i++) {
        sj_feed_trace_release(&traces[i]);
    }
    return status;
}

static const struct format formats[] = {
    {"chrome", true, write_chrome},
    {"csv", false, write_csv},
    {"jsonl", false, write_jsonl},
    {"openmetrics", false, write_metrics},
};

static const struct format *find_format(const struct sj_invocation *call, struct sj_err *err)
{
    const char *name = call->word_count == 1 ? call->words[0] : NULL;
    for (size_t i = 0; name && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(1024);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        sj_buf_addf(&names, "%s%s", i > 0 ? ", " : "", formats[i].name);
    }
    if (name) {
        (void)sj_fail_plain(err, -EINVAL, "there is no format '%.60s': choose one of %s", name,
                            sj_buf_text(&names));
    } else {
        (void)sj_fail_plain(err, -EINVAL, "name a format: one of %s", sj_buf_text(&names));
    }
    return NULL;
}

// Which builds: those that the options ask for, or of a trace the latest one.
static int list_builds(const struct sj_invocation *call, const struct sj_report *report,
                       const struct format *format, struct sj_build **out, struct export_run *run,
                       struct sj_err *err)
{
    const char *id = call->value[OPT_BUILD];
    bool is_last = id ? strcmp(id, "last") == 0 : format->is_of_one && !call->view[SJ_VIEW_SINCE];
    const struct sj_db_filter filter = {
        .project = report->filter.project,
        .branch = report->filter.branch,
        .job = report->filter.job,
        .id = is_last ? NULL : id,
        .since_ns = id || is_last ? 0 : report->filter.since_ns,
    };
    int status = sj_db_builds(report->db, &filter, out, &run->count);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the builds");
    }
    if (run->count == 0 && (id || is_last)) {
        return sj_fail_plain(err, -ENOENT,
                             "there is no such build: 'scrubjay stats --builds' "
                             "lists those there are");
    }
    run->builds = *out;
    if (is_last) {
        run->builds = &(*out)[run->count - 1];
        run->count = 1;
    }
    return 0;
}

// Unless what failed has said it already.
static int fail(struct sj_err *err, int status, const char *target)
{
    return err->status < 0 ? err->status : sj_fail(err, status, "cannot write '%s'", target);
}

static int flush_to(void *user, struct sj_buf *buf)
{
    const int *fd = user;
    int status = buf->is_full ? -EFBIG : sj_fd_write(*fd, sj_buf_text(buf), buf->len);
    sj_buf_clear(buf);
    return status;
}

static int write_to(struct export_run *run, const struct format *format, int fd)
{
    run->out.flush = flush_to;
    run->out.user = &fd;
    int status = format->write(run);
    status = status < 0 ? status : flush_to(&fd, run->out.buf);
    run->out.user = NULL;
    return status;
}

static int write_file(struct export_run *run, const struct format *format, const char *path,
                      struct sj_err *err)
{
    SJ_AUTO(sj_tempfile_release) struct sj_tempfile file = {0};
    int status = sj_tempfile_open(&file, path, 0666);
    if (status == 0) {
        status = write_to(run, format, file.fd);
    }
    if (status == 0) {
        status = sj_tempfile_commit(&file);
    }
    return status < 0 ? fail(err, status, path) : 0;
}

static int write_all(struct sj_invocation *call, struct export_run *run,
                     const struct format *format, struct sj_err *err)
{
    struct sj_progress progress;
    sj_progress_begin(&progress);
    run->progress = &progress;
    const char *path = call->value[OPT_OUTPUT];
    int status;
    if (path) {
        status = write_file(run, format, path, err);
    } else {
        status = write_to(run, format, STDOUT_FILENO);
        status = status < 0 ? fail(err, status, "standard output") : 0;
    }
    sj_progress_end(&progress);
    run->progress = NULL;
    return status;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err = {0};
    const struct format *format = find_format(call, &err);
    if (!format) {
        (void)sj_command_fail(&err);
        return SJ_EXIT_USAGE;
    }
    SJ_AUTO(sj_report_close) struct sj_report report = {0};
    int status = sj_report_open(call, &report, &err);
    if (status == SJ_DB_NONE) {
        return sj_report_none();
    }
    struct export_run exported = {
        .db = report.db, .report = &report, .err = &err, .out = {.buf = &call->out}};
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    if (status == 0) {
        status = list_builds(call, &report, format, &builds, &exported, &err);
    }
    if (status == 0) {
        status = write_all(call, &exported, format, &err);
    }
    return status < 0 ? sj_command_fail(&err) : SJ_EXIT_OK;
}

const struct sj_command sj_command_export = {
    .name = "export",
    .words = "FORMAT",
    .words_max = 1,
    .summary = "Write builds and records in a form that other tools read.",
    .text = "chrome: a trace of the latest build, or of those that --build or --since name, in "
            "Chrome's Trace Event format: what ran when, in as many rows as jobs ran at once. "
            "ui.perfetto.dev, speedscope and about:tracing open it, without sending it anywhere.\n"
            "csv: one line for each action, with a line of names, by RFC 4180.\n"
            "jsonl: the same as JSON, one object a line.\n"
            "openmetrics: sums by project and branch, for Prometheus' text file collector.",
    .options = options,
    .flags = SJ_COMMAND_VIEW,
    .run = run,
};
