// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "key/key.h"

#define DEFAULT_SINCE "90d"
#define ID_DIGITS     10 // of a commit, for people

const struct sj_option sj_view_options[] = {
    [SJ_VIEW_BRANCH] = {"branch", "NAME", "Only builds of this branch."},
    [SJ_VIEW_JOB] = {"job", "NAME", "Only builds of this job or configuration."},
    [SJ_VIEW_REPO] = {"repo", "DIR",
                      "Repository with the history, a bare or blobless clone will do. Default: "
                      "that of the working directory."},
    [SJ_VIEW_SINCE] = {"since", "SPAN",
                       "Only builds that began within this time, such as 30d; 'all' for every one. "
                       "Default: " DEFAULT_SINCE "."},
    [SJ_VIEW_OPTION_COUNT] = {0},
};

void sj_report_close(struct sj_report *report)
{
    if (report) {
        sj_history_close(report->history);
        sj_repo_close(report->repo);
        sj_db_close(report->db);
        sj_buf_release(&report->project);
        *report = (struct sj_report){0};
    }
}

static void show_progress(uint64_t done, uint64_t total, void *user)
{
    sj_progress_show(user, "reading records", done, total);
}

static int take_in(const struct sj_config *config, struct sj_report *report, struct sj_err *err)
{
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    int status = sj_storage_open(config, SJ_STORAGE_READ, &store, err);
    if (status < 0) {
        return status;
    }
    struct sj_progress progress;
    sj_progress_begin(&progress);
    const struct sj_db_intake intake = {
        .dir = config->cache_dir,
        .store = store,
        .progress = show_progress,
        .user = &progress,
    };
    status = sj_db_ingest(report->db, &intake, &report->ingested, err);
    sj_progress_end(&progress);
    return status;
}

static int open_records(const struct sj_config *config, struct sj_report *report,
                        struct sj_err *err)
{
    struct stat st;
    if (stat(config->cache_dir, &st) < 0) {
        return SJ_DB_NONE;
    }
    enum sj_db_mode mode = config->read_only ? SJ_DB_READ : SJ_DB_WRITE;
    int status = sj_db_open(config->cache_dir, mode, &report->db, err);
    return status == 0 && mode == SJ_DB_WRITE ? take_in(config, report, err) : status;
}

// Commits that the repository does not have are told later: the view counts them.
static int take_commits(struct sj_report *report, struct sj_err *err)
{
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    int status = sj_repo_tip(report->repo, &head, err);
    if (status < 0) {
        return status;
    }
    if (!sj_oid_is_zero(&head.commit)) {
        status = sj_history_take(report->history, &head.commit, NULL, err);
        if (status < 0 && status != -ENOENT) {
            return status;
        }
    }
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter filter = {.project = report->filter.project};
    status = sj_db_builds(report->db, &filter, &builds, &count);
    for (size_t i = 0; i < count && status >= 0; i++) {
        const struct sj_oid *const ids[] = {&builds[i].commit, &builds[i].base, &builds[i].head};
        for (size_t j = 0; j < 3 && status >= 0; j++) {
            if (!sj_oid_is_zero(ids[j]) &&
                sj_history_find(report->history, ids[j]) == SJ_NO_COMMIT) {
                status = sj_history_take(report->history, ids[j], NULL, err);
                status = status == -ENOENT ? 0 : status;
            }
        }
    }
    return status < 0 ? status : 0;
}

// One history for each repository, wherever it is opened from.
static char *history_path(const struct sj_config *config, const struct sj_repo *repo)
{
    const char *dir = sj_repo_git_dir(repo);
    struct sj_key key = sj_key_of(dir, strlen(dir));
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, hex);
    return sj_asprintf("%s/history/%s", config->cache_dir, hex);
}

static int open_repository(const struct sj_invocation *call, struct sj_report *report,
                           struct sj_err *err)
{
    const char *dir = call->view[SJ_VIEW_REPO];
    int status = sj_repo_open(dir ? dir : ".", &report->repo, err);
    if (status == SJ_REPO_NONE) {
        return dir ? sj_fail_plain(err, -ENOENT, "--repo: '%.200s' is no git repository", dir) : 0;
    }
    if (status < 0) {
        return status;
    }
    if (!report->filter.project) {
        report->project = SJ_BUF_INIT(1024);
        sj_repo_project(report->repo, &report->project);
        report->filter.project = sj_buf_text(&report->project);
    }
    SJ_AUTO(sj_auto_free) char *path = history_path(&call->config, report->repo);
    status =
        sj_history_open(report->repo, call->config.read_only ? NULL : path, &report->history, err);
    return status < 0 ? status : take_commits(report, err);
}

static int read_options(const struct sj_invocation *call, struct sj_report *report,
                        struct sj_err *err)
{
    report->filter.project = call->config.project;
    report->filter.branch = call->view[SJ_VIEW_BRANCH];
    report->filter.job = call->view[SJ_VIEW_JOB];
    const char *since = call->view[SJ_VIEW_SINCE];
    if (since && strcmp(since, "all") == 0) {
        return 0;
    }
    uint64_t span_ms;
    if (sj_parse_span_ms(since ? since : DEFAULT_SINCE, &span_ms) < 0) {
        return sj_fail_plain(err, -EINVAL, "--since: '%.60s' is no span such as 30d or 12h", since);
    }
    uint64_t now = sj_clock_ns(CLOCK_REALTIME);
    uint64_t span = span_ms < now / SJ_NS_PER_MS ? span_ms * SJ_NS_PER_MS : now;
    report->filter.since_ns = now - span;
    return 0;
}

