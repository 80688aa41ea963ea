// SPDX-License-Identifier: Apache-2.0
#include "wrap/compile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "observe/log.h"
#include "wrap/guard.h"
#include "wrap/keep.h"
#include "wrap/notice.h"
#include "wrap/remote.h"
#include "wrap/restore.h"
#include "wrap/wrap.h"

static size_t count_words(const char *const *words)
{
    size_t count = 0;
    while (words && words[count]) {
        count++;
    }
    return count;
}

const char *sj_compile_program(struct sj_call *call)
{
    if (!call->prefix) {
        return call->tool.path;
    }
    struct sj_tool *launcher = sj_call_alloc(call, sizeof *launcher);
    return sj_tool_next(launcher, call->prefix, call->place.path) ? launcher->path : call->prefix;
}

const char *const *sj_compile_argv(struct sj_call *call, const char *const *extra)
{
    size_t own = count_words(extra);
    size_t given = count_words(call->argv);
    const char **argv = sj_call_alloc(call, (given + own + 2) * sizeof *argv);
    size_t at = 0;
    if (call->prefix) {
        argv[at++] = call->prefix;
    }
    // By its path, not by its bare name: the name would lead the driver back to our own link when
    // it looks for where it is installed.
    argv[at++] = call->tool.path;
    for (size_t i = 0; extra && extra[i]; i++) {
        argv[at++] = extra[i];
    }
    for (size_t i = 1; i < given; i++) {
        argv[at++] = call->argv[i];
    }
    return argv;
}

char *const *sj_compile_env(struct sj_call *call)
{
    size_t count = 0;
    while (call->env[count]) {
        count++;
    }
    static const char name[] = SJ_ACTIVE_ENV "=";
    char *mark = sj_call_alloc(call, sizeof name + strlen(call->tool.path));
    memcpy(mark, name, sizeof name - 1);
    memcpy(mark + sizeof name - 1, call->tool.path, strlen(call->tool.path) + 1);
    char **env = sj_call_alloc(call, (count + 2) * sizeof *env);
    memcpy(env, call->env, count * sizeof *env);
    // A tool that is none of ours may well run compilers, and those are to be cached.
    env[count] = call->tool.toolchain ? mark : NULL;
    return env;
}

static void note_run(struct sj_call *call, const struct sj_execution *run)
{
    struct sj_record *record = &call->record;
    record->user_ns = run->user_ns;
    record->system_ns = run->system_ns;
    record->instructions = run->instructions;
    record->peak_rss_bytes = run->peak_bytes;
    record->exit_status = run->status;
    call->tool_signal = run->signal;
    sj_guard_ran(run->status);
}

static bool is_programs_fault(int status)
{
    return status == -ENOENT || status == -EACCES || status == -ENOEXEC || status == -ENOTDIR;
}

// Nothing has run. What is wrong with the program would be wrong again; for anything else (no
// descriptors, no processes, no room for the longer environment) it can still take our place.
static int cannot_run(struct sj_call *call, const struct sj_err *err)
{
    if (!is_programs_fault(err->status)) {
        sj_log("%s", err->text);
        sj_guard_fall();
    }
    char *line = sj_asprintf("scrubjay: %s\n", err->text);
    (void)sj_fd_write(STDERR_FILENO, line, strlen(line));
    free(line);
    call->record.exit_status = err->status == -ENOENT ? 127 : 126;
    return call->record.exit_status;
}

int sj_compile_plain(struct sj_call *call, struct sj_execution *run)
{
    struct sj_err err;
    run->path = sj_compile_program(call);
    run->argv = sj_compile_argv(call, NULL);
    run->env = sj_compile_env(call);
    if (sj_execute(run, &err) < 0) {
        return cannot_run(call, &err);
    }
    note_run(call, run);
    return run->status;
}

