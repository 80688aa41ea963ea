// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `scrubjay doctor` looks at: each check adds findings, each of which says what is so and,
 * where something is wrong, what to do about it.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "config/config.h"

/** How bad a finding is. */
enum sj_level {
    SJ_LEVEL_OK,   /**< as it should be */
    SJ_LEVEL_WARN, /**< works, but less well than it could */
    SJ_LEVEL_FAIL, /**< does not work */
};

/** A finding. */
struct sj_finding {
    enum sj_level level; /**< how bad */
    const char *name;    /**< what was looked at, one word */
    char *text;          /**< what is so */
    char *remedy;        /**< what to do about it; NULL when it is as it should be */
};

/** An examination. Zeroed but for config: nothing found yet. */
struct sj_doctor {
    const struct sj_config *config; /**< settings */
    struct sj_finding *findings;    /**< in the order in which they were found */
    size_t count;                   /**< length of findings */
};

/** Free findings. @param doctor examination */
void sj_doctor_release(struct sj_doctor *doctor);

/**
 * Add a finding.
 *
 * @param doctor examination
 * @param level  how bad
 * @param name   what was looked at; a literal
 * @param remedy what to do about it; NULL: nothing. Copied
 * @param format printf format of what is so
 */
SJ_PRINTF(5, 6)
void sj_doctor_add(struct sj_doctor *doctor, enum sj_level level, const char *name,
                   const char *remedy, const char *format, ...);

/** Files and variables that hold settings. @param doctor examination */
void sj_doctor_settings(struct sj_doctor *doctor);

/** The store's directory: file system, rights, space, version. @param doctor examination */
void sj_doctor_store(struct sj_doctor *doctor);

/** How finely file times tell one change from the next. @param doctor examination */
void sj_doctor_clock(struct sj_doctor *doctor);

/** Compilers on PATH, and other caches in front of them. @param doctor examination */
void sj_doctor_compilers(struct sj_doctor *doctor);

/** Variables that put another cache between build and compiler. @param doctor examination */
void sj_doctor_environment(struct sj_doctor *doctor);

/** What a build here would be noted as: project, commit, CI job. @param doctor examination */
void sj_doctor_build(struct sj_doctor *doctor);

/** Whether compiles' instructions can be counted. @param doctor examination */
void sj_doctor_instructions(struct sj_doctor *doctor);

/** Compile something twice through the wrapper. @param doctor examination */
void sj_doctor_trial(struct sj_doctor *doctor);

/** What recent records say about hits that could be had. @param doctor examination */
void sj_doctor_records(struct sj_doctor *doctor);
