// SPDX-License-Identifier: Apache-2.0
// `scrubjay backfill`: past commits are built through the cache, so that history has figures.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "cli/backfill.h"
#include "cli/child.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/status_line.h"
#include "cli/ui.h"

#define MIN_FREE   ((uint64_t)1 << 30)
#define ID_DIGITS  12
#define LINE_WIDTH 60

enum option {
    OPT_DIR,
    OPT_DRY_RUN,
    OPT_EVERY,
    OPT_INCREMENTAL,
    OPT_JOB,
    OPT_JOBS,
    OPT_MAX,
    OPT_MIN_FREE,
    OPT_RETRY,
    OPT_TIMEOUT,
};

static const struct sj_option options[] = {
    [OPT_DIR] = {"dir", "DIR",
                 "Where work trees and logs go. Default: backfill/ in cache_dir, a folder for each "
                 "repository."},
    [OPT_DRY_RUN] = {"dry-run", NULL, "Say what would be built."},
    [OPT_EVERY] = {"every", "N", "Build every Nth commit only, and the last."},
    [OPT_INCREMENTAL] = {"incremental", NULL,
                         "Keep what the build of the commit before has left in the work tree. "
                         "Units that it need not compile again leave no record."},
    [OPT_JOB] = {"job", "NAME",
                 "Job or configuration that the builds belong to: they are compared with its other "
                 "builds."},
    [OPT_JOBS] = {"jobs", "N", "Build so many commits at a time. Default: 1."},
    [OPT_MAX] = {"max", "N", "Build at most N commits, the latest of them."},
    [OPT_MIN_FREE] = {"min-free", "SIZE",
                      "Begin no commit with less room on the disk. Default: 1GiB."},
    [OPT_RETRY] = {"retry", NULL, "Build those again whose build failed before."},
    [OPT_TIMEOUT] = {"timeout", "SPAN", "End a build that takes longer; it counts as failed."},
    {0},
};

/** What the command works with. */
struct work {
    struct sj_report report;
    struct sj_backfill job;
    struct sj_status_line line;
    struct sj_buf dir;
    struct sj_buf below;
    struct sj_buf branch;
    char **command;
    uint64_t began_ns;
    size_t todo; // at the start
    bool is_retry;
};

static void release(struct work *work)
{
    sj_status_release(&work->line);
    for (size_t i = 0; i < work->job.count; i++) {
        free(work->job.commits[i].build);
    }
    free(work->job.commits);
    free(work->command);
    sj_buf_release(&work->dir);
    sj_buf_release(&work->below);
    sj_buf_release(&work->branch);
    sj_report_close(&work->report);
}

static int read_number(const struct sj_invocation *call, enum option option, uint64_t max,
                       uint64_t *out)
{
    const char *text = call->value[option];
    if (text && (sj_parse_u64(text, max, out) < 0 || *out == 0)) {
        (void)fprintf(stderr, "scrubjay: --%s: '%.60s' is no number from 1 to %llu\n",
                      options[option].name, text, (unsigned long long)max);
        return -EINVAL;
    }
    return 0;
}

/** Numbers of the command line. */
struct numbers {
    uint64_t every;
    uint64_t jobs;
    uint64_t max;
};

static int read_options(const struct sj_invocation *call, struct work *work, struct numbers *out)
{
    *out = (struct numbers){.every = 1, .jobs = 1, .max = UINT32_MAX};
    uint64_t timeout_ms = 0;
    work->job.min_free_bytes = MIN_FREE;
    work->is_retry = call->value[OPT_RETRY] != NULL;
    work->job.is_incremental = call->value[OPT_INCREMENTAL] != NULL;
    if (read_number(call, OPT_EVERY, UINT32_MAX, &out->every) < 0 ||
        read_number(call, OPT_JOBS, SJ_BACKFILL_JOBS_MAX, &out->jobs) < 0 ||
        read_number(call, OPT_MAX, UINT32_MAX, &out->max) < 0) {
        return -EINVAL;
    }
    const char *text = call->value[OPT_TIMEOUT];
    if (text && sj_parse_span_ms(text, &timeout_ms) < 0) {
        (void)fprintf(stderr, "scrubjay: --timeout: '%.60s' is no span such as 10m\n", text);
        return -EINVAL;
    }
    text = call->value[OPT_MIN_FREE];
    if (text && sj_parse_size(text, &work->job.min_free_bytes) < 0) {
        (void)fprintf(stderr, "scrubjay: --min-free: '%.60s' is no size such as 2GiB\n", text);
        return -EINVAL;
    }
    work->job.timeout_ns = timeout_ms * SJ_NS_PER_MS;
    work->job.jobs = (size_t)out->jobs;
    if (call->word_count < 2) {
        (void)fputs("scrubjay: backfill what? write 'scrubjay backfill A..B -- COMMAND "
                    "[ARGUMENT]...'\n",
                    stderr);
        return -EINVAL;
    }
    work->command = sj_calloc((size_t)call->word_count, sizeof *work->command);
    for (int i = 1; i < call->word_count; i++) {
        work->command[i - 1] = call->words[i];
    }
    work->job.command = work->command;
    return 0;
}

