// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Names of builds: given by a person, taken from the CI system that runs it, or made up; and the
 * labels that go with them.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/** Longest build id, in bytes. */
#define SJ_BUILD_ID_MAX 128

/** Longest text of all labels of a build, in bytes. */
#define SJ_LABEL_MAX 1024

/**
 * Check a build id that somebody gave.
 *
 * @param id  letters, digits and "._:+@-" are right
 * @param err what is wrong, and what would be right
 * @return 0 or -EINVAL
 */
int sj_build_id_check(const char *id, struct sj_err *err);

/**
 * The id that the CI system gave this job: unique among its jobs and attempts.
 *
 * @param out the id is appended; what an id must not hold becomes '-'
 * @return true when there is a CI system that names its jobs
 */
bool sj_build_id_from_ci(struct sj_buf *out);

/**
 * Make up an id: the time in UTC, then chance, so that ids sort by time and never meet.
 *
 * @param out the id is appended
 */
void sj_build_id_make(struct sj_buf *out);

/** Longest name of a phase, in bytes. */
#define SJ_PHASE_MAX 64

/**
 * Check a phase's name that somebody gave.
 *
 * @param name letters, digits and "._-" are right
 * @param err  what is wrong, and what would be right
 * @return 0 or -EINVAL
 */
int sj_phase_check(const char *name, struct sj_err *err);

/**
 * Put a phase among labels, in place of another one.
 *
 * @param labels KEY=VALUE, separated by commas
 * @param phase  name that sj_phase_check() has passed; NULL: only the other one goes
 * @param out    labels are appended; where they would be too long, those without the phase
 */
void sj_label_phase(const char *labels, const char *phase, struct sj_buf *out);

/**
 * Find a label.
 *
 * @param labels KEY=VALUE, separated by commas
 * @param key    what to look for
 * @param out    the last value given for it is appended
 * @return true when there is one
 */
bool sj_label_find(const char *labels, const char *key, struct sj_buf *out);

/**
 * Add a label to a build's labels.
 *
 * @param label  KEY=VALUE; a later one for the same key does not replace an earlier one
 * @param labels takes it, behind a comma when there are others
 * @param err    what is wrong, and what would be right
 * @return 0 or -EINVAL
 */
int sj_label_add(const char *label, struct sj_buf *labels, struct sj_err *err);
