// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * History played through with today's inputs: what each commit of the last months would compile
 * anew, each built on its own, and which files are to blame for how much of it.
 *
 * A unit that a commit invalidates through several files is shared among them equally: the Shapley
 * value of the game in which any one of them would have been enough.
 */
#pragma once

#include "analyze/fanout.h"

/** What a file brought about. */
struct sj_replay_file {
    uint32_t changes; /**< commits that changed it */
    double faded;     /**< the same, older ones counting less: rate.h */
    double naive_ns;  /**< CPU of its readers for each change */
    double share_ns;  /**< its share of what commits invalidated */
    double alone_ns;  /**< of it, what no other file of the commit would have invalidated, too */
};

/** A commit that changes files that are read. */
struct sj_replay_commit {
    uint32_t commit; /**< place in the history */
    uint32_t first;  /**< first of the files in `touched` */
    uint32_t count;  /**< how many */
    double weight;   /**< by its age: rate.h */
};

/** History, played through. Zeroed: none. */
struct sj_replay {
    struct sj_replay_file *files;     /**< by place in the fan-out */
    struct sj_replay_commit *commits; /**< those that change files that are read, newest first */
    size_t commit_count;              /**< length of commits */
    uint32_t *touched;                /**< places of files, by commit */
    size_t seen;                      /**< commits looked at */
    double days;                      /**< how far back they reach */
    double total_ns;                  /**< CPU that all commits invalidate: the sum of shares */
    bool is_cut;                      /**< history ended before the time did */
};

/**
 * Play history through.
 *
 * @param history history
 * @param tip     place of the newest commit
 * @param days    how far back from it, by committers' clocks
 * @param fanout  who reads what
 * @param out     takes the result; release with sj_replay_release()
 */
void sj_replay_make(struct sj_history *history, uint32_t tip, double days,
                    const struct sj_fanout *fanout, struct sj_replay *out);

/** Free a result. @param replay result, zeroed or NULL */
void sj_replay_release(struct sj_replay *replay);
