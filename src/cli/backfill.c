// SPDX-License-Identifier: Apache-2.0
#include "cli/backfill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/run_env.h"
#include "cli/self.h"
#include "repo/worktree.h"

#define TICK_MS      250
#define KILL_AFTER_S 10 // between SIGTERM and SIGKILL

/** A work tree and what is built in it. */
struct worker {
    struct sj_tree *tree;
    char *root;     // of the work tree
    size_t next;    // first commit of its share that may be to do
    size_t end;     // behind the last of its share
    size_t current; // being built
    pid_t pid;      // of the build, which leads a process group; 0: idle
    uint64_t began_ns;
    uint64_t term_ns; // when it was told to end; 0: it was not
};

/** A backfill under way. */
struct state {
    struct sj_backfill *job;
    char *wrapper;
    struct worker workers[SJ_BACKFILL_JOBS_MAX];
    int signal; // that asks us to end
    bool is_full;
    sigset_t old_mask;
    sj_backfill_tell *tell;
    void *user;
};

static uint64_t now_ns(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC);
}

static void tell_user(const struct state *state, const struct sj_backfill_commit *commit)
{
    if (state->tell) {
        state->tell(commit, state->user);
    }
}

static bool has_room(const struct sj_backfill *job)
{
    struct statvfs st;
    return statvfs(job->dir, &st) < 0 || (uint64_t)st.f_bavail * st.f_frsize >= job->min_free_bytes;
}

static void end_commit(struct state *state, size_t index, enum sj_backfill_fate fate,
                       int exit_status, uint64_t began_ns)
{
    struct sj_backfill_commit *commit = &state->job->commits[index];
    commit->fate = fate;
    commit->exit_status = exit_status;
    commit->wall_ns = now_ns() - began_ns;
    tell_user(state, commit);
}

// The command line of one build: a run of our own, so that it is named and noted like any other.
static char **make_argv(const struct state *state, const struct worker *worker)
{
    const struct sj_backfill *job = state->job;
    SJ_AUTO(sj_auto_free) char *label = sj_asprintf("job=%s", job->name);
    const char *const head[] = {
        state->wrapper,
        "run",
        "--quiet",
        "--build-id",
        job->commits[worker->current].build,
        "--base-dir",
        worker->root,
        "--project",
        job->project,
        "--label",
        label,
        "--",
    };
    size_t head_count = sizeof head / sizeof head[0];
    size_t count = 0;
    while (job->command[count]) {
        count++;
    }
    char **argv = sj_calloc(head_count + count + 1, sizeof *argv);
    for (size_t i = 0; i < head_count; i++) {
        argv[i] = sj_strdup(head[i]);
    }
    for (size_t i = 0; i < count; i++) {
        argv[head_count + i] = sj_strdup(job->command[i]);
    }
    return argv;
}

static void auto_argv(char ***argv)
{
    for (char **word = *argv; word && *word; word++) {
        free(*word);
    }
    free(*argv);
}

// Below the work tree where the user stands below his; where that folder is not yet there, its
// root.
static char *working_dir(const struct state *state, const struct worker *worker)
{
    struct stat st;
    char *dir = sj_asprintf("%s/%s", worker->root, state->job->below);
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
        free(dir);
        dir = sj_strdup(worker->root);
    }
    return dir;
}

static int spawn(const struct state *state, struct worker *worker)
{
    SJ_AUTO(sj_auto_free) char *dir = working_dir(state, worker);
    SJ_AUTO(sj_auto_free)
    char *log =
        sj_asprintf("%s/log/%s", state->job->dir, state->job->commits[worker->current].build);
    SJ_AUTO(auto_argv) char **argv = make_argv(state, worker);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
                                           O_WRONLY | O_CREAT | O_TRUNC, 0644);
    (void)posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    (void)posix_spawn_file_actions_addchdir_np(&actions, dir);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &state->old_mask);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    int failed = posix_spawn(&worker->pid, state->wrapper, &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        worker->pid = 0;
    }
    return -failed;
}

static int check_out(const struct state *state, struct worker *worker, struct sj_err *err)
{
    struct sj_backfill_commit *commit = &state->job->commits[worker->current];
    int status = sj_tree_move(worker->tree, &commit->id, err);
    (void)sj_tree_missing(worker->tree, &commit->missing);
    if (status == 0 && !state->job->is_incremental) {
        status = sj_tree_clean(worker->tree, err);
    }
    return status;
}

// Give an idle worker its next commit.
static void feed(struct state *state, struct worker *worker)
{
    struct sj_backfill *job = state->job;
    while (worker->next < worker->end && job->commits[worker->next].fate != SJ_BACKFILL_TODO) {
        worker->next++;
    }
    if (worker->next >= worker->end) {
        return;
    }
    state->is_full = !has_room(job);
    if (state->is_full) {
        return;
    }
    worker->current = worker->next++;
    worker->began_ns = now_ns();
    worker->term_ns = 0;
    job->commits[worker->current].fate = SJ_BACKFILL_BUSY;
    tell_user(state, NULL);
    struct sj_err err;
    int status = check_out(state, worker, &err);
    if (status == 0) {
        status = spawn(state, worker);
    }
    if (status < 0) {
        end_commit(state, worker->current, SJ_BACKFILL_BROKEN, -status, worker->began_ns);
    }
}

static void reap(struct state *state)
{
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        for (size_t i = 0; i < state->job->jobs; i++) {
            struct worker *worker = &state->workers[i];
            if (worker->pid != pid) {
                continue;
            }
            worker->pid = 0;
            int exit_status =
                WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
            bool was_stopped = state->signal != 0;
            enum sj_backfill_fate fate = was_stopped        ? SJ_BACKFILL_TODO
                                         : exit_status == 0 ? SJ_BACKFILL_BUILT
                                                            : SJ_BACKFILL_FAILED;
            end_commit(state, worker->current, fate, exit_status, worker->began_ns);
        }
    }
}

