// SPDX-License-Identifier: Apache-2.0
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

// What ends the command also ends us; the rest a build tool may use as it likes.
static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static const int passed_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/** A running command. */
struct child {
    pid_t pid;
    int signal_fd;
    const struct sj_child_watch *watch;
    struct sj_child_end *end;
};

/** What the command gets back of our own state. */
struct inherited {
    sigset_t mask;           /**< of signals */
    struct sigaction on_end; /**< disposition of SIGCHLD */
};

static bool is_one_of(int signal, const int *signals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (signals[i] == signal) {
            return true;
        }
    }
    return false;
}

static int take_signals(bool has_terminal, struct inherited *saved)
{
    sigset_t mask;
    (void)sigemptyset(&mask);
    for (size_t i = 0; i < sizeof passed_signals / sizeof passed_signals[0]; i++) {
        (void)sigaddset(&mask, passed_signals[i]);
    }
    (void)sigaddset(&mask, SIGCHLD);
    if (has_terminal) {
        (void)sigaddset(&mask, SIGTSTP);
        (void)sigaddset(&mask, SIGWINCH);
    }
    // Where our own parent ignores SIGCHLD, children would vanish before they can be waited for.
    struct sigaction plain = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGCHLD, &plain, &saved->on_end);
    (void)pthread_sigmask(SIG_BLOCK, &mask, &saved->mask);
    int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static void give_signals(const struct inherited *saved)
{
    (void)sigaction(SIGCHLD, &saved->on_end, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &saved->mask, NULL);
}

_Noreturn static void exec_command(char *const *argv, const struct inherited *saved, int report_fd)
{
    give_signals(saved);
    (void)execvp(argv[0], argv);
    int failure = errno;
    (void)!write(report_fd, &failure, sizeof failure);
    _exit(127);
}

static int start(char *const *argv, const struct inherited *saved, pid_t *pid)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        return -errno;
    }
    *pid = fork();
    if (*pid == 0) {
        exec_command(argv, saved, report[1]);
    }
    int status = *pid < 0 ? -errno : 0;
    (void)close(report[1]);
    int failure = 0;
    if (status == 0 && read(report[0], &failure, sizeof failure) == (ssize_t)sizeof failure) {
        (void)waitpid(*pid, NULL, 0);
        status = -failure;
    }
    (void)close(report[0]);
    return status;
}

static void stop_with_group(const struct child *child)
{
    if (child->watch->pause) {
        child->watch->pause(child->watch->user);
    }
    (void)raise(SIGSTOP);
    if (child->watch->resume) {
        child->watch->resume(child->watch->user);
    }
}

static void take_signal(const struct child *child, const struct signalfd_siginfo *info)
{
    int signal = (int)info->ssi_signo;
    if (signal == SIGTSTP) {
        stop_with_group(child);
    } else if (signal == SIGWINCH && child->watch->resume) {
        child->watch->resume(child->watch->user);
    }
    if (is_one_of(signal, ending_signals, sizeof ending_signals / sizeof ending_signals[0])) {
        child->end->told_signal = signal;
    }
    // The kernel's own come from the terminal, which tells the whole group.
    if (info->ssi_code <= 0 &&
        is_one_of(signal, passed_signals, sizeof passed_signals / sizeof passed_signals[0])) {
        (void)kill(child->pid, signal);
    }
}

static uint64_t timeval_ns(struct timeval value)
{
    return (uint64_t)value.tv_sec * SJ_NS_PER_S + (uint64_t)value.tv_usec * 1000;
}

static bool has_ended(const struct child *child)
{
    int status;
    struct rusage usage;
    if (wait4(child->pid, &status, WNOHANG, &usage) != child->pid) {
        return false;
    }
    struct sj_child_end *end = child->end;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->exit_status = end->signal ? 128 + end->signal : WEXITSTATUS(status);
    end->user_ns = timeval_ns(usage.ru_utime);
    end->system_ns = timeval_ns(usage.ru_stime);
    return true;
}

static void wait_for_end(const struct child *child)
{
    const struct sj_child_watch *watch = child->watch;
    int wait_ms = watch && watch->tick ? watch->interval_ms : -1;
    while (!has_ended(child)) {
        struct pollfd ready = {.fd = child->signal_fd, .events = POLLIN};
        int count = poll(&ready, 1, wait_ms);
        struct signalfd_siginfo info;
        while (count > 0 && read(child->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
            take_signal(child, &info);
        }
        if (count == 0) {
            watch->tick(watch->user);
        }
    }
}

int sj_child_run(char *const *argv, const struct sj_child_watch *watch, struct sj_child_end *out,
                 struct sj_err *err)
{
    struct inherited saved;
    struct sj_child_end end = {0};
    SJ_AUTO(sj_auto_close) int signal_fd = take_signals(watch && watch->pause, &saved);
    if (signal_fd < 0) {
        give_signals(&saved);
        return sj_fail(err, signal_fd, "cannot take signals");
    }
    struct child child = {.signal_fd = signal_fd, .watch = watch, .end = &end};
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = start(argv, &saved, &child.pid);
    if (status < 0) {
        give_signals(&saved);
        return sj_fail(err, status, "cannot run '%s'", argv[0]);
    }
    wait_for_end(&child);
    end.wall_ns = sj_clock_ns(CLOCK_MONOTONIC) - start_ns;
    give_signals(&saved);
    *out = end;
    return 0;
}

int sj_child_failure_status(int status)
{
    return status == -ENOENT || status == -ENOTDIR ? 127 : 126;
}

void sj_child_raise(int signal)
{
    struct rlimit none = {0};
    (void)setrlimit(RLIMIT_CORE, &none);
    struct sigaction plain = {.sa_handler = SIG_DFL};
    (void)sigaction(signal, &plain, NULL);
    sigset_t mask;
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, signal);
    (void)raise(signal);
    (void)pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}
