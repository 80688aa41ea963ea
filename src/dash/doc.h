// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A page as a value: headings, figures, tables, charts. Each page makes one; doc_html.c, doc_json.c
 * and doc_csv.c write it down. So every page has all three forms, every chart has its table beside
 * it, and nothing is escaped anywhere else.
 *
 * Texts are copied when they are added and may hold any bytes: commits, paths and logs are hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/oid.h"

/** A page under construction. Not for several threads at once. */
struct sj_doc;
/** A table of a page. The page's. */
struct sj_doc_table;
/** A form of a page. The page's. */
struct sj_doc_form;

/** What a column holds, which says how it is written, aligned and sorted. */
enum sj_doc_type {
    SJ_DOC_TEXT,   /**< text */
    SJ_DOC_COUNT,  /**< whole number */
    SJ_DOC_NUMBER, /**< number with a fraction */
    SJ_DOC_SPAN,   /**< nanoseconds, such as of CPU */
    SJ_DOC_SIZE,   /**< bytes */
    SJ_DOC_SHARE,  /**< 0 to 1, as per cent */
    SJ_DOC_CHANGE, /**< part by which something grew, -1 and more, as signed per cent: a sign and a
                        triangle, not a colour alone */
    SJ_DOC_TIME,   /**< point in time, CLOCK_REALTIME nanoseconds; shown in the reader's zone */
    SJ_DOC_DAY,    /**< day, as its first nanosecond in UTC; the same in every zone */
    SJ_DOC_MONEY,  /**< in the currency of the settings */
    SJ_DOC_SPARK,  /**< small series of numbers, drawn */
};

/** How a chart draws its table. */
enum sj_doc_chart_kind {
    SJ_CHART_LINES,     /**< first column x (time or number), a line for each further one */
    SJ_CHART_STACK,     /**< the same, as stacked areas: of what goes on between the rows, too */
    SJ_CHART_BARS,      /**< the same, a bar for each row, its parts on top of each other */
    SJ_CHART_TREEMAP,   /**< columns name, value (area), change (colour); name may hold '/' */
    SJ_CHART_WATERFALL, /**< columns name, lane, start, length, class (text), each a bar */
    SJ_CHART_ICICLE,    /**< columns name, depth, start, length */
};

/**
 * Begin a page.
 *
 * @param id    short name for style sheets and links: "overview"
 * @param title for people
 * @return page; never NULL; the caller frees it
 */
struct sj_doc *sj_doc_new(const char *id, const char *title);

/** Free a page. @param doc page, or NULL */
void sj_doc_free(struct sj_doc *doc);

/** Say that the page changes: what shows it looks again. @param doc page @param seconds between two
 * looks */
void sj_doc_live(struct sj_doc *doc, unsigned seconds);

/** A heading of a part. @param doc page @param id anchor @param text heading */
void sj_doc_heading(struct sj_doc *doc, const char *id, const char *text);

/** A paragraph. @param doc page @param text plain text; a line feed ends a paragraph */
void sj_doc_text(struct sj_doc *doc, const char *text);

/** Something that the reader has to know to trust the page. @param doc page @param text one
 * sentence */
void sj_doc_note(struct sj_doc *doc, const char *text);

/** A command to copy, such as what to run next. @param doc page @param text command line */
void sj_doc_command(struct sj_doc *doc, const char *text);

/** A link on a line of its own. @param doc page @param href target, of sj_link_*(); NULL: the one
 * of several that holds now @param text words */
void sj_doc_link(struct sj_doc *doc, const char *href, const char *text);

/**
 * A figure in the row of headline figures.
 *
 * @param doc   page
 * @param id    name in JSON
 * @param label words
 * @param type  how value is written
 * @param value number; NAN: "–"
 * @param href  where a click leads; NULL: nowhere
 */
void sj_doc_figure(struct sj_doc *doc, const char *id, const char *label, enum sj_doc_type type,
                   double value, const char *href);

/** A fact: a name and a text, such as "branch main". @param doc page @param id name in JSON @param
 * label words @param text value @param href where a click leads; NULL: nowhere */
void sj_doc_fact(struct sj_doc *doc, const char *id, const char *label, const char *text,
                 const char *href);

/**
 * Begin a table.
 *
 * @param doc     page
 * @param id      name in JSON and anchor
 * @param caption what it shows, for people
 * @return table; rows are added with the functions below, cell by cell
 */
struct sj_doc_table *sj_doc_table(struct sj_doc *doc, const char *id, const char *caption);

/** Add a column for programs: pages for people leave it out, such as what another column says
 * already. @param table table @param id name in JSON @param label heading @param type what it
 * holds */
void sj_doc_data_column(struct sj_doc_table *table, const char *id, const char *label,
                        enum sj_doc_type type);

/** Add a column; before any cell. People do not see it where no row has anything in it. @param
 * table table @param id name in JSON @param label heading
 * @param type what it holds */
void sj_doc_column(struct sj_doc_table *table, const char *id, const char *label,
                   enum sj_doc_type type);

/** Draw the column just added in a colour of its own, so that it is the same on every page;
 * without, colours go by place. @param table table @param colour number, 1 to 8 (8: grey) */
