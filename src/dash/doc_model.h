// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a page holds, for those who write it down: doc_html.c, doc_json.c, doc_csv.c, doc_svg.c.
 * Texts stand in one buffer, so that a table of ten thousand rows is three allocations. A text is
 * named by its place in it, counted from 1; 0: no text.
 */
#pragma once

#include "dash/doc.h"

#define SJ_DOC_COLOURS 8u /**< of series, in the style sheet */

/** A cell. */
struct sj_doc_cell {
    double value;    /**< number; NAN: none */
    uint32_t text;   /**< of a text */
    uint32_t href;   /**< where a click leads */
    uint32_t first;  /**< of a series: its first number */
    uint32_t count;  /**< numbers of a series */
    uint32_t detail; /**< more of it, for people */
};

/** A column. */
struct sj_doc_column {
    uint32_t id;           /**< name in JSON */
    uint32_t label;        /**< heading */
    enum sj_doc_type type; /**< what it holds */
    unsigned colour;       /**< that it is drawn in, from 1; 0: by its place */
    bool is_data;          /**< for programs alone */
};

/** A mark in a chart. */
struct sj_doc_mark {
    double x;      /**< where */
    uint32_t text; /**< what happened */
    uint32_t href; /**< where a click leads */
    bool is_step;  /**< a step */
};

/** A word for a row. */
struct sj_doc_row_word {
    size_t row;    /**< which */
    uint32_t word; /**< word */
};

/** A table. */
struct sj_doc_table {
    struct sj_doc *doc;            /**< its page */
    uint32_t id;                   /**< anchor */
    uint32_t caption;              /**< what it shows */
    uint32_t empty;                /**< what would fill it */
    struct sj_doc_column *columns; /**< columns */
    size_t column_count;           /**< length of columns */
    struct sj_doc_cell *cells;     /**< row by row */
    size_t cell_count;             /**< cells used */
    size_t cell_size;              /**< cells allocated */
    struct sj_doc_row_word *words; /**< by row */
    size_t word_count;             /**< words used */
    size_t word_size;              /**< words allocated */
    struct sj_doc_mark *marks;     /**< of the chart */
    size_t mark_count;             /**< marks used */
    size_t mark_size;              /**< marks allocated */
    bool has_chart;                /**< it is drawn */
    bool is_even;                  /**< its rows stand at even distances */
    enum sj_doc_chart_kind chart;  /**< how */
    uint32_t summary;              /**< what can be seen */
    uint32_t *order;               /**< rows as they are to be written; NULL: as they were added */
};

/** A field of a form. */
struct sj_doc_field {
    uint32_t name;  /**< in the address */
    uint32_t label; /**< words */
    uint32_t value; /**< what it holds */
    uint32_t hint;  /**< an example */
};

/** A value that a form offers. */
struct sj_doc_choice {
    uint32_t value; /**< value */
    uint32_t text;  /**< what it is */
};

/** A form. */
struct sj_doc_form {
    struct sj_doc *doc;            /**< its page */
    uint32_t action;               /**< where it leads */
    uint32_t button;               /**< words on it */
    bool is_post;                  /**< it changes something */
    struct sj_doc_field *fields;   /**< in order */
    size_t field_count;            /**< length of fields */
    struct sj_doc_choice *choices; /**< in order */
    size_t choice_count;           /**< length of choices */
};

/** What a part of a page is. */
enum sj_doc_part_kind {
    SJ_PART_HEADING,
    SJ_PART_TEXT,
    SJ_PART_NOTE,
    SJ_PART_COMMAND,
    SJ_PART_LINK,
    SJ_PART_FIGURE,
    SJ_PART_FACT,
    SJ_PART_TABLE,
    SJ_PART_FORM,
};

/** A part of a page. */
struct sj_doc_part {
    enum sj_doc_part_kind kind; /**< what it is */
    enum sj_doc_type type;      /**< of a figure */
    double value;               /**< of a figure */
    uint32_t id;                /**< name */
    uint32_t label;             /**< words before the text */
    uint32_t text;              /**< words */
    uint32_t href;              /**< where a click leads */
    struct sj_doc_table *table; /**< of a table */
    struct sj_doc_form *form;   /**< of a form */
};

/** A page. */
struct sj_doc {
    uint32_t id;               /**< short name */
    uint32_t title;            /**< for people */
    unsigned live_s;           /**< seconds between two looks at it; 0: it does not change */
    struct sj_buf texts;       /**< all texts, each terminated */
    double *numbers;           /**< of all series */
    size_t number_count;       /**< numbers used */
    size_t number_size;        /**< numbers allocated */
    struct sj_doc_part *parts; /**< in order */
    size_t part_count;         /**< parts used */
    size_t part_size;          /**< parts allocated */
};

/** A text. @param doc page @param ref its place @return text, the page's; "" for none */
const char *sj_doc_text_at(const struct sj_doc *doc, uint32_t ref);

/** Rows of a table, one begun counts. @param table table @return how many */
size_t sj_doc_rows(const struct sj_doc_table *table);

/** A cell. @param table table @param row in the order of writing @param column which @return cell;
 * an empty one where the row ends early */
const struct sj_doc_cell *sj_doc_cell_at(const struct sj_doc_table *table, size_t row,
                                         size_t column);

/** The word of a row. @param table table @param row in the order of writing @return word; "" */
const char *sj_doc_word_at(const struct sj_doc_table *table, size_t row);

/** Whether a column can be drawn as a line. @param type what it holds @return true for numbers */
bool sj_doc_is_number(enum sj_doc_type type);

/** Whether people see a column: it is not for programs alone, and not empty in every row. @param
 * table table @param column which @return true when they do */
bool sj_doc_is_seen(const struct sj_doc_table *table, size_t column);

/** A type's name in JSON and in style sheets. @param type type @return "text", … */
const char *sj_doc_type_name(enum sj_doc_type type);

/** Whether a table is drawn over an x: as lines, areas or bars. @param table table @return true
 * when it is */
bool sj_doc_is_plot(const struct sj_doc_table *table);

/** The colour of a column that is drawn. @param table table @param column which @return 1 to 8 */
unsigned sj_doc_colour_at(const struct sj_doc_table *table, size_t column);

/** A chart's name. @param kind kind @return "lines", … */
const char *sj_doc_chart_name(enum sj_doc_chart_kind kind);

/**
 * Draw a table of lines, areas or bars as SVG, for who has no scripts.
 *
 * @param table    table; its first column is x
 * @param currency of money
 * @param out      takes it
 */
void sj_doc_svg_lines(const struct sj_doc_table *table, const char *currency, struct sj_buf *out);

/** Draw a small series as SVG. @param values numbers; NAN: a gap @param count how many @param out
 * takes it */
void sj_doc_svg_spark(const double *values, size_t count, struct sj_buf *out);

/** Write a form as HTML. @param form form @param frame around the page @param out takes it */
void sj_doc_form_html(const struct sj_doc_form *form, const struct sj_doc_frame *frame,
                      struct sj_buf *out);

/** Write what stands above a page: head, navigation, filters, title. @param doc page @param frame
 * around it @param out takes it */
void sj_doc_frame_top(const struct sj_doc *doc, const struct sj_doc_frame *frame,
                      struct sj_buf *out);

/** Write what stands below a page. @param doc page @param frame around it @param out takes it */
void sj_doc_frame_end(const struct sj_doc *doc, const struct sj_doc_frame *frame,
                      struct sj_buf *out);
