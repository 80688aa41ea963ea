// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A command that runs in our place: same terminal, process group, descriptors and signal
 * dispositions, so that it behaves as if we were not there; and something to do while it runs.
 * Source: wait(2), signalfd(2); POSIX, 2.4.3 (signals a terminal sends to its foreground group).
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/** Something to do while the command runs. */
struct sj_child_watch {
    void (*tick)(void *user);   /**< called each interval; NULL: never */
    void (*pause)(void *user);  /**< the terminal wants us to stop; NULL: nothing to do before */
    void (*resume)(void *user); /**< we go on, or the terminal has another size; may be NULL */
    int interval_ms;            /**< between two ticks */
    void *user;                 /**< handed to each */
};

/** How a command ended. */
struct sj_child_end {
    int exit_status;    /**< the command's own; 128 + N when signal N ended it */
    int signal;         /**< that ended the command; 0: it exited */
    int told_signal;    /**< last signal of INT, TERM, HUP, QUIT that we got meanwhile, or 0 */
    uint64_t wall_ns;   /**< from start to end */
    uint64_t user_ns;   /**< CPU of the command and all its children that were waited for, user */
    uint64_t system_ns; /**< the same, system */
};

/**
 * Run a command and wait for its end. A signal that another process sends to us alone is passed
 * on; what the terminal sends to the whole group reaches the command by itself.
 *
 * @param argv  command, looked up on PATH, and arguments; NULL-terminated
 * @param watch what to do meanwhile; NULL: nothing
 * @param out   takes its end
 * @param err   names the command that could not be started
 * @return 0, or a negative errno when nothing was started
 *
 * For single-threaded programs that have no other children.
 */
int sj_child_run(char *const *argv, const struct sj_child_watch *watch, struct sj_child_end *out,
                 struct sj_err *err);

/**
 * The status with which a shell reports that a command could not be started.
 *
 * @param status from sj_child_run()
 * @return 127 (not found) or 126 (found, but cannot be run)
 */
int sj_child_failure_status(int status);

/**
 * End this program by a signal, without a core file, so that whoever waits for it sees that it was
 * interrupted.
 *
 * @param signal of INT, TERM, HUP, QUIT
 */
void sj_child_raise(int signal);
