// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * One line that tells how things stand while others write to the same terminal. On a terminal it
 * holds the last row: the rows above become the scrolling region, so that nothing which scrolls
 * there can meet it. Elsewhere it is a plain line now and then.
 * Source: ECMA-48, 8.3 (EL, ED, CUP); DEC VT100 user guide (DECSTBM, DECSC, DECRC).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/** When to show it. */
enum sj_status_when {
    SJ_STATUS_AUTO,   /**< on a terminal that can */
    SJ_STATUS_ALWAYS, /**< also elsewhere, as plain lines */
    SJ_STATUS_NEVER,  /**< not at all */
};

/** A status line. */
struct sj_status_line {
    int fd;              /**< where it goes; not its own */
    bool is_terminal;    /**< it holds the last row */
    bool is_enabled;     /**< there is one at all */
    bool is_shown;       /**< the scrolling region is set */
    unsigned rows;       /**< of the terminal, when last asked */
    unsigned columns;    /**< of the terminal */
    uint64_t printed_ns; /**< when the last plain line was printed, monotonic */
    struct sj_buf text;  /**< what it says */
};

/**
 * Prepare a status line; nothing is written yet.
 *
 * @param line takes it; release with sj_status_release()
 * @param fd   of the terminal or log; stays the caller's
 * @param when when to show it
 */
void sj_status_init(struct sj_status_line *line, int fd, enum sj_status_when when);

/** Show a text. @param line status line @param text one line of ASCII */
void sj_status_show(struct sj_status_line *line, const char *text);

/** Give the terminal back as it was; sj_status_show() takes it again. @param line status line */
void sj_status_hide(struct sj_status_line *line);

/** Take the terminal's size anew, and show the line again. @param line status line */
void sj_status_resize(struct sj_status_line *line);

/** Hide and free. @param line status line */
void sj_status_release(struct sj_status_line *line);
