// SPDX-License-Identifier: Apache-2.0
#include "wrap/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

// Signal handlers and the out-of-memory hook reach nothing but file scope. Written before the
// handlers are installed, but for ran_status, which is a sig_atomic_t.
static struct sj_guard net;
static volatile sig_atomic_t child_pid;
static volatile sig_atomic_t has_run;
static volatile sig_atomic_t ran_status;

// Signals for a write that fails. What we write besides the compiler must not end the process.
static const int for_writes[] = {SIGPIPE, SIGXFSZ};
#define FOR_WRITES (sizeof for_writes / sizeof for_writes[0])
static bool was_ignored[FOR_WRITES];

void sj_guard_defaults(sigset_t *out)
{
    (void)sigemptyset(out);
    for (size_t i = 0; i < FOR_WRITES; i++) {
        if (!was_ignored[i]) {
            (void)sigaddset(out, for_writes[i]);
        }
    }
}

static void ignore_writes(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < FOR_WRITES; i++) {
        struct sigaction old;
        was_ignored[i] = sigaction(for_writes[i], &ignore, &old) == 0 && old.sa_handler == SIG_IGN;
    }
}

static void unignore_writes(void)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < FOR_WRITES; i++) {
        if (!was_ignored[i]) {
            (void)sigaction(for_writes[i], &normal, NULL);
        }
    }
}

void sj_guard_fall(void)
{
    unignore_writes();
    // execve() takes argv as pointers to non-const by history; it writes nothing.
    union {
        const char *const *given;
        char *const *wanted;
    } argv = {.given = net.argv};
    (void)execve(net.program, argv.wanted, net.env);
    static const char head[] = "scrubjay: cannot execute '";
    static const char tail[] = "'\n";
    (void)!write(STDERR_FILENO, head, sizeof head - 1);
    (void)!write(STDERR_FILENO, net.program, strlen(net.program));
    (void)!write(STDERR_FILENO, tail, sizeof tail - 1);
    _exit(errno == ENOENT ? 127 : 126);
}

static _Noreturn void land(void)
{
    if (has_run) {
        _exit((int)ran_status);
    }
    if (child_pid > 0) {
        (void)kill((pid_t)child_pid, SIGKILL);
        (void)waitpid((pid_t)child_pid, NULL, 0);
    }
    sj_guard_fall();
}

static _Noreturn void crashed(int signal)
{
    (void)signal;
    sj_store_condemn(net.store_dir);
    // The handler never returns, so the signal would stay blocked in the compiler.
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGSEGV);
    (void)sigaddset(&set, SIGBUS);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    land();
}

void sj_guard_set(const struct sj_guard *guard)
{
    net = *guard;
    sj_oom_set_hook(land);
    ignore_writes();
    // While the handler runs the signal is blocked: a crash in it ends the process.
    const struct sigaction action = {.sa_handler = crashed};
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
}

void sj_guard_child(pid_t pid)
{
    child_pid = pid;
}

void sj_guard_ran(int status)
{
    ran_status = status;
    has_run = 1;
}
