// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A table that comes out as text for a terminal or as Markdown for a comment.
 */
#pragma once

#include "cli/ui.h"

/** A table under construction. Zeroed: nothing. */
struct sj_sheet {
    bool is_markdown;      /**< how it will be printed */
    size_t columns;        /**< how many */
    struct sj_table table; /**< cells; the first row has the titles */
};

/**
 * Begin.
 *
 * @param sheet       takes it; release with sj_sheet_release()
 * @param is_markdown how it will be printed
 * @param align       'l' or 'r' for each column, at most SJ_TABLE_COLUMNS; outlives the sheet
 * @param titles      one for each column
 */
void sj_sheet_begin(struct sj_sheet *sheet, bool is_markdown, const char *align,
                    const char *const *titles);

/** Free a sheet. @param sheet sheet, zeroed or NULL */
void sj_sheet_release(struct sj_sheet *sheet);

/** Add a cell of text from outside; it is escaped. @param sheet sheet @param text NUL-terminated;
 * NULL gives "-" */
void sj_sheet_text(struct sj_sheet *sheet, const char *text);

/** Add a time span. @param sheet sheet @param ns span */
void sj_sheet_time(struct sj_sheet *sheet, uint64_t ns);

/** Add a number. @param sheet sheet @param number number */
void sj_sheet_count(struct sj_sheet *sheet, uint64_t number);

/** Add a share. @param sheet sheet @param part of the whole @param whole the whole; 0 gives "-" */
void sj_sheet_share(struct sj_sheet *sheet, uint64_t part, uint64_t whole);

/** Append the table. @param sheet sheet @param out takes it */
void sj_sheet_print(const struct sj_sheet *sheet, struct sj_buf *out);
