// SPDX-License-Identifier: Apache-2.0
// A compile in a directory and a store of its own, with no settings but the defaults.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/doctor.h"
#include "cli/reason.h"
#include "cli/self.h"
#include "cli/ui.h"
#include "record/journal.h"
#include "wrap/tool.h"

#define TRIES 3 /**< the first results may be racy on a file system with coarse times */

/** A trial. */
struct trial {
    char dir[64];  // holds everything; empty: none
    char *wrapper; // program
    const char *compiler;
    char **env;  // for the wrapper
    char *store; // its SCRUBJAY_DIR
};

static void release(struct trial *trial)
{
    if (trial->dir[0]) {
        (void)sj_tree_remove(trial->dir);
    }
    for (char **at = trial->env; at && *at; at++) {
        free(*at);
    }
    free(trial->env);
    free(trial->store);
    free(trial->wrapper);
}

// Ours without settings: they are checked elsewhere, and must not decide this.
static void make_env(struct trial *trial)
{
    size_t count = 0;
    while (environ[count]) {
        count++;
    }
    trial->env = sj_calloc(count + 5, sizeof *trial->env);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!sj_skip_prefix(environ[i], "SCRUBJAY_") &&
            !sj_skip_prefix(environ[i], "XDG_CONFIG_HOME=")) {
            trial->env[kept++] = sj_strdup(environ[i]);
        }
    }
    trial->env[kept++] = sj_asprintf("SCRUBJAY_DIR=%s", trial->store);
    trial->env[kept++] = sj_strdup("SCRUBJAY_SYSTEM_CONF=");
    trial->env[kept++] = sj_strdup("SCRUBJAY_PROJECT_CONF=");
    trial->env[kept] = sj_asprintf("XDG_CONFIG_HOME=%s/none", trial->dir);
}

static const char *pick_compiler(void)
{
    static const char *const names[] = {"cc", "gcc", "clang"};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
    const char *path = getenv("PATH");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sj_tool tool = {0};
        while (sj_tool_next(&tool, names[i], path)) {
            if (!sj_tool_is_self(&tool) && !sj_tool_is_cache(&tool) && sj_tool_claim(&tool)) {
                return names[i];
            }
        }
    }
    return NULL;
}

static int prepare(struct trial *trial, struct sj_err *err)
{
    static const char header[] = "#define ANSWER 42\n";
    static const char source[] = "#include \"trial.h\"\nint answer(void) { return ANSWER; }\n";
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
    const char *temp = getenv("TMPDIR");
    bool is_short = temp && *temp == '/' && strlen(temp) < 32;
    (void)snprintf(trial->dir, sizeof trial->dir, "%s/scrubjay-doctor.XXXXXX",
                   is_short ? temp : "/tmp");
    if (!mkdtemp(trial->dir)) {
        trial->dir[0] = '\0';
        return sj_fail(err, -errno, "cannot make a directory for the trial");
    }
    trial->store = sj_asprintf("%s/store", trial->dir);
    make_env(trial);
    SJ_AUTO(sj_auto_free) char *work = sj_asprintf("%s/work", trial->dir);
    SJ_AUTO(sj_auto_free) char *header_path = sj_asprintf("%s/trial.h", work);
    SJ_AUTO(sj_auto_free) char *source_path = sj_asprintf("%s/trial.c", work);
    int status = sj_dir_make(work, 0700);
    status = status < 0 ? status : sj_file_write(header_path, 0600, header, sizeof header - 1);
    status = status < 0 ? status : sj_file_write(source_path, 0600, source, sizeof source - 1);
    return status < 0 ? sj_fail(err, status, "cannot write to '%s'", work) : 0;
}

