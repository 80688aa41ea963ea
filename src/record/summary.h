// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Sums over records: how many, their CPU, what was saved, why not, and the dearest misses. The
 * report of a build, the statistics and the ledger all count with it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define SJ_SUMMARY_OUTCOMES (SJ_OUTCOME_ERROR + 1) /**< length of an array indexed by outcome */
#define SJ_SUMMARY_DEAREST  10                     /**< misses that are kept by name */

/** Records of one outcome with one reason. */
struct sj_reason_sum {
    enum sj_outcome outcome; /**< theirs */
    char *reason;            /**< theirs; "unknown" where the record gave none */
    uint64_t count;          /**< how many */
    uint64_t cpu_ns;         /**< CPU of their tools */
};

/** A miss, kept by name. */
struct sj_dear_miss {
    char *unit;      /**< main output, else the source, as written; "" when neither is known */
    char *cwd;       /**< working directory; may be NULL */
    char *reason;    /**< why it missed; "unknown" where the record gave none */
    char *detail;    /**< argument or path to blame; may be NULL */
    uint64_t cpu_ns; /**< CPU of its tool */
};

/** Sums. Zeroed: of no records. */
struct sj_summary {
    uint64_t count[SJ_SUMMARY_OUTCOMES];             /**< records, by outcome */
    uint64_t cpu_ns[SJ_SUMMARY_OUTCOMES];            /**< CPU of their tools, by outcome */
    uint64_t saved_ns;                               /**< CPU that hits saved */
    uint64_t own_ns;                                 /**< CPU of the wrapper itself */
    uint64_t wall_ns;                                /**< time of all, added up */
    uint64_t fast;                                   /**< hits by stamp */
    uint64_t stored;                                 /**< misses that are in the store now */
    uint64_t links;                                  /**< actions that link */
    uint64_t audits;                                 /**< hits that were compiled again */
    uint64_t differs;                                /**< audits that found a difference */
    uint64_t output_bytes;                           /**< of all outputs */
    uint64_t peak_rss_bytes;                         /**< largest process of all */
    uint64_t first_ns;                               /**< earliest start; 0: no records */
    uint64_t last_ns;                                /**< latest end */
    struct sj_reason_sum *reasons;                   /**< by outcome, then most frequent first, once
                                                          sj_summary_sort() has run */
    size_t reason_count;                             /**< length of reasons */
    struct sj_dear_miss dearest[SJ_SUMMARY_DEAREST]; /**< dearest first */
    size_t dearest_count;                            /**< used of dearest */
};

/** Free what a summary holds; it is empty then. @param summary summary, or NULL */
void sj_summary_release(struct sj_summary *summary);

/** Add a record. @param summary summary @param record record; nothing of it is kept */
void sj_summary_add(struct sj_summary *summary, const struct sj_record *record);

/** Add all that another summary counted. @param summary summary @param more added to it */
void sj_summary_merge(struct sj_summary *summary, const struct sj_summary *more);

/**
 * Add records of one outcome and reason; only the reason's own sums change.
 *
 * @param summary summary
 * @param outcome theirs
 * @param reason  theirs; NULL: unknown
 * @param count   how many
 * @param cpu_ns  CPU of their tools
 */
void sj_summary_add_reason(struct sj_summary *summary, enum sj_outcome outcome, const char *reason,
                           uint64_t count, uint64_t cpu_ns);

/** Bring the reasons in order for people to read. @param summary summary */
void sj_summary_sort(struct sj_summary *summary);

/** All records. @param summary summary @return how many */
uint64_t sj_summary_count(const struct sj_summary *summary);

/** CPU that all tools took. @param summary summary @return nanoseconds, without the wrapper's */
uint64_t sj_summary_spent_ns(const struct sj_summary *summary);

/**
 * Share of hits among hits and misses, by count.
 *
 * @param summary summary
 * @return 0 to 1; 0 when there were neither
 */
double sj_summary_hit_rate(const struct sj_summary *summary);

/**
 * Share of the CPU of hits and misses that hits saved.
 *
 * @param summary summary
 * @return 0 to 1; 0 when there was none
 */
double sj_summary_cpu_rate(const struct sj_summary *summary);
