// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/status_line.h"

static int screen;
static int terminal;

static void open_terminal(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 20};
    cr_assert_eq(openpty(&screen, &terminal, NULL, NULL, &size), 0);
    setenv("TERM", "xterm", 1);
}

// A terminal hands on what is written to it in its own time: a mark behind it tells when all is
// here.
static const char *shown(void)
{
    static char text[4096];
    size_t len = 0;
    cr_assert_eq(write(terminal, "\001", 1), 1);
    do {
        ssize_t got = read(screen, text + len, sizeof text - len);
        cr_assert_gt(got, 0);
        len += (size_t)got;
    } while (text[len - 1] != '\001');
    text[len - 1] = '\0';
    return text;
}

TestSuite(status_line, .init = open_terminal);

Test(status_line, it_holds_the_last_row)
{
    struct sj_status_line line;
    sj_status_init(&line, terminal, SJ_STATUS_AUTO);
    cr_expect_str_eq(shown(), "");
    sj_status_show(&line, "1 done");
    cr_expect_str_eq(shown(), "\033D\0337\033[1;23r\0338\033[A"
                              "\0337\033[24;1H\033[0m1 done\033[K\0338");
    sj_status_show(&line, "2 done");
    cr_expect_str_eq(shown(), "\0337\033[24;1H\033[0m2 done\033[K\0338");
    sj_status_show(&line, "2 done");
    cr_expect_str_eq(shown(), "");
    sj_status_release(&line);
    cr_expect_str_eq(shown(), "\0337\033[r\033[24;1H\033[2K\0338");
}

Test(status_line, a_long_text_is_cut)
{
    struct sj_status_line line;
    sj_status_init(&line, terminal, SJ_STATUS_AUTO);
    sj_status_show(&line, "1234567890123456789012345");
    cr_expect(strstr(shown(), "m1234567890123456789\033[K"));
    sj_status_release(&line);
}

Test(status_line, a_new_size_moves_it)
{
    struct sj_status_line line;
    sj_status_init(&line, terminal, SJ_STATUS_AUTO);
    sj_status_show(&line, "1 done");
    (void)shown();
    struct winsize size = {.ws_row = 10, .ws_col = 80};
    cr_assert_eq(ioctl(screen, TIOCSWINSZ, &size), 0);
    sj_status_resize(&line);
    cr_expect(strstr(shown(), "\033[1;9r\0338\033[A\0337\033[10;1H"));
    sj_status_release(&line);
}

Test(status_line, a_terminal_that_cannot_gets_none)
{
    setenv("TERM", "dumb", 1);
    struct sj_status_line line;
    sj_status_init(&line, terminal, SJ_STATUS_AUTO);
    sj_status_show(&line, "1 done");
    sj_status_release(&line);
    cr_expect_str_eq(shown(), "");
}

Test(status_line, never_means_never)
{
    struct sj_status_line line;
    sj_status_init(&line, terminal, SJ_STATUS_NEVER);
    sj_status_show(&line, "1 done");
    sj_status_release(&line);
    cr_expect_str_eq(shown(), "");
}

static void expect_in_pipe(enum sj_status_when when, const char *expected)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    struct sj_status_line line;
    sj_status_init(&line, ends[1], when);
    sj_status_show(&line, "1 done");
    sj_status_show(&line, "2 done");
    sj_status_resize(&line);
    sj_status_release(&line);
    char text[256];
    ssize_t len = read(ends[0], text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    cr_expect_str_eq(text, expected);
}

Test(status_line, a_log_gets_none)
{
    expect_in_pipe(SJ_STATUS_AUTO, "");
}

Test(status_line, a_log_that_wants_it_gets_a_line_now_and_then)
{
    expect_in_pipe(SJ_STATUS_ALWAYS, "1 done\n");
}
