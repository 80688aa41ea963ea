// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Run the compiler: with its output streamed through and kept, or as it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/** What is kept of a stream of the tool at most; more than that is passed on but not stored. */
#define SJ_STREAM_LIMIT ((size_t)8 << 20)

/** A run of a tool. */
struct sj_execution {
    const char *path;        /**< program to execute */
    const char *const *argv; /**< arguments, NULL-terminated */
    char *const *env;        /**< environment, NULL-terminated */
    bool is_captured;        /**< stream stdout and stderr through, and keep them */
    struct sj_buf out;       /**< takes stdout; is_full: not all of it */
    struct sj_buf err;       /**< takes stderr; is_full: not all of it */
    int status;              /**< takes the exit status; 128 + N when signal N ended it */
    int signal;              /**< takes the signal that ended it, or 0 */
    bool was_told;           /**< takes whether a signal came that asks to end */
    uint64_t user_ns;        /**< takes the CPU time of its process tree, user */
    uint64_t system_ns;      /**< takes the CPU time of its process tree, system */
    uint64_t wall_ns;        /**< takes the time from start to end */
    uint64_t
        instructions;    /**< takes the user-mode instructions of its process tree; 0: not known */
    uint64_t peak_bytes; /**< takes the resident size of its largest process */
};

/**
 * Run a tool to its end. SIGINT, SIGTERM, SIGHUP and SIGQUIT are forwarded to it meanwhile. One run
 * at a time in a process.
 *
 * @param run what to run; takes how it ended
 * @param err what failed
 * @return 0, or a negative errno when it could not be started at all
 */
int sj_execute(struct sj_execution *run, struct sj_err *err);

/** End this process by a signal, as if it had never been caught. @param signal the signal */
_Noreturn void sj_die_by(int signal);
