// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What was compiled more than once: the same key, by which builds and machines, and why the cache
 * did not help.
 */
#pragma once

#include "analyze/earlier.h"
#include "analyze/view.h"

#define SJ_REPEAT_MACHINES 4 /**< machines that are kept by name */

/** One key that was compiled again and again. */
struct sj_repeat {
    uint32_t unit;           /**< unit of the latest one */
    uint32_t compiles;       /**< how often it was compiled, the first time included */
    uint32_t wasted;         /**< compiles of wanted builds that were redundant */
    uint64_t wasted_ns;      /**< their CPU */
    enum sj_blame_kind kind; /**< why the latest of them was */
    const char *why;         /**< more words; the database's, or static */
    uint32_t build;          /**< number of the latest one's build */
    uint64_t first_ns;       /**< when it was compiled first */
    uint64_t last_ns;        /**< when it was compiled last */
    uint32_t machine_count;  /**< length of machines */
    bool has_more_machines;  /**< there were others, too */
    const char *machines[SJ_REPEAT_MACHINES]; /**< names; the database's */
};

/** What was compiled more than once. Zeroed: nothing. */
struct sj_repeats {
    struct sj_repeat *items;                  /**< the dearest first */
    size_t count;                             /**< length of items */
    uint64_t wasted;                          /**< redundant compiles of wanted builds */
    uint64_t wasted_ns;                       /**< their CPU */
    uint64_t kind_ns[SJ_BLAME_KIND_COUNT];    /**< of them, by kind */
    uint64_t kind_count[SJ_BLAME_KIND_COUNT]; /**< … how many */
};

/**
 * Find what was compiled more than once.
 *
 * @param view      builds of all branches and jobs; its samples are not looked at
 * @param is_wanted for each build: its redundant compiles count; what was compiled in others counts
 *                  as having been there before
 * @param out       takes the result; release with sj_repeats_release()
 * @return 0 or a negative errno
 */
int sj_repeats_find(const struct sj_view *view, const bool *is_wanted, struct sj_repeats *out);

/** Free a result. @param repeats result, zeroed or NULL */
void sj_repeats_release(struct sj_repeats *repeats);