// What is built how: the same commit built by another command is another build.
static struct sj_key key_of_command(const struct work *work)
{
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_text(hasher, sj_buf_text(&work->below));
    sj_hasher_text(hasher, work->job.is_incremental ? "incremental" : "clean");
    for (char *const *word = work->job.command; *word; word++) {
        sj_hasher_text(hasher, *word);
    }
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return key;
}

static void find_places(const struct sj_invocation *call, struct work *work)
{
    const char *git_dir = sj_repo_git_dir(work->report.repo);
    const char *root = sj_repo_root(work->report.repo);
    work->dir = SJ_BUF_INIT(PATH_MAX);
    work->below = SJ_BUF_INIT(PATH_MAX);
    work->branch = SJ_BUF_INIT(PATH_MAX);
    if (call->value[OPT_DIR]) {
        char cwd[PATH_MAX];
        const char *dir = call->value[OPT_DIR];
        bool is_full = dir[0] == '/' || !getcwd(cwd, sizeof cwd);
        sj_buf_addf(&work->dir, "%s%s%s", is_full ? "" : cwd, is_full ? "" : "/", dir);
    } else {
        struct sj_key key = sj_key_of(git_dir, strlen(git_dir));
        char hex[SJ_KEY_HEX_SIZE];
        sj_key_hex(&key, hex);
        sj_buf_addf(&work->dir, "%s/backfill/%.16s", call->config.cache_dir, hex);
    }
    SJ_AUTO(sj_auto_free) char *here = realpath(".", NULL);
    const char *below = root && here ? sj_skip_prefix(here, root) : NULL;
    if (below && *below == '/') {
        sj_buf_adds(&work->below, below + 1);
    }
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    if (sj_repo_head(work->report.repo, &head, NULL) == 0) {
        sj_buf_adds(&work->branch, sj_buf_text(&head.branch));
    }
    work->job.repo = work->report.repo;
    work->job.project = work->report.filter.project;
    work->job.name = call->value[OPT_JOB] ? call->value[OPT_JOB] : "";
    work->job.dir = sj_buf_text(&work->dir);
    work->job.below = sj_buf_text(&work->below);
    work->job.branch = sj_buf_text(&work->branch);
}

// First parents from B back to A, oldest first.
static int list_commits(struct work *work, const char *range, const struct numbers *numbers,
                        struct sj_err *err)
{
    struct sj_report *report = &work->report;
    int status = sj_report_range(report, range, err);
    if (status < 0) {
        return status;
    }
    size_t all;
    const struct sj_commit *commits = sj_history_commits(report->history, &all);
    uint32_t end = sj_oid_is_zero(&report->filter.from)
                       ? SJ_NO_COMMIT
                       : sj_history_find(report->history, &report->filter.from);
    uint32_t tip = sj_history_find(report->history, &report->filter.to);
    if (end != SJ_NO_COMMIT && !sj_history_is_ancestor(report->history, end, tip)) {
        return sj_fail_plain(err, -EINVAL,
                             "'%.100s': the first is no ancestor of the second along "
                             "first parents",
                             range);
    }
    size_t count = 0;
    for (uint32_t at = tip; at != end && at != SJ_NO_COMMIT; at = commits[at].parent) {
        count++;
    }
    size_t taken = (count + numbers->every - 1) / numbers->every;
    taken = taken > numbers->max ? (size_t)numbers->max : taken;
    work->job.commits = sj_calloc(taken + 1, sizeof *work->job.commits);
    work->job.count = taken;
    uint32_t at = tip;
    for (size_t i = 0; i < taken; i++) {
        struct sj_backfill_commit *commit = &work->job.commits[taken - 1 - i];
        commit->id = commits[at].id;
        commit->subject = commits[at].subject;
        for (uint64_t step = 0; step < numbers->every && at != end && at != SJ_NO_COMMIT; step++) {
            at = commits[at].parent;
        }
    }
    if (taken == 0) {
        return sj_fail_plain(err, -EINVAL, "'%.100s': no commits in this range", range);
    }
    return 0;
}

