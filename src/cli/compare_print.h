// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `compare` found, as text, Markdown and JSON.
 */
#pragma once

#include "analyze/compare.h"
#include "cli/report.h"

/** What is to be told. */
struct sj_compare_report {
    struct sj_report report;   /**< records and repository */
    struct sj_view view;       /**< builds */
    struct sj_costs costs;     /**< their costs */
    struct sj_compare compare; /**< the two builds */
    size_t max;                /**< most rows to tell of */
};

/** Append text for people. @param told what to tell @param is_markdown as Markdown @param out takes
 * it */
void sj_compare_print(const struct sj_compare_report *told, bool is_markdown, struct sj_buf *out);

/** Append a JSON document. @param told what to tell @param out takes it */
void sj_compare_json(const struct sj_compare_report *told, struct sj_buf *out);