static int compile(const struct trial *trial, struct sj_err *err)
{
    char *argv[] = {sj_strdup("scrubjay"),
                    sj_strdup(trial->compiler),
                    sj_strdup("-c"),
                    sj_asprintf("%s/work/trial.c", trial->dir),
                    sj_strdup("-o"),
                    sj_asprintf("%s/work/trial.o", trial->dir),
                    NULL};
    SJ_AUTO(sj_auto_free) char *log = sj_asprintf("%s/log", trial->dir);
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = 0;
    int status = -posix_spawn(&pid, trial->wrapper, &actions, NULL, argv, trial->env);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; argv[i]; i++) {
        free(argv[i]);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot start '%s'", trial->wrapper);
    }
    int end = 0;
    while (waitpid(pid, &end, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0) {
        return 0;
    }
    struct sj_buf said = SJ_BUF_INIT(4096);
    (void)sj_file_read(AT_FDCWD, log, &said);
    size_t first = strcspn(sj_buf_text(&said), "\n");
    status = sj_fail_plain(err, -EIO, "'%s' failed through the wrapper: %.*s", trial->compiler,
                           (int)(first < 200 ? first : 200), sj_buf_text(&said));
    sj_buf_release(&said);
    return status;
}

/** What the last record of the trial says. */
struct outcome {
    enum sj_outcome outcome;
    uint64_t wall_ns;
    bool is_stored;
    char reason[200];
};

static void read_last(const struct trial *trial, struct outcome *out)
{
    struct sj_journal *journal;
    struct sj_record record;
    *out = (struct outcome){0};
    if (sj_journal_open(trial->store, &journal, NULL) < 0) {
        return;
    }
    while (sj_journal_next(journal, &record) == 0) {
        out->outcome = record.outcome;
        out->wall_ns = record.wall_ns;
        out->is_stored = record.flags & SJ_RECORD_STORED;
        (void)snprintf(out->reason, sizeof out->reason, "%s%s%s", sj_reason_text(record.reason),
                       record.detail ? ": " : "", record.detail ? record.detail : "");
    }
    sj_journal_close(journal);
}

static void judge(struct sj_doctor *doctor, const struct trial *trial, const struct outcome *last,
                  uint64_t miss_ns)
{
    if (last->outcome == SJ_OUTCOME_HIT) {
        struct sj_buf miss = SJ_BUF_INIT(100);
        struct sj_buf hit = SJ_BUF_INIT(100);
        sj_ui_time(&miss, miss_ns);
        sj_ui_time(&hit, last->wall_ns);
        sj_doctor_add(doctor, SJ_LEVEL_OK, "trial", NULL,
                      "'%s' was observed, stored (%s) and taken from the store (%s)",
                      trial->compiler, sj_buf_text(&miss), sj_buf_text(&hit));
        sj_buf_release(&miss);
        sj_buf_release(&hit);
    } else if (last->outcome == 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "trial", "look at what the wrapper says when it runs",
                      "'%s' left no record", trial->compiler);
    } else {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "trial",
                      "set log to a file and compile once more: it says what happened",
                      "'%s' was not taken from the store (%s, %sstored: %s)", trial->compiler,
                      sj_outcome_name(last->outcome), last->is_stored ? "" : "not ", last->reason);
    }
}

static void run_trial(struct sj_doctor *doctor, struct trial *trial)
{
    struct sj_err err;
    int status = prepare(trial, &err);
    struct outcome last = {0};
    uint64_t miss_ns = 0;
    for (int i = 0; status == 0 && i <= TRIES && last.outcome != SJ_OUTCOME_HIT; i++) {
        miss_ns = last.wall_ns;
        // What is as young as a tick of the file system's clock is never stored.
        const struct timespec wait = {.tv_sec = i > 1, .tv_nsec = 50 * 1000 * 1000};
        (void)nanosleep(&wait, NULL);
        status = compile(trial, &err);
        read_last(trial, &last);
    }
    if (status < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "trial",
                      "try the compiler without scrubjay: is it whole?", "%s", err.text);
    } else {
        judge(doctor, trial, &last, miss_ns);
    }
}

void sj_doctor_trial(struct sj_doctor *doctor)
{
    struct trial trial = {.wrapper = sj_self_wrapper(), .compiler = pick_compiler()};
    if (!trial.wrapper) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "trial", "install scrubjay as a whole",
                      "'scrubjay' is not where it belongs, beside this program");
    } else if (trial.compiler) {
        run_trial(doctor, &trial);
    }
    release(&trial);
}
