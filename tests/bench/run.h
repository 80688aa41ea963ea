// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Starts the commands that are compared and measures each of them: wall, CPU of its process tree,
 * page faults, and how long it was neither running nor waiting for a core.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** A command under measurement. Strings are borrowed from the program's arguments. */
struct sj_candidate {
    const char *name;   /**< for the table */
    char **settings;    /**< NAME=VALUE words put into its environment */
    int settings_count; /**< how many */
    char **argv;        /**< command and arguments; "{}" in one stands for a number */
    int argc;           /**< how many */
    bool is_fresh;      /**< what stands behind "-o" is removed before each run */
};

/** What one run took. */
struct sj_sample {
    uint64_t wall_ns;    /**< from the spawn until its end was seen */
    uint64_t cpu_ns;     /**< user and system, with all descendants that were waited for */
    uint64_t blocked_ns; /**< wall less its own CPU and less its waits for a core: locks, pipes,
                              disk. Means something only for a command without children */
    uint64_t faults;     /**< minor page faults, descendants included */
    int status;          /**< as wait4() gave it */
};

/** A run under way. */
struct sj_run {
    pid_t pid;         /**< 0: none */
    uint64_t start_ns; /**< CLOCK_MONOTONIC */
};

/**
 * Split "NAME [VAR=VALUE…] COMMAND [ARG…] ::: NAME …" into candidates.
 *
 * @param argv  words; split in place, each command ends with NULL
 * @param argc  how many; argv[argc] is NULL
 * @param out   takes the candidates
 * @param room  room in out
 * @return how many, or -EINVAL (a candidate without a command, or too many)
 */
int sj_candidates_parse(char **argv, int argc, struct sj_candidate *out, int room);

/**
 * Start a candidate in a process group of its own, with /dev/null as its standard input and output.
 *
 * @param candidate what to run
 * @param number    put in place of "{}" in arguments and settings
 * @param out       takes the run
 * @return 0 or a negative errno
 */
int sj_run_start(const struct sj_candidate *candidate, uint64_t number, struct sj_run *out);

/**
 * Wait for a child to end, without reaping it.
 *
 * @param pid the child; 0: any
 * @return its process id, or a negative errno (-ECHILD: there is none)
 */
pid_t sj_run_wait(pid_t pid);

/**
 * Reap a run that has ended.
 *
 * @param run what sj_run_wait() found
 * @param out takes the figures
 * @return 0 or a negative errno
 */
int sj_run_reap(const struct sj_run *run, struct sj_sample *out);

/** Whether a wait status means success. @param status as wait4() gave it @return exit status 0 */
bool sj_status_is_good(int status);
