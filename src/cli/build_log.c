// SPDX-License-Identifier: Apache-2.0
#include "cli/build_log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/build_id.h"
#include "cli/build_note.h"
#include "cli/machine.h"
#include "cli/run_env.h"
#include "record/journal.h"
#include "record/ledger.h"

void sj_build_log_release(struct sj_build_log *log)
{
    sj_repo_close(log->repo);
    *log = (struct sj_build_log){0};
}

int sj_build_repo_open(const struct sj_config *config, const char *workspace, struct sj_repo **out,
                       struct sj_err *err)
{
    const char *const places[] = {".", config->base_dir, workspace};
    *out = NULL;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int status = places[i] && *places[i] ? sj_repo_open(places[i], out, err) : SJ_REPO_NONE;
        if (status != SJ_REPO_NONE) {
            return status;
        }
    }
    return 0;
}

int sj_build_log_append(const struct sj_build_log *log, struct sj_note *note)
{
    const struct sj_config *config = log->config;
    // A phase is of what ran in it, not of the build.
    SJ_AUTO(sj_buf_release) struct sj_buf labels = SJ_BUF_INIT(2 * (size_t)SJ_LABEL_MAX);
    const char *given = getenv(SJ_RUN_LABEL_ENV);
    if (log->phase) {
        sj_label_phase(given ? given : "", NULL, &labels);
    } else {
        sj_buf_adds(&labels, given ? given : "");
    }
    note->build = log->id;
    note->label = labels.len > 0 ? labels.data : NULL;
    int status = sj_journal_append_note(config->cache_dir, config->journal_size, note);
    if (status == SJ_JOURNAL_ROTATED) {
        (void)sj_ledger_fold(config->cache_dir, SJ_LEDGER_KEEP, NULL, NULL);
        return 0;
    }
    if (status < 0) {
        sj_log("cannot note the build in the journal: %s", strerrordesc_np(-status));
    }
    return status;
}

static void append_pairs(const struct sj_build_log *log, enum sj_note_kind kind, uint64_t time_ns,
                         const struct sj_build_note *pairs)
{
    struct sj_note note = {
        .kind = kind,
        .time_ns = time_ns,
        .pairs = pairs->pairs,
        .pair_count = pairs->count,
    };
    (void)sj_build_log_append(log, &note);
}

static void open_repo(struct sj_build_log *log, const struct sj_ci *ci)
{
    struct sj_err err = {0};
    if (sj_build_repo_open(log->config, ci->workspace, &log->repo, &err) < 0) {
        sj_log("what is checked out is not known: %s", err.text);
    }
}

static bool look_at_head(const struct sj_build_log *log, struct sj_repo_head *head)
{
    struct sj_err err = {0};
    if (!log->repo) {
        return false;
    }
    if (sj_repo_head(log->repo, head, &err) < 0) {
        sj_log("what is checked out is not known: %s", err.text);
        return false;
    }
    return true;
}

static void note_begin(struct sj_build_log *log, const struct sj_ci *ci)
{
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf project = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf machine = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf job = SJ_BUF_INIT(SJ_LABEL_MAX);
    SJ_AUTO(sj_build_note_release) struct sj_build_note pairs = {0};
    char cwd[PATH_MAX];
    const char *labels = getenv(SJ_RUN_LABEL_ENV);
    const char *backfill = getenv(SJ_RUN_BACKFILL_ENV);
    const char *root = log->repo ? sj_repo_root(log->repo) : NULL;
    bool has_head = look_at_head(log, &head);
    if (log->repo) {
        sj_repo_project(log->repo, &project);
    }
    sj_machine_name(&machine);
    (void)sj_label_find(labels ? labels : "", "job", &job);
    const struct sj_build_source source = {
        .ci = ci,
        .head = has_head ? &head : NULL,
        .repo_project = sj_buf_text(&project),
        .project = log->config->project,
        .job = sj_buf_text(&job),
        .root = root ? root : getcwd(cwd, sizeof cwd),
        .base_dir = log->config->base_dir,
        .machine = sj_buf_text(&machine),
        .cpus = sj_machine_cpus(),
        .backfill = backfill && *backfill ? backfill : NULL,
    };
    sj_build_note_begin(&source, &pairs);
    append_pairs(log, SJ_NOTE_BEGIN, log->start_ns, &pairs);
}

static bool is_on(const struct sj_build_log *log)
{
    return log->config && log->config->stats;
}

void sj_build_log_begin(struct sj_build_log *log)
{
    log->start_ns = sj_clock_ns(CLOCK_REALTIME);
    if (is_on(log) && log->is_own) {
        struct sj_ci ci;
        sj_ci_read(&ci);
        open_repo(log, &ci);
        note_begin(log, &ci);
        // What it took is no part of the build.
        uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
        sj_log("noting the build's beginning took %" PRIu64 " us", (now_ns - log->start_ns) / 1000);
        log->start_ns = now_ns;
    }
}

void sj_build_log_end(struct sj_build_log *log, const struct sj_child_end *end)
{
    if (!is_on(log)) {
        return;
    }
    // What failed when it was told to end has been ended, whatever it made of that itself.
    bool was_ended = end->told_signal && end->exit_status != 0;
    int status = was_ended ? 128 + end->told_signal : end->exit_status;
    uint64_t exit_status = (uint64_t)(unsigned)status;
    if (log->phase) {
        SJ_AUTO(sj_build_note_release) struct sj_build_note pairs = {0};
        sj_build_note_add(&pairs, "name", log->phase);
        sj_build_note_add_u64(&pairs, "exit_status", exit_status);
        sj_build_note_add_u64(&pairs, "wall_ns", end->wall_ns);
        sj_build_note_add_u64(&pairs, "cpu_ns", end->user_ns + end->system_ns);
        append_pairs(log, SJ_NOTE_PHASE, log->start_ns, &pairs);
    }
    if (log->is_own) {
        SJ_AUTO(sj_build_note_release) struct sj_build_note pairs = {0};
        sj_build_note_add_u64(&pairs, "exit_status", exit_status);
        sj_build_note_add_u64(&pairs, "wall_ns", end->wall_ns);
        sj_build_note_add_u64(&pairs, "user_ns", end->user_ns);
        sj_build_note_add_u64(&pairs, "system_ns", end->system_ns);
        append_pairs(log, SJ_NOTE_END, sj_clock_ns(CLOCK_REALTIME), &pairs);
    }
}
