// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `scrubjay run` tells of a build: one line while it runs, a page or a JSON document at the
 * end.
 */
#pragma once

#include "base/buf.h"
#include "cli/child.h"
#include "cli/run_remote.h"
#include "record/summary.h"

/** A build that has ended. Strings are borrowed. */
struct sj_run_report {
    const char *build;                  /**< its id */
    const char *labels;                 /**< KEY=VALUE, separated by commas; "" */
    const char *cwd;                    /**< directory that units are shown from; "" */
    const struct sj_child_end *end;     /**< how the command ended */
    const struct sj_summary *summary;   /**< its actions; reasons sorted */
    bool has_records;                   /**< actions could be counted at all */
    bool has_color;                     /**< headings may be bold */
    const struct sj_agent_stat *remote; /**< what was shared; NULL: nothing was meant to be */
};

/**
 * Append a line of how far a build is.
 *
 * @param summary its actions so far
 * @param out     the line is appended, without a newline
 */
void sj_run_report_line(const struct sj_summary *summary, struct sj_buf *out);

/** Append the page. @param report build @param out takes the text */
void sj_run_report_text(const struct sj_run_report *report, struct sj_buf *out);

/** Append the document. @param report build @param out takes the JSON and a newline */
void sj_run_report_json(const struct sj_run_report *report, struct sj_buf *out);