void sj_doc_column_colour(struct sj_doc_table *table, unsigned colour);

/** Text for a table without rows: what would fill it. @param table table @param text sentence */
void sj_doc_empty(struct sj_doc_table *table, const char *text);

/** Next cell: a text. @param table table @param text value; NULL: none @param href where a click
 * leads; NULL: nowhere */
void sj_doc_cell(struct sj_doc_table *table, const char *text, const char *href);

/** Next cell: a number of the column's type. @param table table @param value number; NAN: none
 * @param href where a click leads; NULL: nowhere */
void sj_doc_value(struct sj_doc_table *table, double value, const char *href);

/** Say more of the last cell, small and below it, for people: programs find it in columns of their
 * own. @param table table @param text words; NULL: nothing */
void sj_doc_detail(struct sj_doc_table *table, const char *text);

/** Next cell: a small series. @param table table @param values numbers; NAN: a gap @param count how
 * many */
void sj_doc_spark(struct sj_doc_table *table, const double *values, size_t count);

/** Whether something about the row just begun is worth a mark: a word of the page's own, such as
 * "regression", "redundant", that style sheets know. @param table table @param word word */
void sj_doc_row_mark(struct sj_doc_table *table, const char *word);

/**
 * Draw a table, above it. With scripts off the table, and for lines a small drawing, stay.
 *
 * @param table   table
 * @param kind    how
 * @param summary one sentence that says what can be seen, for who cannot see it
 */
void sj_doc_chart(struct sj_doc_table *table, enum sj_doc_chart_kind kind, const char *summary);

/** Let the rows of a chart stand at even distances, in their order: each is a thing of its own,
 * such as a build, and has room wherever its x is. @param table table of a chart with an x */
void sj_doc_chart_even(struct sj_doc_table *table);

/** A mark in a chart of lines: a vertical line at an x. @param table table of the chart @param x
 * where, in the first column's unit @param text what happened @param href where a click leads;
 * NULL: nowhere @param is_step a step; else another event, such as a new compiler */
void sj_doc_chart_mark(struct sj_doc_table *table, double x, const char *text, const char *href,
                       bool is_step);

/**
 * Begin a form: fields, then a button. What is asked for by GET keeps the filters.
 *
 * @param doc     page
 * @param action  where it leads: a path of sj_dash_link(NULL, …)
 * @param button  words on the button
 * @param is_post it changes something: it is sent with the key that no other site knows
 * @return form; fields are added with the functions below
 */
struct sj_doc_form *sj_doc_form(struct sj_doc *doc, const char *action, const char *button,
                                bool is_post);

/** Add a field. @param form form @param name in the address @param label words @param value what it
 * holds; NULL: nothing @param hint an example, or what holds when it is left empty */
void sj_doc_field(struct sj_doc_form *form, const char *name, const char *label, const char *value,
                  const char *hint);

/** Offer a value for any field of a form; another may be written, too. @param form form @param
 * value value @param text what it is */
void sj_doc_choice(struct sj_doc_form *form, const char *value, const char *text);

/**
 * Sort the tables that have a column of a name; those that are drawn stay as they are. A page that
 * shows only the first of many rows has to sort them itself before it leaves any out.
 *
 * @param doc  page, complete
 * @param sort column, of SJ_DASH_SORT; with '-' in front the largest comes first
 */
void sj_doc_sort(struct sj_doc *doc, const char *sort);

/** What stands around a page: who is signed in, which filters hold. */
struct sj_doc_frame {
    const struct sj_dash_query *query; /**< for the navigation and the filters */
    const char *project;               /**< shown in the head; "" */
    bool is_signed_in;                 /**< offer to sign out */
    bool is_local;                     /**< no signing in or out at all */
    bool is_admin;                     /**< show what is the administrator's */
    const char *form_key;              /**< for the form that signs out */
    const char *currency;              /**< such as "EUR"; "" */
};

/** Write a page as HTML. @param doc page @param frame around it @param out takes it */
void sj_doc_html(const struct sj_doc *doc, const struct sj_doc_frame *frame, struct sj_buf *out);

/** Write a page as JSON: members for figures and facts, arrays of columns for tables
 * ({"columns":[…],"data":{"id":[…]}}), charts with marks. @param doc page @param out takes it */
void sj_doc_json(const struct sj_doc *doc, struct sj_buf *out);

/** Write one table of a page as CSV (RFC 4180; cells that a spreadsheet would run get a quote in
 * front). @param doc page @param table its id; NULL: the first @param out takes it @return 0, or
 * -ENOENT: no such table */
int sj_doc_csv(const struct sj_doc *doc, const char *table, struct sj_buf *out);

/** Encode a page, so that it can be kept; the format is drawn in doc_code.c. @param doc page
 * @param out bytes are appended @return 0 or -ENOTSUP: it has a form */
int sj_doc_encode(const struct sj_doc *doc, struct sj_buf *out);

/** Decode a page. @param data bytes, untrusted @param len how many @param out takes a page; the
 * caller frees it @return 0 or -EBADMSG */
int sj_doc_decode(const void *data, size_t len, struct sj_doc **out);
