// SPDX-License-Identifier: Apache-2.0
#include "cli/status_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define TEXT_LIMIT    512
#define ROWS_MIN      4
#define PLAIN_WAIT_NS (10 * SJ_NS_PER_S)

static bool can_move_cursor(void)
{
    const char *name = getenv("TERM");
    return name && *name && strcmp(name, "dumb") != 0;
}

void sj_status_init(struct sj_status_line *line, int fd, enum sj_status_when when)
{
    *line = (struct sj_status_line){.fd = fd, .text = SJ_BUF_INIT(TEXT_LIMIT)};
    line->is_terminal = isatty(fd) && can_move_cursor();
    line->is_enabled = when == SJ_STATUS_ALWAYS || (when == SJ_STATUS_AUTO && line->is_terminal);
}

// One write, so that no other program's output gets in between.
static void put(const struct sj_status_line *line, const struct sj_buf *text)
{
    (void)sj_fd_write(line->fd, text->data, text->len);
}

static bool take_size(struct sj_status_line *line)
{
    struct winsize size = {0};
    if (ioctl(line->fd, TIOCGWINSZ, &size) < 0 || size.ws_row < ROWS_MIN ||
        size.ws_col < ROWS_MIN) {
        return false;
    }
    line->rows = size.ws_row;
    line->columns = size.ws_col;
    return true;
}

// A shell with job control, or an editor under it, has the terminal for itself.
static bool is_foreground(const struct sj_status_line *line)
{
    pid_t group = tcgetpgrp(line->fd);
    return group < 0 || group == getpgrp();
}

static void reserve_row(struct sj_status_line *line, struct sj_buf *out)
{
    // Going down a row makes room if the cursor stands in the last row. Setting the region moves
    // the cursor, so it is kept and then put back one row higher.
    sj_buf_addf(out, "\033D\0337\033[1;%ur\0338\033[A", line->rows - 1);
    line->is_shown = true;
}

static void show_on_terminal(struct sj_status_line *line)
{
    if (!is_foreground(line) || (!line->is_shown && !take_size(line))) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(TEXT_LIMIT * 2);
    if (!line->is_shown) {
        reserve_row(line, &out);
    }
    // The last column stays empty: writing there would leave some terminals about to wrap.
    size_t len = line->text.len < line->columns ? line->text.len : line->columns - 1;
    sj_buf_addf(&out, "\0337\033[%u;1H\033[0m%.*s\033[K\0338", line->rows, (int)len,
                sj_buf_text(&line->text));
    put(line, &out);
}

static void show_as_line(struct sj_status_line *line)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    if (line->printed_ns != 0 && now_ns - line->printed_ns < PLAIN_WAIT_NS) {
        return;
    }
    line->printed_ns = now_ns;
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(TEXT_LIMIT * 2);
    sj_buf_addf(&out, "%s\n", sj_buf_text(&line->text));
    put(line, &out);
}

void sj_status_show(struct sj_status_line *line, const char *text)
{
    if (!line->is_enabled || (strcmp(sj_buf_text(&line->text), text) == 0 && line->text.data &&
                              (line->is_shown || !line->is_terminal))) {
        return;
    }
    sj_buf_clear(&line->text);
    sj_buf_adds(&line->text, text);
    if (line->is_terminal) {
        show_on_terminal(line);
    } else {
        show_as_line(line);
    }
}

void sj_status_hide(struct sj_status_line *line)
{
    if (!line->is_shown) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(TEXT_LIMIT);
    sj_buf_addf(&out, "\0337\033[r\033[%u;1H\033[2K\0338", line->rows);
    put(line, &out);
    line->is_shown = false;
}

void sj_status_resize(struct sj_status_line *line)
{
    sj_status_hide(line);
    if (line->is_terminal && line->is_enabled && line->text.len > 0) {
        show_on_terminal(line);
    }
}

void sj_status_release(struct sj_status_line *line)
{
    sj_status_hide(line);
    sj_buf_release(&line->text);
}
