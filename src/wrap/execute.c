// SPDX-License-Identifier: Apache-2.0
#include "wrap/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "wrap/guard.h"
#include "wrap/instructions.h"

// A signal handler reaches nothing but file scope.
static volatile sig_atomic_t running_pid;
static volatile sig_atomic_t was_told;

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define FORWARDED (sizeof forwarded / sizeof forwarded[0])

static void forward(int signal)
{
    int saved = errno;
    was_told = 1;
    if (running_pid > 0) {
        (void)kill((pid_t)running_pid, signal);
    }
    errno = saved;
}

// Caught signals, and SIGCHLD behind them.
#define CHANGED (FORWARDED + 1)

static void catch_signals(struct sigaction old[CHANGED])
{
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < FORWARDED; i++) {
        (void)sigaction(forwarded[i], NULL, &old[i]);
        // What the caller ignores (nohup) stays ignored.
        if (old[i].sa_handler != SIG_IGN) {
            (void)sigaction(forwarded[i], &action, NULL);
        }
    }
    // A caller that ignores SIGCHLD has left us that: the kernel would keep no status to wait for.
    action = (struct sigaction){.sa_handler = SIG_DFL};
    (void)sigaction(SIGCHLD, &action, &old[FORWARDED]);
}

static void restore_signals(const struct sigaction old[CHANGED])
{
    for (size_t i = 0; i < FORWARDED; i++) {
        (void)sigaction(forwarded[i], &old[i], NULL);
    }
    (void)sigaction(SIGCHLD, &old[FORWARDED], NULL);
}

void sj_die_by(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(signal, &action, NULL);
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(signal);
    _exit(128 + signal);
}

// One stream of the tool on its way to ours.
struct stream {
    int from;
    int to;
    struct sj_buf *keep;
};

// Pass on what is there. False: the stream has ended.
static bool pump(struct stream *stream)
{
    char bytes[16384];
    ssize_t got = read(stream->from, bytes, sizeof bytes);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    if (got == 0) {
        return false;
    }
    sj_buf_add(stream->keep, bytes, (size_t)got);
    if (sj_fd_write(stream->to, bytes, (size_t)got) < 0) {
        // Nobody reads any more: closing our end lets the tool find out the way it would have.
        stream->keep->is_full = true;
        return false;
    }
    return true;
}

static void end_stream(struct stream *stream)
{
    if (stream->from >= 0) {
        (void)close(sj_take_fd(&stream->from));
    }
}

// What the tool had written when it ended; a daemon that it left behind may hold the pipe open.
static void drain(struct stream *streams)
{
    for (int i = 0; i < 2; i++) {
        if (streams[i].from < 0) {
            continue;
        }
        (void)fcntl(streams[i].from, F_SETFL, O_NONBLOCK);
        struct pollfd ready = {.fd = streams[i].from, .events = POLLIN};
        while (poll(&ready, 1, 0) > 0 && pump(&streams[i])) {
        }
        end_stream(&streams[i]);
    }
}

// Pass the streams on until both have ended or the tool has.
static void pump_streams(struct stream *streams, int pid_fd)
{
    while (streams[0].from >= 0 || streams[1].from >= 0) {
        struct pollfd fds[3] = {
            {.fd = streams[0].from, .events = POLLIN},
            {.fd = streams[1].from, .events = POLLIN},
            {.fd = pid_fd, .events = POLLIN},
        };
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            break;
        }
        if (fds[2].revents) {
            break;
        }
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents && !pump(&streams[i])) {
                end_stream(&streams[i]);
            }
        }
    }
    drain(streams);
}

