// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Actions as rows: comma-separated values, and JSON lines. Both have the same columns, of one
 * table.
 * Source: RFC 4180; RFC 8259; https://jsonlines.org.
 */
#pragma once

#include "trace/export.h"

/** Append the line of column names. @param out takes it */
void sj_export_csv_head(struct sj_buf *out);

/** Append an action as a line that ends with CR LF. Text keeps its bytes. @param build its build
 * @param action action @param out takes it */
void sj_export_csv_row(const struct sj_export_build *build, const struct sj_export_action *action,
                       struct sj_buf *out);

/** Append an action as a JSON object and a line feed. @param build its build @param action action
 * @param out takes it */
void sj_export_json_row(const struct sj_export_build *build, const struct sj_export_action *action,
                        struct sj_buf *out);
