// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wrap/instructions.h"

extern char **environ;

static void run(const char *command)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, NULL, NULL};
    char text[200];
    (void)snprintf(text, sizeof text, "%s", command);
    argv[2] = text;
    pid_t pid;
    int status;
    cr_assert_eq(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ), 0);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

Test(instructions, without_a_counter_nothing_is_known)
{
    cr_expect_eq(sj_instructions_read(-ENOENT), 0);
    cr_expect_eq(sj_instructions_read(-1), 0);
}

Test(instructions, children_and_theirs_are_counted_and_we_are_not)
{
    SJ_AUTO(sj_auto_close) int fd = sj_instructions_open();
    if (fd < 0) {
        cr_skip_test("this machine counts no instructions");
    }
    for (volatile int i = 0; i < 1000000; i++) {
    }
    cr_expect_eq(sj_instructions_read(fd), 0);
    run("sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'; true");
    uint64_t one = sj_instructions_read(fd);
    cr_expect_gt(one, 100000);
    run("sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'; true");
    cr_expect_gt(sj_instructions_read(fd), one + one / 2);
}
