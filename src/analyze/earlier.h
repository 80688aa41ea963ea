// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Compiles by what they were compiled from: tells the first miss of a key, which no cache could
 * have helped, from those that a better cache would have made hits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/blame.h"
#include "record/build.h"
#include "record/sample.h"

/** A miss, as far as later ones ask. */
struct sj_earlier {
    uint64_t start_ns;     /**< when it began */
    uint64_t end_ns;       /**< when it was stored, if it was */
    const char *machine;   /**< where; the database's */
    const char *root;      /**< in which work tree; the database's */
    uint32_t state;        /**< of inputs and all else that the key holds: sj_sample.state */
    uint32_t config;       /**< sj_db_config(); 0: not known */
    uint32_t args;         /**< text: command line; 0: not known */
    uint32_t unit;         /**< unit */
    uint32_t build;        /**< number of its build */
    uint32_t reason;       /**< text: why it was not stored */
    bool is_stored;        /**< it was stored */
    bool is_shared;        /**< … for any checkout */
    bool reaches_a_remote; /**< its build asked a remote */
};

/** Misses by state. Zeroed: none. */
struct sj_earlier_set {
    struct sj_earlier *items; /**< by state, then start, once sorted */
    size_t count;             /**< length of items */
    size_t size;              /**< allocated */
};

/** Free a set. @param set set, zeroed or NULL */
void sj_earlier_release(struct sj_earlier_set *set);

/**
 * A sample as later ones ask about it.
 *
 * @param build            its build
 * @param sample           a miss, or a hit
 * @param reaches_a_remote its build asked a remote
 * @return it; its texts are the database's
 */
struct sj_earlier sj_earlier_of(const struct sj_build *build, const struct sj_sample *sample,
                                bool reaches_a_remote);

/** Add a miss. @param set set @param item copied */
void sj_earlier_add(struct sj_earlier_set *set, const struct sj_earlier *item);

/** Sort: must follow what was added before the set is asked. @param set set */
void sj_earlier_sort(struct sj_earlier_set *set);

/**
 * How something was compiled whose record does not tell, as that of a hit by stamp.
 *
 * @param set   sorted set
 * @param state its state
 * @return an item that knows its configuration, or NULL
 */
const struct sj_earlier *sj_earlier_config(const struct sj_earlier_set *set, uint32_t state);

/** Why a miss was redundant. */
struct sj_earlier_verdict {
    enum sj_blame_kind kind; /**< of SJ_BLAME_REDUNDANT */
    const char *why;         /**< more words; static; NULL: the reason of `of` says it */
    struct sj_earlier of;    /**< the compile that had done the work before */
};

/** Outcome of sj_earlier_ask(): nobody had compiled the same before. */
#define SJ_EARLIER_NONE 1

/**
 * Ask whether a miss was redundant.
 *
 * @param set  sorted set; the miss itself may be in it
 * @param miss the miss
 * @param out  takes the verdict
 * @return 0 or SJ_EARLIER_NONE: it was necessary
 */
int sj_earlier_ask(const struct sj_earlier_set *set, const struct sj_earlier *miss,
                   struct sj_earlier_verdict *out);