static void name_builds(struct work *work)
{
    struct sj_key key = key_of_command(work);
    char command[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, command);
    for (size_t i = 0; i < work->job.count; i++) {
        struct sj_backfill_commit *commit = &work->job.commits[i];
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&commit->id, hex);
        commit->build = sj_asprintf("backfill-%.*s-%.8s", ID_DIGITS, hex, command);
    }
}

// What an earlier run of the same command has built stands in the records.
static int find_done(struct work *work, struct sj_err *err)
{
    for (size_t i = 0; i < work->job.count; i++) {
        struct sj_backfill_commit *commit = &work->job.commits[i];
        struct sj_build *builds = NULL;
        size_t count = 0;
        const struct sj_db_filter filter = {.id = commit->build};
        int status = sj_db_builds(work->report.db, &filter, &builds, &count);
        if (status < 0) {
            return sj_fail(err, status, "cannot list the builds");
        }
        bool is_ended = count > 0 && (builds[0].flags & SJ_BUILD_ENDED) &&
                        builds[0].exit_status != 128 + SJ_BACKFILL_SIGNAL;
        bool is_good = is_ended && builds[0].exit_status == 0;
        if (is_good || (is_ended && !work->is_retry)) {
            commit->fate = SJ_BACKFILL_BEFORE;
            commit->exit_status = builds[0].exit_status;
        } else {
            work->todo++;
        }
        free(builds);
    }
    return 0;
}

static size_t count_fate(const struct sj_backfill *job, enum sj_backfill_fate fate)
{
    size_t count = 0;
    for (size_t i = 0; i < job->count; i++) {
        count += job->commits[i].fate == fate;
    }
    return count;
}

static const char *fate_name(enum sj_backfill_fate fate)
{
    static const char *const names[] = {
        [SJ_BACKFILL_TODO] = "todo",     [SJ_BACKFILL_BEFORE] = "built-before",
        [SJ_BACKFILL_BUSY] = "busy",     [SJ_BACKFILL_BUILT] = "built",
        [SJ_BACKFILL_FAILED] = "failed", [SJ_BACKFILL_BROKEN] = "broken",
    };
    return names[fate];
}

static void add_commit(const struct sj_backfill_commit *commit, struct sj_buf *out)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&commit->id, hex);
    sj_buf_addf(out, "%.10s ", hex);
    // Cut between characters, not within one.
    size_t len = strnlen(commit->subject, LINE_WIDTH);
    while (len > 0 && ((unsigned char)commit->subject[len] & 0xc0) == 0x80) {
        len--;
    }
    SJ_AUTO(sj_auto_free) char *cut = sj_strndup(commit->subject, len);
    sj_ui_text(out, cut);
}

static void print_line(struct work *work, const struct sj_backfill_commit *commit)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&text, "%-7s ", fate_name(commit->fate));
    SJ_AUTO(sj_buf_release) struct sj_buf span = SJ_BUF_INIT(64);
    sj_ui_time(&span, commit->wall_ns);
    sj_buf_addf(&text, "%10s  ", sj_buf_text(&span));
    add_commit(commit, &text);
    if (commit->fate == SJ_BACKFILL_FAILED) {
        sj_buf_addf(&text, "\n        status %d: see %s/log/%s", commit->exit_status, work->job.dir,
                    commit->build);
    } else if (commit->fate == SJ_BACKFILL_BROKEN) {
        sj_buf_addf(&text, "\n        cannot be checked out, or not be built: %s",
                    strerrordesc_np(commit->exit_status));
    }
    if (commit->missing > 0) {
        sj_buf_addf(&text,
                    "\n        built without %zu submodule%s: fetch with 'git submodule update'",
                    commit->missing, commit->missing == 1 ? "" : "s");
    }
    sj_status_hide(&work->line);
    (void)fprintf(stderr, "%s\n", sj_buf_text(&text));
}

static void show(const struct sj_backfill_commit *commit, void *user)
{
    struct work *work = user;
    if (commit) {
        print_line(work, commit);
    }
    size_t left =
        count_fate(&work->job, SJ_BACKFILL_TODO) + count_fate(&work->job, SJ_BACKFILL_BUSY);
    size_t done = work->todo - left;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(256);
    sj_buf_addf(&text, "scrubjay: %zu of %zu commits built", done, work->todo);
    if (done > 0 && left > 0) {
        uint64_t spent = sj_clock_ns(CLOCK_MONOTONIC) - work->began_ns;
        sj_buf_adds(&text, ", about ");
        sj_ui_time(&text, spent / done * left);
        sj_buf_adds(&text, " left");
    }
    sj_status_show(&work->line, sj_buf_text(&text));
}

