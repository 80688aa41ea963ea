// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The includes of each file, each with the files that it may mean. Which of them it does mean
 * depends on the unit; edges.h decides.
 */
#pragma once

#include "analyze/edges.h"

/** An include. */
struct sj_mention {
    uint32_t first;      /**< first of the files that it may mean, in `targets` */
    uint32_t count;      /**< how many */
    uint32_t line;       /**< 0: told by a compiler */
    bool is_near;        /**< the first one lies where the includer does: if a unit reads it, it is
                              what is meant */
    bool is_conditional; /**< it stands under a condition */
};

/** Includes by file. Zeroed: none. */
struct sj_mentions {
    uint32_t *next;           /**< by file: where its includes begin; one more at the end */
    struct sj_mention *items; /**< includes, by file */
    size_t count;             /**< length of items */
    size_t size;              /**< allocated */
    uint32_t *targets;        /**< places of files */
    size_t target_count;      /**< length of targets */
    size_t target_size;       /**< allocated */
};

/**
 * Scan all files of a fan-out.
 *
 * @param view   view
 * @param fanout who reads what
 * @param commit place of the newest commit; SJ_NO_COMMIT: none
 * @param source where texts come from
 * @param out    takes the includes; release with sj_mentions_release()
 * @param counts its counts are set
 * @return 0 or a negative errno
 */
int sj_mentions_make(const struct sj_view *view, const struct sj_fanout *fanout, uint32_t commit,
                     const struct sj_edge_source *source, struct sj_mentions *out,
                     struct sj_edges *counts);

/** Free includes. @param slots includes, zeroed or NULL */
void sj_mentions_release(struct sj_mentions *slots);
