// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What to fetch before anybody asks: the pairs of the trails that came, then of the trails that
 * these lead to, some way ahead of the build and no further.
 *
 * Decides only; fetching is the caller's. Not thread-safe: the caller has a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tier/trail.h"

#define SJ_PREFETCH_BATCH   16   /**< pairs fetched by one request */
#define SJ_PREFETCH_FLIGHTS 4    /**< requests under way at one time */
#define SJ_PREFETCH_AHEAD   256  /**< pairs fetched that the build has not come to yet */
#define SJ_PREFETCH_CHAIN   8    /**< last pairs of a trail, one of which has the next trail */
#define SJ_PREFETCH_QUEUE   1024 /**< pairs that wait */
#define SJ_PREFETCH_SET     4096 /**< slots of the sets, a power of two */

/** A set of keys that may forget some. */
struct sj_key_set {
    struct sj_key *slots; /**< SJ_PREFETCH_SET, by key; zero: free. NULL: empty */
    size_t count;         /**< slots used */
};

/** What is to be fetched. Zeroed: nothing. */
struct sj_prefetch {
    struct sj_pair *queue;                  /**< a ring of SJ_PREFETCH_QUEUE; NULL: none yet */
    size_t head;                            /**< index of the first */
    size_t count;                           /**< pairs that wait */
    struct sj_key chain[SJ_PREFETCH_CHAIN]; /**< weak keys to ask for trails of, when it is time */
    size_t chain_count;                     /**< length of chain */
    bool is_useful;                         /**< something was fetched since the last chain */
    unsigned flights;                       /**< requests under way */
    struct sj_key_set seen;                 /**< strong keys that were queued */
    struct sj_key_set ahead;                /**< strong keys fetched and not used yet */
};

/** Free what it holds; it is empty then. @param prefetch prefetch, or NULL */
void sj_prefetch_release(struct sj_prefetch *prefetch);

/** A build has begun, or has gone another way: forget what was seen. @param prefetch prefetch */
void sj_prefetch_restart(struct sj_prefetch *prefetch);

/**
 * Follow a trail.
 *
 * @param prefetch prefetch
 * @param pairs    the trail
 * @param count    its length
 * @param is_asked a compile asked for what the trail follows: the build has come this far
 */
void sj_prefetch_follow(struct sj_prefetch *prefetch, const struct sj_pair *pairs, size_t count,
                        bool is_asked);

/** The build has come to a result. @param prefetch prefetch @param strong its key */
void sj_prefetch_use(struct sj_prefetch *prefetch, const struct sj_key *strong);

/** Called to ask whether a pair is at hand already. @param pair pair @param user the caller's */
typedef bool sj_prefetch_has(const struct sj_pair *pair, void *user);

/**
 * Take pairs to fetch by one request. When there are some a request counts as under way until
 * sj_prefetch_end().
 *
 * @param prefetch prefetch
 * @param has      tells which pairs need no fetching
 * @param user     handed to has
 * @param out      takes pairs; room for SJ_PREFETCH_BATCH
 * @return how many
 */
size_t sj_prefetch_take(struct sj_prefetch *prefetch, sj_prefetch_has *has, void *user,
                        struct sj_pair *out);

/**
 * Take weak keys to ask for trails of, as sj_prefetch_take().
 *
 * @param prefetch prefetch
 * @param out      takes keys; room for SJ_PREFETCH_CHAIN
 * @return how many
 */
size_t sj_prefetch_take_chain(struct sj_prefetch *prefetch, struct sj_key *out);

/** A request has ended. @param prefetch prefetch */
void sj_prefetch_end(struct sj_prefetch *prefetch);
