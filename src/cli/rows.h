// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A table that comes out as text or as Markdown.
 */
#pragma once

#include "cli/ui.h"

/** A table under construction. */
struct sj_rows {
    struct sj_table table;  /**< as text */
    struct sj_buf markdown; /**< as Markdown */
    bool is_markdown;       /**< which of both */
    size_t columns;         /**< of a row */
    size_t at;              /**< cells so far */
};

/**
 * Begin a table.
 *
 * @param align       'l' or 'r' for each column; outlives the table
 * @param heads       what stands over each column
 * @param is_markdown as Markdown
 * @return table; end it with sj_rows_print()
 */
struct sj_rows sj_rows_of(const char *align, const char *const *heads, bool is_markdown);

/** Add a cell; rows end by themselves. @param rows table @param cell taken, and empty after; for
 * Markdown it is escaped already */
void sj_rows_take(struct sj_rows *rows, struct sj_buf *cell);

/** Add a cell. @param rows table @param text the program's own words */
void sj_rows_cell(struct sj_rows *rows, const char *text);

/** Append the table and free it. @param rows table @param out takes it */
void sj_rows_print(struct sj_rows *rows, struct sj_buf *out);

/** Append text from outside, in either form. @param out takes it @param text text @param
 * is_markdown as Markdown */
void sj_rows_text(struct sj_buf *out, const char *text, bool is_markdown);