int sj_report_open(const struct sj_invocation *call, struct sj_report *out, struct sj_err *err)
{
    SJ_AUTO(sj_report_close) struct sj_report report = {0};
    int status = read_options(call, &report, err);
    if (status == 0) {
        status = open_records(&call->config, &report, err);
    }
    if (status == 0) {
        status = open_repository(call, &report, err);
    }
    if (status != 0) {
        return status;
    }
    *out = report;
    // The project's name, where the repository told it, moves along with its buffer.
    report = (struct sj_report){0};
    return 0;
}

static void caveat(const char *text)
{
    (void)fprintf(stderr, "scrubjay: note: %s\n", text);
}

static void caveat_count(uint64_t count, const char *what)
{
    if (count > 0) {
        (void)fprintf(stderr, "scrubjay: note: %llu %s\n", (unsigned long long)count, what);
    }
}

void sj_report_caveats(const struct sj_report *report, const struct sj_view *view)
{
    for (size_t i = 0; i < sizeof view->notes / sizeof view->notes[0] && view->notes[i][0]; i++) {
        caveat(view->notes[i]);
    }
    const struct sj_db_ingested *in = &report->ingested;
    caveat_count(in->damaged_bytes, "bytes of the journal were damaged and passed over");
    caveat_count(in->without_paths, "misses whose list of inputs had left the store: no commit can "
                                    "be charged for them");
    caveat_count(in->skewed,
                 "records began before their build, or in the future: a clock is wrong");
    if (in->refused > 0) {
        (void)fprintf(stderr, "scrubjay: note: %llu records made no sense and were left out: %s\n",
                      (unsigned long long)in->refused, in->refused_why);
    }
}

int sj_report_none(void)
{
    (void)fputs("scrubjay: no records yet: run a build with 'scrubjay run -- COMMAND', or "
                "read another tool's log with 'scrubjay import'\n",
                stderr);
    return SJ_EXIT_FAILED;
}

int sj_report_failed(int status, const struct sj_err *err)
{
    if (status == SJ_DB_NONE) {
        return sj_report_none();
    }
    (void)sj_command_fail(err);
    return status == -EINVAL ? SJ_EXIT_USAGE : SJ_EXIT_FAILED;
}

int sj_report_range(struct sj_report *report, const char *text, struct sj_err *err)
{
    if (!report->repo) {
        return sj_fail_plain(err, -ENOENT,
                             "'%.100s': there is no repository here to find it in: "
                             "say where with --repo DIR",
                             text);
    }
    struct sj_oid from;
    struct sj_oid to;
    int status = sj_repo_range(report->repo, text, &from, &to, err);
    if (status == 0) {
        status = sj_history_take(report->history, &to, NULL, err);
    }
    if (status == 0 && !sj_oid_is_zero(&from)) {
        status = sj_history_take(report->history, &from, NULL, err);
    }
    if (status < 0) {
        return status;
    }
    report->filter.from = from;
    report->filter.to = to;
    report->filter.since_ns = 0;
    return 0;
}

void sj_report_commit(const struct sj_report *report, uint32_t commit, size_t width,
                      struct sj_buf *out)
{
    size_t count = 0;
    const struct sj_commit *commits =
        report->history ? sj_history_commits(report->history, &count) : NULL;
    if (commit >= count) {
        sj_buf_addc(out, '-');
        return;
    }
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&commits[commit].id, hex);
    sj_buf_addf(out, "%.*s ", ID_DIGITS, hex);
    const char *subject = commits[commit].subject;
    size_t room = width > ID_DIGITS + 1 ? width - ID_DIGITS - 1 : 1;
    size_t len = 0;
    size_t columns = 0;
    // Cut between characters, not within one.
    while (subject[len] &&
           (width == 0 || columns < room || ((unsigned char)subject[len] & 0xc0) == 0x80)) {
        columns += ((unsigned char)subject[len] & 0xc0) != 0x80;
        len++;
    }
    SJ_AUTO(sj_auto_free) char *cut = sj_strndup(subject, len);
    sj_ui_text(out, cut);
}

void sj_report_markdown(struct sj_buf *out, const char *text)
{
    for (const char *at = text ? text : "-"; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            sj_buf_addc(out, ' ');
        } else if (*at == '<') {
            sj_buf_adds(out, "&lt;");
        } else if (*at == '>') {
            sj_buf_adds(out, "&gt;");
        } else if (*at == '&') {
            sj_buf_adds(out, "&amp;");
        } else if (*at == '@') {
            // A mention would call its bearer.
            sj_buf_adds(out, "&#64;");
        } else {
            if (strchr("\\`*_{}[]()#|~!", *at)) {
                sj_buf_addc(out, '\\');
            }
            sj_buf_addc(out, *at);
        }
    }
}
