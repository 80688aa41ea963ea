// SPDX-License-Identifier: Apache-2.0
#include "cli/forecast_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "analyze/patch.h"
#include "base/file.h"
#include "base/parse.h"
#include "repo/pending.h"

#define JOBS_MAX   4096
#define RECORD_MAX 100000

void sj_forecast_work_release(struct sj_forecast_work *work)
{
    if (work) {
        sj_forecast_release(&work->forecast);
        sj_changes_release(&work->request.changes);
        sj_view_release(&work->view);
        sj_report_close(&work->report);
    }
}

static int read_numbers(const struct sj_forecast_ask *ask, struct sj_forecast_request *request,
                        struct sj_err *err)
{
    uint64_t jobs = 0;
    if (ask->jobs && (sj_parse_u64(ask->jobs, JOBS_MAX, &jobs) < 0 || jobs == 0)) {
        return sj_fail_plain(err, -EINVAL, "--jobs: '%.60s' is no number from 1 to %d", ask->jobs,
                             JOBS_MAX);
    }
    uint64_t record = SJ_TRACK_BUILDS;
    if (ask->record && sj_parse_u64(ask->record, RECORD_MAX, &record) < 0) {
        return sj_fail_plain(err, -EINVAL, "--record: '%.60s' is no number from 0 to %d",
                             ask->record, RECORD_MAX);
    }
    request->jobs = (unsigned)jobs;
    request->record = record;
    return 0;
}

static int check(const struct sj_forecast_ask *ask, struct sj_err *err)
{
    if ((ask->words != NULL) + (ask->diff != NULL) + ask->is_staged > 1) {
        return sj_fail_plain(err, -EINVAL,
                             "a commit or range, --diff and --staged exclude each other");
    }
    return 0;
}

static int read_diff(const char *path, struct sj_changes *changes, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_PATCH_LIMIT);
    int status = strcmp(path, "-") == 0 ? sj_fd_read(STDIN_FILENO, &text)
                                        : sj_file_read(AT_FDCWD, path, &text);
    if (status < 0) {
        return sj_fail(err, status, "cannot read '%.200s'", path);
    }
    struct sj_err cause;
    status = sj_patch_read(sj_buf_text(&text), text.len, changes, &cause);
    return status < 0 ? sj_fail_plain(err, status, "'%.200s': %.250s", path, cause.text) : 0;
}

static int take_staged(const struct sj_pending *change, void *user)
{
    bool was_there = !sj_oid_is_zero(&change->before);
    bool is_there = !sj_oid_is_zero(&change->after);
    if (was_there && is_there && sj_oid_eq(&change->before, &change->after)) {
        return 0; // its mode alone
    }
    enum sj_changed_kind kind = !was_there  ? SJ_CHANGED_ADDED
                                : !is_there ? SJ_CHANGED_REMOVED
                                            : SJ_CHANGED_EDIT;
    sj_changes_add(user, kind, change->path, NULL, change->is_submodule);
    return 0;
}

static int need_repository(const struct sj_report *report, const char *what, struct sj_err *err)
{
    return report->repo ? 0
                        : sj_fail_plain(err, -ENOENT,
                                        "%.100s: there is no repository here to find it in: say "
                                        "where with --repo DIR",
                                        what);
}

// HEAD, which what is staged and diffs are held against.
static int take_head(struct sj_report *report, struct sj_oid *out, struct sj_err *err)
{
    if (!report->repo) {
        return 0;
    }
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    int status = sj_repo_head(report->repo, &head, err);
    *out = head.commit;
    return status;
}

static int take_range(struct sj_report *report, const char *text,
                      struct sj_forecast_request *request, struct sj_err *err)
{
    struct sj_oid from = {{0}};
    struct sj_oid to;
    int status = strstr(text, "..") ? sj_repo_range(report->repo, text, &from, &to, err)
                                    : sj_repo_find(report->repo, text, &to, err);
    if (status == 0) {
        status = sj_history_take(report->history, &to, NULL, err);
    }
    if (status == 0 && !sj_oid_is_zero(&from)) {
        status = sj_history_take(report->history, &from, NULL, err);
    }
    if (status < 0) {
        return status;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(report->history, &count);
    uint32_t place = sj_history_find(report->history, &to);
    if (sj_oid_is_zero(&from) && place != SJ_NO_COMMIT && commits[place].parent != SJ_NO_COMMIT) {
        from = commits[commits[place].parent].id;
    }
    request->from = from;
    request->to = to;
    return 0;
}

static int find_change(const struct sj_forecast_ask *ask, struct sj_forecast_work *work,
                       struct sj_err *err)
{
    struct sj_report *report = &work->report;
    struct sj_forecast_request *request = &work->request;
    if (ask->diff) {
        int status = take_head(report, &request->from, err);
        return status < 0 ? status : read_diff(ask->diff, &request->changes, err);
    }
    int status = need_repository(report, ask->is_staged ? "--staged" : "the change", err);
    if (status < 0) {
        return status;
    }
    if (ask->is_staged) {
        status = take_head(report, &request->from, err);
        if (status == 0) {
            status = sj_repo_pending(report->repo, take_staged, &request->changes, err);
        }
        sj_changes_sort(&request->changes);
        return status;
    }
    return take_range(report, ask->words ? ask->words : "HEAD", request, err);
}

int sj_forecast_ask(const struct sj_invocation *call, const struct sj_forecast_ask *ask,
                    struct sj_forecast_work *out, struct sj_err *err)
{
    *out = (struct sj_forecast_work){.request = {.changes = SJ_CHANGES_NONE}};
    int status = check(ask, err);
    if (status == 0) {
        status = read_numbers(ask, &out->request, err);
    }
    if (status == 0) {
        status = sj_report_open(call, &out->report, err);
    }
    if (status != 0) {
        return status;
    }
    status = find_change(ask, out, err);
    if (status < 0) {
        return status;
    }
    // What a unit reads may have been seen long ago, if it was not compiled since.
    if (!call->view[SJ_VIEW_SINCE]) {
        out->report.filter.since_ns = 0;
    }
    const unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS) |
                              SJ_OUTCOME_BIT(SJ_OUTCOME_BYPASS);
    status = sj_view_load(out->report.db, out->report.repo, out->report.history,
                          &out->report.filter, outcomes, &out->view, err);
    return status < 0 ? status : sj_forecast_make(&out->view, &out->request, &out->forecast, err);
}
