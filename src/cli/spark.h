// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A row of small bars that shows how numbers develop, in one line of text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/** Whether the terminal's locale takes UTF-8. @return true when it does */
bool sj_spark_is_utf8(void);

/**
 * Append a row of bars. Where there are more values than bars, each bar is the median of its share
 * of them. The lowest bar is the least value; a range of less than a tenth of the largest one is
 * drawn as if it were a tenth, so that noise looks small.
 *
 * @param out     takes them
 * @param values  numbers; those that are not finite are gaps
 * @param count   how many
 * @param width   most bars
 * @param is_utf8 block characters; else seven of ASCII
 */
void sj_spark(struct sj_buf *out, const double *values, size_t count, size_t width, bool is_utf8);