static void print_json(const struct work *work, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "dir", work->job.dir);
    sj_json_open(&json, "commits", '[');
    for (size_t i = 0; i < work->job.count; i++) {
        const struct sj_backfill_commit *commit = &work->job.commits[i];
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&commit->id, hex);
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "commit", hex);
        sj_json_str(&json, "build", commit->build);
        sj_json_str(&json, "fate", fate_name(commit->fate));
        sj_json_i64(&json, "exit_status", commit->exit_status);
        sj_json_u64(&json, "wall_ns", commit->wall_ns);
        sj_json_close(&json, '}');
    }
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

static void print_text(const struct work *work, struct sj_buf *out)
{
    const struct sj_backfill *job = &work->job;
    size_t built = count_fate(job, SJ_BACKFILL_BUILT);
    size_t bad = count_fate(job, SJ_BACKFILL_FAILED) + count_fate(job, SJ_BACKFILL_BROKEN);
    size_t before = count_fate(job, SJ_BACKFILL_BEFORE);
    sj_buf_addf(out, "%zu commit%s: %zu built, %zu built before, %zu failed, %zu left\n",
                job->count, job->count == 1 ? "" : "s", built, before, bad,
                job->count - built - before - bad);
    if (built + before > 0) {
        sj_buf_adds(out, "next: scrubjay trend --since all; scrubjay blame --since all\n");
    }
}

static void print_plan(const struct work *work, struct sj_buf *out)
{
    for (size_t i = 0; i < work->job.count; i++) {
        const struct sj_backfill_commit *commit = &work->job.commits[i];
        sj_buf_addf(out, "%-12s ", fate_name(commit->fate));
        add_commit(commit, out);
        sj_buf_addc(out, '\n');
    }
}

static int build_all(struct sj_invocation *call, struct work *work)
{
    struct sj_err err;
    int signal = 0;
    sj_status_init(&work->line, STDERR_FILENO, SJ_STATUS_AUTO);
    work->began_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = work->todo ? sj_backfill_run(&work->job, show, work, &signal, &err) : 0;
    sj_status_hide(&work->line);
    if (call->is_json) {
        print_json(work, &call->out);
    } else if (status >= 0) {
        print_text(work, &call->out);
    }
    if (status < 0) {
        return sj_command_fail(&err);
    }
    if (status == SJ_BACKFILL_STOPPED) {
        (void)fprintf(stderr, "scrubjay: stopped%s%s; the same command goes on from here\n",
                      signal ? "" : ": ", signal ? " by a signal" : err.text);
        return signal ? 128 + signal : SJ_EXIT_FAILED;
    }
    size_t bad =
        count_fate(&work->job, SJ_BACKFILL_FAILED) + count_fate(&work->job, SJ_BACKFILL_BROKEN);
    return bad ? SJ_EXIT_FAILED : SJ_EXIT_OK;
}

static int prepare(struct sj_invocation *call, struct work *work, struct numbers *numbers,
                   struct sj_err *err)
{
    (void)sj_dir_make(call->config.cache_dir, 0777);
    int status = sj_report_open(call, &work->report, err);
    if (status == SJ_DB_NONE) {
        status =
            sj_fail_plain(err, -ENOENT, "cannot use the records in '%s'", call->config.cache_dir);
    }
    if (status == 0 && !work->report.repo) {
        status = sj_fail_plain(err, -ENOENT, "there is no git repository here, nor above");
    }
    if (status < 0) {
        return status;
    }
    status = list_commits(work, call->words[0], numbers, err);
    if (status < 0) {
        return status;
    }
    find_places(call, work);
    name_builds(work);
    return find_done(work, err);
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct numbers numbers;
    SJ_AUTO(release) struct work work = {0};
    if (read_options(call, &work, &numbers) < 0) {
        return SJ_EXIT_USAGE;
    }
    if (prepare(call, &work, &numbers, &err) < 0) {
        return sj_command_fail(&err);
    }
    if (call->value[OPT_DRY_RUN]) {
        (call->is_json ? print_json : print_plan)(&work, &call->out);
        return SJ_EXIT_OK;
    }
    return build_all(call, &work);
}

const struct sj_command sj_command_backfill = {
    .name = "backfill",
    .words = "A..B -- COMMAND [ARGUMENT]...",
    .words_max = INT_MAX,
    .summary = "Build past commits through the cache, so that history has figures.",
    .text = "Check out each commit behind A up to B, along first parents, into a work tree of its "
            "own, and build it there with COMMAND through the cache, as 'scrubjay run' does. "
            "Trends, charges and predictions then have a past to look at. Your own work tree, "
            "index and branches are not touched.\n"
            "What has been built is not built again: the same command, given once more, goes on "
            "where it was stopped. Each build begins with a clean work tree, so that every unit "
            "leaves a record; what has not changed comes from the cache.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
