// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How a forecast looks: text, JSON, Markdown. `predict` and `gate` print with it.
 */
#pragma once

#include "base/json.h"
#include "cli/forecast_ask.h"

/** Append what changes, in a few words: a commit and its subject, a range, "the diff".
 * @param work forecast @param out takes it; not escaped for Markdown */
void sj_forecast_title(const struct sj_forecast_work *work, struct sj_buf *out);

/** Append the forecast in one line: units, CPU, time.
 * @param work forecast @param out takes it, with a line feed */
void sj_forecast_line(const struct sj_forecast_work *work, struct sj_buf *out);

/** Append what a reader has to know to trust it, a line each: how predictions fared, flags, builds
 * that are far away, what was left out. @param work forecast @param prefix before each line
 * @param out takes them */
void sj_forecast_remarks(const struct sj_forecast_work *work, const char *prefix,
                         struct sj_buf *out);

/** Append it all for people. @param work forecast @param max rows of each table; 0: all @param out
 * takes it */
void sj_forecast_text(const struct sj_forecast_work *work, size_t max, struct sj_buf *out);

/** Append tables of paths and units in Markdown. @param work forecast @param max rows of each
 * table; 0: all @param out takes it */
void sj_forecast_markdown(const struct sj_forecast_work *work, size_t max, struct sj_buf *out);

/** Add members to a JSON object. @param work forecast @param max rows of each list; 0: all @param
 * json writer, in an object */
void sj_forecast_json(const struct sj_forecast_work *work, size_t max, struct sj_json *json);
