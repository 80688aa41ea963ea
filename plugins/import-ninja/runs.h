// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Runs of ninja, from the lines of a log.
 */
#pragma once

#include "import-common/text.h"

#define NINJA_TIME_MAX_MS INT64_C(1000000000) /**< longest run, some eleven days */

/** Since this version (ninja 1.12) the third field is when the command began, before it is when its
 * newest output was written: for most commands, when it ended. */
#define NINJA_STARTS_VERSION 6

/** A line. */
struct ninja_line {
    int64_t start_ms;           /**< since its run began */
    int64_t end_ms;             /**< since its run began */
    int64_t mtime_ns;           /**< when its output was written, or when it began */
    int64_t origin_ns;          /**< when its run began, as far as this line can tell */
    struct import_text output;  /**< path */
    struct import_text command; /**< its hash; in version 4 itself */
    uint32_t place;             /**< among the lines of the file */
    uint32_t run;               /**< of which run */
};

/** All lines. Zeroed: none. */
struct ninja_log {
    struct ninja_line *lines; /**< the caller frees it */
    size_t count;             /**< length of lines */
    size_t size;              /**< allocated */
    uint64_t version;         /**< of the log */
};

/** Add a line. @param log lines @param line copied @return false: no memory */
bool ninja_log_add(struct ninja_log *log, const struct ninja_line *line);

/**
 * Tell a build for each run, and its units: all outputs of a command are one unit, named by the
 * first.
 *
 * @param log    lines; sorted
 * @param source file
 * @param sink   takes them
 * @return 0 or a negative errno
 */
int ninja_log_tell(struct ninja_log *log, const struct sj_import_source *source,
                   const struct sj_import_sink *sink);
