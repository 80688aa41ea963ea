// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Series as a table with a chart: of many points those are kept that say most.
 */
#pragma once

#include "dash/page.h"

#define SJ_SERIES_LINES 12 /**< most lines of a chart */

/** A line. Texts are borrowed. */
struct sj_series_column {
    const char *id;        /**< in JSON */
    const char *label;     /**< for people */
    enum sj_doc_type type; /**< of its values */
    const double *values;  /**< one for each point; NAN: not known */
};

/** Series. Borrowed. */
struct sj_series_doc {
    const char *id;                                   /**< of the table */
    const char *caption;                              /**< what it shows */
    const char *summary;                              /**< what can be seen, in one sentence */
    const char *empty;                                /**< said where there are no points */
    const uint64_t *times;                            /**< of each point, in order */
    char *(*link)(size_t point, void *user);          /**< where a point leads; NULL: nowhere.
                                                           The caller frees what it gives */
    void *user;                                       /**< handed to link */
    size_t count;                                     /**< points */
    struct sj_series_column columns[SJ_SERIES_LINES]; /**< lines */
    size_t column_count;                              /**< length of columns */
    bool is_stack; /**< stacked: points that are thinned out are averaged; else the lowest and the
                        highest of the first line stay */
};

/**
 * Add series to a page.
 *
 * @param call   call
 * @param series what
 * @return its table, for marks; the page's
 */
struct sj_doc_table *sj_series_doc_add(const struct sj_dash_call *call,
                                       const struct sj_series_doc *series);

/**
 * Which points of a line stay when there are too many: in each of equal stretches the lowest and
 * the highest, in order.
 *
 * @param values line; NAN: not known
 * @param count  points
 * @param max    at most so many, at least 2
 * @param out    takes places; room for max of them, or count where that is less
 * @return how many
 */
size_t sj_series_thin(const double *values, size_t count, size_t max, size_t *out);