// The preload library, relative to this program: as installed, or in the build tree. NULL: neither.
static const char *find_observer(struct sj_call *call)
{
    static const char *const places[] = {"../lib/scrubjay/observe.so", "../observe/observe.so"};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0) {
        return NULL;
    }
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash) {
        return NULL;
    }
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t self_len = strlen(self);
        size_t place_len = strlen(places[i]) + 1;
        char *path = sj_call_alloc(call, self_len + place_len);
        memcpy(path, self, self_len);
        memcpy(path + self_len, places[i], place_len);
        if (access(path, R_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

static int open_log(const struct sj_call *call, struct sj_observe_log *log, struct sj_err *err)
{
    int status = sj_observe_log_open("/dev/shm", log, err);
    if (status < 0) {
        const char *temp = sj_call_env(call, "TMPDIR");
        status = sj_observe_log_open(temp ? temp : "/tmp", log, err);
    }
    return status;
}

static void store_result(struct sj_call *call, const struct sj_execution *run,
                         const struct sj_observe_log *log, bool is_forced)
{
    struct sj_err err = {0};
    if (run->was_told) {
        call->record.reason = "interrupted"; // it may have ended early and call that success
        return;
    }
    if (sj_keep(call, run, log, is_forced, &err) < 0) {
        call->record.outcome = SJ_OUTCOME_ERROR;
        call->record.reason = "store-failed";
        size_t len = strlen(err.text) + 1;
        call->record.detail = memcpy(sj_call_alloc(call, len), err.text, len);
        sj_notice(call, "store", err.text);
    } else if (call->record.flags & SJ_RECORD_STORED) {
        sj_remote_push(call);
    }
}

// What can be compiled but not observed runs as it is.
static int compile_unobserved(struct sj_call *call, const char *detail)
{
    struct sj_execution run = {0};
    call->record.reason = "unobserved";
    call->record.detail = detail;
    return sj_compile_plain(call, &run);
}

int sj_compile_observed(struct sj_call *call)
{
    const char *library = find_observer(call);
    struct sj_observe_log log = {0};
    struct sj_err err = {0};
    const char *program = sj_compile_program(call);
    if (!library) {
        sj_notice(call, "observer",
                  "the observer 'lib/scrubjay/observe.so' is not installed "
                  "beside this program: nothing can be stored");
        return compile_unobserved(call, "observe.so is missing");
    }
    if (strpbrk(library, " \t\n:$")) {
        sj_notice(call, "observer",
                  "the dynamic loader cannot take a library from a path with a blank, a colon or a "
                  "dollar sign: install scrubjay elsewhere");
        return compile_unobserved(call, library);
    }
    if (!sj_observe_can(program)) {
        return compile_unobserved(call, program);
    }
    if (open_log(call, &log, &err) < 0) {
        sj_notice(call, "observer", err.text);
        return compile_unobserved(call, "no place for the observer's log");
    }
    bool is_forced = call->action.color_arg && sj_wants_color(call);
    const char *extra[3] = {0};
    size_t extras = 0;
    if (is_forced) {
        extra[extras++] = call->action.color_arg;
    }
    if (call->config.map_base_dir && call->place.base_dir) {
        extra[extras++] = call->args.items[1];
    }
    char **env = sj_observe_env(&log, library, sj_compile_env(call));
    struct sj_execution run = {
        .path = program,
        .argv = sj_compile_argv(call, extra),
        .env = env,
        .is_captured = true,
        .out = SJ_BUF_INIT(SJ_STREAM_LIMIT),
        .err = SJ_BUF_INIT(SJ_STREAM_LIMIT),
    };
    int status = sj_execute(&run, &err);
    if (status < 0) {
        sj_observe_log_release(&log); // cannot_run() may not come back
        status = cannot_run(call, &err);
    } else {
        note_run(call, &run);
        status = run.status;
        if (status == 0) {
            store_result(call, &run, &log, is_forced);
        }
    }
    sj_observe_env_free(env);
    sj_observe_log_release(&log);
    sj_buf_release(&run.out);
    sj_buf_release(&run.err);
    return status;
}
