// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/child.h"

static struct sj_child_end run_shell(const char *script)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(script), NULL};
    struct sj_child_end end = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_child_run(argv, NULL, &end, &err), 0, "%s", err.text);
    free(argv[2]);
    return end;
}

Test(child, its_status_is_passed_on)
{
    cr_expect_eq(run_shell("exit 0").exit_status, 0);
    cr_expect_eq(run_shell("exit 77").exit_status, 77);
    cr_expect_eq(run_shell("exit 77").signal, 0);
}

Test(child, a_signal_gives_128_and_its_number)
{
    struct sj_child_end end = run_shell("kill -KILL $$");
    cr_expect_eq(end.exit_status, 128 + SIGKILL);
    cr_expect_eq(end.signal, SIGKILL);
    cr_expect_eq(end.told_signal, 0);
}

Test(child, what_cannot_be_started_is_named)
{
    static const struct {
        const char *command;
        int shell_status;
    } cases[] = {
        {"scrubjay-no-such-program", 127}, {"./nowhere/x", 127}, {"/", 126}, {"/etc/passwd", 126}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *argv[] = {strdup(cases[i].command), NULL};
        struct sj_child_end end;
        struct sj_err err = {0};
        int status = sj_child_run(argv, NULL, &end, &err);
        cr_expect_lt(status, 0, "%s", cases[i].command);
        cr_expect_eq(sj_child_failure_status(status), cases[i].shell_status, "%s: %d",
                     cases[i].command, status);
        cr_expect(strstr(err.text, cases[i].command), "%s", err.text);
        free(argv[0]);
    }
}

Test(child, cpu_of_its_children_counts)
{
    struct sj_child_end end = run_shell("(i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done)");
    cr_expect_gt(end.user_ns + end.system_ns, 5 * SJ_NS_PER_MS);
    cr_expect_gt(end.wall_ns, 5 * SJ_NS_PER_MS);
}

static int tick_fd;

static void write_byte(void *user)
{
    int *ticks = user;
    if (++*ticks == 2) {
        cr_assert_eq(write(tick_fd, "x\n", 2), 2);
    }
}

Test(child, ticks_come_while_it_runs)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    tick_fd = ends[1];
    cr_assert_geq(dup2(ends[0], STDIN_FILENO), 0);
    int ticks = 0;
    struct sj_child_watch watch = {.tick = write_byte, .interval_ms = 5, .user = &ticks};
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"read line && test \"$line\" = x"},
                    NULL};
    struct sj_child_end end;
    cr_assert_eq(sj_child_run(argv, &watch, &end, NULL), 0);
    cr_expect_eq(end.exit_status, 0);
    cr_expect_geq(ticks, 2);
}

Test(child, a_signal_sent_to_us_reaches_it)
{
    // The command signals its parent, which is this test, and waits for the signal to come back.
    struct sj_child_end end =
        run_shell("trap 'exit 42' TERM; kill -TERM $PPID; while :; do :; done");
    cr_expect_eq(end.exit_status, 42);
    cr_expect_eq(end.told_signal, SIGTERM);
}

Test(child, it_ignores_what_we_were_told_to_ignore)
{
    cr_assert_neq(signal(SIGINT, SIG_IGN), SIG_ERR);
    struct sj_child_end end = run_shell("kill -INT $$; exit 5");
    cr_expect_eq(end.exit_status, 5);
}

Test(child, an_ignored_sigchld_loses_nothing)
{
    cr_assert_neq(signal(SIGCHLD, SIG_IGN), SIG_ERR);
    cr_expect_eq(run_shell("exit 6").exit_status, 6);
}

Test(child, it_gets_our_descriptors_and_no_others)
{
    // Make's jobserver depends on the one, whoever waits for a pipe's end on the other.
    int jobserver = dup(STDERR_FILENO);
    cr_assert_geq(jobserver, 0);
    int count = 0;
    for (int fd = 0; fd < 1000; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    // One more is the shell's own, for reading the directory.
    cr_expect_eq(run_shell("set -- /proc/$$/fd/*; exit $#").exit_status, count + 1);
}

Test(child, signals_are_as_before_afterwards)
{
    sigset_t before;
    sigset_t after;
    cr_assert_eq(sigprocmask(SIG_SETMASK, NULL, &before), 0);
    (void)run_shell("exit 0");
    cr_assert_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number < SIGRTMIN; number++) {
        cr_expect_eq(sigismember(&before, number), sigismember(&after, number), "%d", number);
    }
}
