// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `trend` found, as text, Markdown and JSON.
 */
#pragma once

#include "analyze/trend.h"
#include "cli/report.h"

/** What is to be told. */
struct sj_trend_report {
    struct sj_report report;          /**< records and repository */
    struct sj_view view;              /**< builds */
    struct sj_costs costs;            /**< their costs */
    struct sj_series series;          /**< series */
    struct sj_trend trend;            /**< what stepped */
    bool is_wanted[SJ_MEASURE_COUNT]; /**< which measures to tell of */
    const char *unit;                 /**< name of the only unit; NULL: all */
    enum sj_group_by by;              /**< how CPU is split */
    bool wants_points;                /**< a row for each build, too */
    bool wants_all;                   /**< steps that are not certain, too */
};

/** Append text for people. @param told what to tell @param is_markdown as Markdown @param out takes
 * it */
void sj_trend_print(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out);

/** Append a JSON document. @param told what to tell @param out takes it */
void sj_trend_json(const struct sj_trend_report *told, struct sj_buf *out);

/** Append a value of a measure for people. @param out takes it @param unit of the measure
 * @param value value; not finite: "-" */
void sj_trend_value(struct sj_buf *out, enum sj_measure_unit unit, double value);

/** Append a change for people, such as "+4.2 %". @param out takes it @param change its logarithm */
void sj_trend_change(struct sj_buf *out, double change);
