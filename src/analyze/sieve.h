// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Inputs of many states, of which only few paths matter: those that some set of changes names, and
 * generated files. Each state is read once and what matters of it is kept.
 */
#pragma once

#include "analyze/match.h"

/** What is kept of a state. */
struct sj_sifted {
    uint32_t first; /**< first of its inputs in sj_sieve.pool */
    uint32_t count; /**< how many, sorted as sj_db_inputs() gives them */
};

/** A sieve. Zeroed but for db: nothing matters. */
struct sj_sieve {
    struct sj_db *db;            /**< inputs; the caller's */
    struct sj_numbers wanted;    /**< paths that matter */
    bool keeps_all;              /**< all do: a submodule changes */
    struct sj_numbers seen;      /**< paths that were looked at */
    struct sj_numbers generated; /**< of them, those that git does not track */
    struct sj_input *pool;       /**< what was kept */
    size_t pool_count;           /**< length of pool */
    size_t pool_size;            /**< allocated */
    uint32_t *states;   /**< table with open places: state, first, count, four words each */
    size_t state_count; /**< states in it */
    size_t state_size;  /**< places, a power of two */
};

/** Let the paths of a set of changes matter; before the first state is asked for.
 * @param sieve sieve @param match changes */
void sj_sieve_want(struct sj_sieve *sieve, const struct sj_match *match);

/**
 * What matters of a state.
 *
 * @param sieve sieve
 * @param state number
 * @param out   takes where it stands
 * @return 0, -ENOENT (its inputs are not known) or another negative errno
 */
int sj_sieve_get(struct sj_sieve *sieve, uint32_t state, struct sj_sifted *out);

/** Free what a sieve holds. @param sieve sieve, or NULL */
void sj_sieve_release(struct sj_sieve *sieve);
