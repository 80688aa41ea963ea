// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Notes that `scrubjay run` leaves in the journal: that a build begins, that a phase or the build
 * has ended. Nothing that goes wrong here is of any consequence to the build; the debug log tells.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/child.h"
#include "config/config.h"
#include "record/note.h"
#include "repo/repo.h"

/** A build under way. Zeroed: nothing is noted. */
struct sj_build_log {
    const struct sj_config *config; /**< settings; NULL: nothing is noted */
    const char *id;                 /**< of the build */
    const char *phase;              /**< what part of it this run is, or NULL */
    bool is_own;          /**< the build is this run's own: it has a beginning and an end */
    struct sj_repo *repo; /**< what is built; NULL: no repository */
    uint64_t start_ns;    /**< CLOCK_REALTIME of sj_build_log_begin() */
};

/** Release. @param log log, or zeroed */
void sj_build_log_release(struct sj_build_log *log);

/**
 * The build, or a part of it, is about to begin: look at the repository, and note the beginning of
 * a build. The environment's labels go with it.
 *
 * @param log config, id, phase and is_own are set
 */
void sj_build_log_begin(struct sj_build_log *log);

/**
 * It has ended.
 *
 * @param log log that sj_build_log_begin() was called for
 * @param end how
 */
void sj_build_log_end(struct sj_build_log *log, const struct sj_child_end *end);

/**
 * Append a note of the build to the journal.
 *
 * @param log  log
 * @param note what to note; its build and label are set
 * @return 0 or a negative errno, which the debug log has, too
 */
int sj_build_log_append(const struct sj_build_log *log, struct sj_note *note);

/**
 * Find the repository of what is built: around the working directory, else where base_dir or the
 * CI system's checkout is.
 *
 * @param config    settings
 * @param workspace of the CI system, or NULL
 * @param out       takes it; the caller closes it. NULL: there is none
 * @param err       why one that is there cannot be read
 * @return 0 or a negative errno
 */
int sj_build_repo_open(const struct sj_config *config, const char *workspace, struct sj_repo **out,
                       struct sj_err *err);
