// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a change will cost before it is built: the units that read what it touches, as the nearest
 * build knows them, and what they cost lately. track.h holds predictions against what came.
 */
#pragma once

#include "analyze/learn.h"
#include "analyze/units.h"

/** Why a unit is expected to be compiled. */
enum sj_expected_why {
    SJ_EXPECTED_INPUT,     /**< the change touches an input of it */
    SJ_EXPECTED_SHADOW,    /**< a new file stands where it looked in vain, or in a directory that it
                                listed */
    SJ_EXPECTED_GENERATED, /**< a generated file that follows the change */
    SJ_EXPECTED_ALWAYS,    /**< a generated file that every build writes anew */
    SJ_EXPECTED_FLAGS,     /**< a build description changes flags */
    SJ_EXPECTED_NEW,       /**< its source is new */
    SJ_EXPECTED_WHY_COUNT,
};

/** A unit that is expected to be compiled. */
struct sj_expected {
    uint32_t unit;   /**< number; 0: new */
    uint32_t path;   /**< text: what touches it; 0: not one path, or new */
    uint32_t change; /**< of a new one: its source's place among the changes */
    uint8_t why;     /**< enum sj_expected_why */
    uint64_t cpu_ns; /**< what it costs */
};

/** What is known of a build description in the change. */
enum sj_flags_change {
    SJ_FLAGS_SAME,    /**< none, or none that has to do with flags */
    SJ_FLAGS_CHANGED, /**< its lines about flags differ */
    SJ_FLAGS_UNKNOWN, /**< its text is not at hand */
};

/** What a prediction is made of. */
struct sj_outlook {
    struct sj_db *db;                 /**< inputs and texts */
    const struct sj_units *units;     /**< as they stand before the change */
    const struct sj_changes *changes; /**< what changes; sorted */
    const struct sj_match *match;     /**< the same, looked up; `too` is NULL */
    struct sj_sieve *sieve;           /**< wants match; NULL: inputs are read as they are */
    const struct sj_learned *learned; /**< of builds before; NULL: nothing */
    const char *flags_scope;          /**< units whose sources lie below it are compiled with other
                                           flags: "" for all, else with a slash at its end; NULL:
                                           none */
};

/** The set of units. Zeroed: none. */
struct sj_prediction {
    struct sj_expected *items;         /**< the dearest first */
    size_t count;                      /**< length of items */
    uint64_t cpu_ns;                   /**< sum */
    size_t why[SJ_EXPECTED_WHY_COUNT]; /**< how many, by why */
    size_t unknown;                    /**< units whose inputs are not known: left out */
    size_t doubtful; /**< new files that look like sources, in directories whose files are
                          not compiled: left out */
};

/**
 * Predict.
 *
 * @param outlook what it is made of
 * @param out     takes the units; release with sj_prediction_release()
 * @return 0 or a negative errno
 */
int sj_predict(const struct sj_outlook *outlook, struct sj_prediction *out);

/** Free a prediction. @param prediction prediction, zeroed or NULL */
void sj_prediction_release(struct sj_prediction *prediction);

/**
 * Whether build descriptions among the changes change flags: their lines are compared where blobs
 * are at hand.
 *
 * @param repo    repository; NULL: none
 * @param from    commit before; zero: not known
 * @param to      commit after; zero: not known
 * @param changes what changes
 * @param system  CI system that builds, or NULL, as for sj_description_of()
 * @param scope   takes the directory below which flags change, or may: "" for all, else with a
 *                slash at its end. A description that lists what lies beside it does so for its own
 *                directory, a toolchain or a CI workflow for all
 * @return what is known. A description that is new, or removed, says nothing of units that stay
 */
enum sj_flags_change sj_flags_change(struct sj_repo *repo, const struct sj_oid *from,
                                     const struct sj_oid *to, const struct sj_changes *changes,
                                     const char *system, struct sj_buf *scope);

/** How long the units of a prediction take on so many cores. @param prediction units @param jobs
 * cores @return nanoseconds */
uint64_t sj_prediction_wall(const struct sj_prediction *prediction, unsigned jobs);