// Ends builds that take too long, or all of them.
static void stop_late(struct state *state)
{
    uint64_t now = now_ns();
    for (size_t i = 0; i < state->job->jobs; i++) {
        struct worker *worker = &state->workers[i];
        uint64_t limit = state->job->timeout_ns;
        bool is_late = limit && now - worker->began_ns > limit;
        if (worker->pid == 0) {
            continue;
        }
        if (worker->term_ns == 0 && (is_late || state->signal)) {
            (void)kill(-worker->pid, state->signal ? SJ_BACKFILL_SIGNAL : SIGTERM);
            worker->term_ns = now;
        } else if (worker->term_ns && now - worker->term_ns > KILL_AFTER_S * SJ_NS_PER_S) {
            (void)kill(-worker->pid, SIGKILL);
        }
    }
}

static size_t busy(const struct state *state)
{
    size_t count = 0;
    for (size_t i = 0; i < state->job->jobs; i++) {
        count += state->workers[i].pid != 0;
    }
    return count;
}

static void wait_a_moment(struct state *state)
{
    sigset_t wanted;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGCHLD);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGHUP);
    const struct timespec tick = {.tv_nsec = TICK_MS * (long)SJ_NS_PER_MS};
    int signal = sigtimedwait(&wanted, NULL, &tick);
    if (signal > 0 && signal != SIGCHLD) {
        state->signal = signal;
    }
}

static void fill(struct state *state)
{
    for (size_t i = 0; i < state->job->jobs; i++) {
        struct worker *worker = &state->workers[i];
        while (worker->pid == 0 && worker->next < worker->end && !state->is_full &&
               !state->signal) {
            feed(state, worker);
        }
    }
}

static void work(struct state *state)
{
    fill(state);
    while (busy(state) > 0) {
        wait_a_moment(state);
        reap(state);
        stop_late(state);
        fill(state);
        tell_user(state, NULL);
    }
}

// Neighbours share most of their results, so each worker gets a stretch of history to itself.
static void share_out(struct state *state)
{
    const struct sj_backfill *job = state->job;
    for (size_t i = 0; i < job->jobs; i++) {
        state->workers[i].next = job->count * i / job->jobs;
        state->workers[i].end = job->count * (i + 1) / job->jobs;
    }
}

static int make_place(const struct sj_backfill *job, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *log = sj_asprintf("%s/log", job->dir);
    int status = sj_dir_make(log, 0755);
    return status < 0 ? sj_fail(err, status, "cannot make '%s'", log) : 0;
}

static int open_trees(struct state *state, struct sj_err *err)
{
    struct sj_backfill *job = state->job;
    for (size_t i = 0; i < job->jobs; i++) {
        struct worker *worker = &state->workers[i];
        worker->root = sj_asprintf("%s/tree-%zu", job->dir, i + 1);
        int status = sj_tree_open(job->repo, worker->root, &worker->tree, err);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static void close_trees(struct state *state)
{
    bool is_over = true;
    for (size_t i = 0; i < state->job->count; i++) {
        is_over = is_over && state->job->commits[i].fate != SJ_BACKFILL_TODO;
    }
    for (size_t i = 0; i < state->job->jobs; i++) {
        sj_tree_close(state->workers[i].tree);
        if (state->workers[i].tree && is_over) {
            (void)sj_tree_remove(state->workers[i].root);
        }
        free(state->workers[i].root);
    }
    free(state->wrapper);
}

// The builds are runs of their own, not parts of one that we might be running in.
static void prepare_environment(const struct sj_backfill *job)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): this program has one thread
    (void)unsetenv(SJ_RUN_ID_ENV);
    (void)unsetenv(SJ_RUN_LABEL_ENV);
    if (setenv(SJ_RUN_BACKFILL_ENV, *job->branch ? job->branch : "-", 1) < 0) {
        sj_oom();
    }
    // NOLINTEND(concurrency-mt-unsafe)
}

static void block_signals(struct state *state)
{
    sigset_t block;
    (void)sigemptyset(&block);
    (void)sigaddset(&block, SIGCHLD);
    (void)sigaddset(&block, SIGINT);
    (void)sigaddset(&block, SIGTERM);
    (void)sigaddset(&block, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &block, &state->old_mask);
}

int sj_backfill_run(struct sj_backfill *job, sj_backfill_tell *tell, void *user, int *signal,
                    struct sj_err *err)
{
    struct state state = {.job = job, .tell = tell, .user = user, .wrapper = sj_self_wrapper()};
    *signal = 0;
    if (!state.wrapper) {
        return sj_fail_plain(err, -ENOENT, "this installation has no bin/scrubjay beside it");
    }
    int status = make_place(job, err);
    if (status == 0) {
        status = open_trees(&state, err);
    }
    if (status == 0) {
        share_out(&state);
        prepare_environment(job);
        block_signals(&state);
        work(&state);
        (void)pthread_sigmask(SIG_SETMASK, &state.old_mask, NULL);
    }
    close_trees(&state);
    *signal = state.signal;
    if (status == 0 && state.is_full) {
        (void)sj_fail_plain(err, -ENOSPC, "less than %llu MiB are free in '%s'",
                            (unsigned long long)(job->min_free_bytes >> 20), job->dir);
        return SJ_BACKFILL_STOPPED;
    }
    return status == 0 && state.signal ? SJ_BACKFILL_STOPPED : status;
}
