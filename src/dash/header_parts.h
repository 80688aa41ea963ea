// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the pages "headers" and "header" share.
 */
#pragma once

#include "analyze/edges.h"
#include "dash/scope.h"

/** Headers, as a page needs them. Zeroed: none. */
struct sj_header_work {
    struct sj_scope scope;     /**< all builds that may be seen */
    struct sj_view view;       /**< those that the units come from, with their samples */
    struct sj_headers headers; /**< files that units read */
    double days;               /**< how far back history is looked at */
};

/**
 * Load them.
 *
 * @param call call
 * @param out  zeroed; takes them; release with sj_header_work_release() in any case
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_header_work_load(const struct sj_dash_call *call, struct sj_header_work *out,
                        struct sj_err *err);

/** Free them. @param work work, zeroed or NULL */
void sj_header_work_release(struct sj_header_work *work);

/** Path of a file. @param work work @param file place in the fan-out @return text */
const char *sj_header_path(const struct sj_header_work *work, uint32_t file);

/** Cell: a file, with a link to its page. @param call call @param work work @param table table
 * @param file place in the fan-out */
void sj_cell_header(const struct sj_dash_call *call, const struct sj_header_work *work,
                    struct sj_doc_table *table, uint32_t file);

/** Say what the figures rest on, and what was left out of them. @param call call @param work work
 */
void sj_header_notes(const struct sj_dash_call *call, const struct sj_header_work *work);

/** Add a table of includes, those first that save most. @param call call @param work work @param
 * edges includes @param rows at most */
void sj_header_edges(const struct sj_dash_call *call, const struct sj_header_work *work,
                     const struct sj_edges *edges, size_t rows);