// The tool finds signals as our caller has left them to us.
static int set_attributes(posix_spawnattr_t *attributes, const sigset_t *mask)
{
    sigset_t defaults;
    sj_guard_defaults(&defaults);
    int error = posix_spawnattr_setsigdefault(attributes, &defaults);
    error = error ? error : posix_spawnattr_setsigmask(attributes, mask);
    return error ? error
                 : posix_spawnattr_setflags(attributes,
                                            POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int spawn(const struct sj_execution *run, const int pipes[2][2], const sigset_t *mask,
                 pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    // Neither of the two can fail in glibc, so what they made can always be destroyed.
    int error = posix_spawn_file_actions_init(&actions);
    error = error ? error : posix_spawnattr_init(&attributes);
    error = error ? error : set_attributes(&attributes, mask);
    for (int i = 0; error == 0 && run->is_captured && i < 2; i++) {
        error = posix_spawn_file_actions_adddup2(&actions, pipes[i][1], STDOUT_FILENO + i);
    }
    if (error == 0) {
        // posix_spawn() takes argv and envp as pointers to non-const by history; it writes neither.
        union {
            const char *const *given;
            char *const *wanted;
        } argv = {.given = run->argv};
        error = posix_spawn(pid, run->path, &actions, &attributes, argv.wanted, run->env);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -error;
}

// The tool may run before we know its name: what we are told until then waits, and is passed on.
static int start(const struct sj_execution *run, const int pipes[2][2], pid_t *pid)
{
    sigset_t held;
    sigset_t mask;
    (void)sigemptyset(&held);
    for (size_t i = 0; i < FORWARDED; i++) {
        (void)sigaddset(&held, forwarded[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &held, &mask);
    int status = spawn(run, pipes, &mask, pid);
    if (status == 0) {
        running_pid = *pid;
        sj_guard_child(*pid);
    }
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return status;
}

static uint64_t to_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * SJ_NS_PER_S + (uint64_t)time.tv_usec * 1000;
}

static void wait_for(struct sj_execution *run, pid_t pid)
{
    int status = 0;
    struct rusage usage = {0};
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    run->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    run->status = run->signal ? 128 + run->signal : WEXITSTATUS(status);
    run->user_ns = to_ns(usage.ru_utime);
    run->system_ns = to_ns(usage.ru_stime);
    run->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

static int make_pipes(int pipes[2][2])
{
    for (int i = 0; i < 2; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) < 0) {
            return -errno;
        }
    }
    return 0;
}

static void close_pipe_ends(int pipes[2][2], int end)
{
    for (int i = 0; i < 2; i++) {
        if (pipes[i][end] >= 0) {
            (void)close(sj_take_fd(&pipes[i][end]));
        }
    }
}

int sj_execute(struct sj_execution *run, struct sj_err *err)
{
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    int status = run->is_captured ? make_pipes(pipes) : 0;
    if (status < 0) {
        close_pipe_ends(pipes, 0);
        close_pipe_ends(pipes, 1);
        return sj_fail(err, status, "cannot make a pipe for the compiler");
    }
    struct sigaction old[CHANGED];
    was_told = 0;
    catch_signals(old);
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    SJ_AUTO(sj_auto_close) int counter = sj_instructions_open();
    pid_t pid = 0;
    status = start(run, (const int(*)[2])pipes, &pid);
    close_pipe_ends(pipes, 1);
    if (status == 0) {
        if (run->is_captured) {
            struct stream streams[2] = {
                {sj_take_fd(&pipes[0][0]), STDOUT_FILENO, &run->out},
                {sj_take_fd(&pipes[1][0]), STDERR_FILENO, &run->err},
            };
            SJ_AUTO(sj_auto_close) int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
            pump_streams(streams, pid_fd);
        }
        wait_for(run, pid);
        sj_guard_child(0);
        running_pid = 0;
        run->instructions = sj_instructions_read(counter);
        run->wall_ns = sj_clock_ns(CLOCK_MONOTONIC) - start_ns;
    }
    close_pipe_ends(pipes, 0);
    restore_signals(old);
    run->was_told = was_told;
    return status < 0 ? sj_fail(err, status, "cannot run '%s'", run->path) : 0;
}
