// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How numbers, tables and text look to people, and a line that shows progress.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/** Append a size, such as "1.4 GiB". @param out takes it @param bytes size */
void sj_ui_size(struct sj_buf *out, uint64_t bytes);

/** Append a time span, such as "3 m 07 s" or "12 ms". @param out takes it @param ns span */
void sj_ui_time(struct sj_buf *out, uint64_t ns);

/** Append a whole number, its thousands set apart. @param out takes it @param number number */
void sj_ui_count(struct sj_buf *out, uint64_t number);

/** Append a share, such as "97.3 %". @param out takes it @param share 0 to 1 */
void sj_ui_share(struct sj_buf *out, double share);

/** Append a day and time in UTC, such as "2026-11-23 16:04". @param out takes it @param ns
 * CLOCK_REALTIME */
void sj_ui_date(struct sj_buf *out, uint64_t ns);

/**
 * Append text that came from outside: control characters, which a terminal might obey, become '?'.
 *
 * @param out  takes it
 * @param text NUL-terminated; NULL gives "-"
 */
void sj_ui_text(struct sj_buf *out, const char *text);

/**
 * Append paragraphs, broken into lines of 80 columns; a line feed in the text ends a paragraph.
 *
 * @param out    takes them, with a line feed at the end
 * @param text   paragraphs
 * @param column where the first line begins: what stands before it is there already
 * @param indent columns before each further line
 */
void sj_ui_wrap(struct sj_buf *out, const char *text, size_t column, size_t indent);

#define SJ_TABLE_COLUMNS 8 /**< most columns of a table */

/** A table under construction. Zeroed but for `align`: empty. */
struct sj_table {
    const char *align;              /**< 'l' or 'r' for each column */
    struct sj_buf cells;            /**< each NUL-terminated, row by row */
    size_t width[SJ_TABLE_COLUMNS]; /**< of each column, so far */
    size_t count;                   /**< cells so far */
};

/** A table. @param align_ 'l' or 'r' for each column */
#define SJ_TABLE_OF(align_) \
    ((struct sj_table){.align = (align_), .cells = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)})

/** Free a table. @param table table */
void sj_table_release(struct sj_table *table);

/** Add a cell; rows end by themselves. @param table table @param text NUL-terminated */
void sj_table_cell(struct sj_table *table, const char *text);

/** Add a cell. @param table table @param text taken, and empty after */
void sj_table_take(struct sj_table *table, struct sj_buf *text);

/** Append the table, two columns of space between cells. @param table table @param out takes it */
void sj_table_print(const struct sj_table *table, struct sj_buf *out);

/** A line on a terminal that is written over and over. Zeroed: shows nothing. */
struct sj_progress {
    bool is_enabled;   /**< stderr is a terminal */
    bool is_shown;     /**< there is something to wipe */
    uint64_t shown_ns; /**< when it was last written, monotonic */
};

/** Begin; shows nothing unless stderr is a terminal. @param progress takes it */
void sj_progress_begin(struct sj_progress *progress);

/** Show how far it is, at most ten times a second. @param progress progress @param what verb
 * @param done so far @param total of all */
void sj_progress_show(struct sj_progress *progress, const char *what, uint64_t done,
                      uint64_t total);

/** Wipe the line. @param progress progress */
void sj_progress_end(struct sj_progress *progress);
