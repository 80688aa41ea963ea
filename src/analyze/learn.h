// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What builds teach about files that git does not track: which change with every build, and which
 * follow what change of tracked files.
 */
#pragma once

#include "analyze/sieve.h"

/** What one build taught. */
struct sj_lesson {
    const struct sj_changes *changes; /**< what had changed before it, sorted; the caller's */
    struct sj_numbers changed;        /**< generated files that came out otherwise */
};

/** What was learned. Zeroed: nothing. */
struct sj_learned {
    struct sj_lesson *lessons;   /**< by build, oldest first */
    size_t count;                /**< length of lessons */
    size_t size;                 /**< allocated */
    struct sj_numbers known;     /**< generated files that ever came out otherwise */
    struct sj_numbers generated; /**< all generated files that units read */
};

/** Begin with the next build. @param learned what was learned @param changes what had changed,
 * sorted; must outlive it */
void sj_learn_begin(struct sj_learned *learned, const struct sj_changes *changes);

/**
 * Compare a unit's generated inputs before and after the build that was begun last.
 *
 * @param learned what was learned
 * @param sieve   inputs
 * @param before  of sj_sieve_get()
 * @param after   of sj_sieve_get()
 */
void sj_learn_unit(struct sj_learned *learned, const struct sj_sieve *sieve,
                   struct sj_sifted before, struct sj_sifted after);

/**
 * Which generated files will come out otherwise: those that did in four of five builds, three at
 * least; and those that did whenever, and only when, one of the paths was changed that change now,
 * or that are called like what such a path is made into.
 *
 * @param learned  what was learned
 * @param db       texts
 * @param changes  what changes now
 * @param always   takes those of the first kind
 * @param follows  takes those of the second kind
 */
void sj_learned_apply(const struct sj_learned *learned, struct sj_db *db,
                      const struct sj_changes *changes, struct sj_numbers *always,
                      struct sj_numbers *follows);

/** Free what was learned. @param learned it, zeroed or NULL */
void sj_learned_release(struct sj_learned *learned);
