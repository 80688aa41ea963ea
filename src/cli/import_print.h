// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `scrubjay import` tells of what it did.
 */
#pragma once

#include "trace/intake.h"
#include "trace/plugins.h"

/** What was done. */
struct sj_import_report {
    const struct sj_trace_model *model; /**< what was read */
    const struct sj_trace_done *done;   /**< what was taken in */
    size_t files;                       /**< read whole */
    size_t broken;                      /**< read in part, or not at all */
    bool is_dry;                        /**< nothing was written */
};

/** Append text from outside as one line without control characters. @param out takes it @param text
 * NUL-terminated */
void sj_import_clean(struct sj_buf *out, const char *text);

/** Print the formats. @param plugins loaded @param is_json as JSON @param out takes it */
void sj_import_print_formats(const struct sj_trace_plugins *plugins, bool is_json,
                             struct sj_buf *out);

/** Print for people. @param report what was done @param out takes it */
void sj_import_print_text(const struct sj_import_report *report, struct sj_buf *out);

/** Print as JSON. @param report what was done @param out takes it */
void sj_import_print_json(const struct sj_import_report *report, struct sj_buf *out);

/** Say on stderr what was left out. @param report what was done */
void sj_import_print_problems(const struct sj_import_report *report);
