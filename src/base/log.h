// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Debug messages: one line each, appended to a file by a single write(), so that lines of programs
 * that run side by side do not mix. Without a file nothing is formatted.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

/**
 * Send debug messages to a file. Call once, before any thread starts.
 *
 * @param path file, made when missing; NULL: send them nowhere
 * @return 0 or a negative errno (then they go nowhere)
 */
int sj_log_open(const char *path);

/** Whether messages go anywhere. @return true when they do */
bool sj_log_is_on(void);

/**
 * Write a message: time, process, text.
 *
 * @param format printf format, without a line end
 *
 * Safe from several threads at once.
 */
SJ_PRINTF(1, 2) void sj_log(const char *format, ...);
