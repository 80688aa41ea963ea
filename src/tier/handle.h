// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The stack of tiers as its modules see it. Two threads work for it: one takes in what tiers sent
 * and follows trails, the other uploads. Calls into plugins are made without the lock.
 */
#pragma once

#include <pthread.h>

#include "record/journal.h"
#include "tier/breaker.h"
#include "tier/plugin.h"
#include "tier/prefetch.h"
#include "tier/queue.h"
#include "tier/tiers.h"
#include "tier/trail.h"

/** A tier of the stack. */
struct sj_slot {
    struct sj_plugin plugin; /**< its plugin */
    struct sj_tier *tier;    /**< the open tier */
    char *url;               /**< for people: without a password */
    struct sj_breaker get;   /**< of its gets */
    struct sj_breaker put;   /**< of its puts */
};

struct sj_trip;
struct sj_flight;
struct sj_fetch;

#define SJ_FLIGHT_BUCKETS 1024 /**< of the table of flights */

/** The stack. */
struct sj_tiers {
    struct sj_shared *shared;   /**< the local store */
    char *space;                /**< namespace in it */
    char *cache_dir;            /**< its directory */
    char *token;                /**< shown to the tiers, or NULL */
    char *agent;                /**< name and version of this program */
    uint64_t timeout_ns;        /**< longest that a compile waits */
    struct sj_slot *slots;      /**< the nearest first */
    size_t slot_count;          /**< length of slots */
    struct sj_journal *journal; /**< of the local store; NULL: none. The upload thread's */
    pthread_t fetch_thread;     /**< takes in what comes */
    pthread_t upload_thread;    /**< uploads */
    size_t thread_count;        /**< how many of the two were started */

    pthread_mutex_t lock;        /**< guards breakers and all that follows */
    pthread_cond_t fetch_cond;   /**< something for the fetch thread */
    pthread_cond_t upload_cond;  /**< something for the upload thread */
    pthread_cond_t idle_cond;    /**< calls or under_way went down */
    bool is_closing;             /**< no call into a plugin may begin */
    bool is_ending;              /**< the threads end */
    unsigned calls;              /**< threads that are inside a call into a plugin */
    unsigned under_way;          /**< trips, probes and puts that have not ended */
    struct sj_trip *arrived;     /**< trips that have come back, in order */
    struct sj_trip **arrived_at; /**< where the next is hung */
    struct sj_flight *flights[SJ_FLIGHT_BUCKETS]; /**< names on their way */
    struct sj_fetch *requests;                    /**< fetches that wait */
    struct sj_prefetch prefetch;                  /**< what to fetch ahead */
    uint64_t asked_ns;                            /**< when a fetch was last asked for */
    struct sj_queue queue;                        /**< uploads that wait */
    size_t uploading;                             /**< uploads under way */
    bool wants_records;                           /**< sj_tiers_records() was called */
    bool wants_flush;                             /**< somebody waits for the end */
    uint64_t followed_ns;                         /**< when the journal was last read */
    uint64_t flushed_ns;                          /**< when all had gone up that was kept back */
    uint64_t active_ns;                           /**< when anything was last asked for */
    struct sj_trail trail;                        /**< of this machine's builds */
    struct sj_tiers_stat stat;                    /**< counters */
};

/** Lock. @param tiers stack */
static inline void sj_tiers_lock(struct sj_tiers *tiers)
{
    (void)pthread_mutex_lock(&tiers->lock);
}

/** Unlock. @param tiers stack */
static inline void sj_tiers_unlock(struct sj_tiers *tiers)
{
    (void)pthread_mutex_unlock(&tiers->lock);
}

/** Wait, with the lock held, at most until a time. @param tiers stack @param cond what for @param
 * until_ns monotonic clock */
void sj_tiers_wait(struct sj_tiers *tiers, pthread_cond_t *cond, uint64_t until_ns);

/**
 * Begin a call into a tier's plugin, with the lock held. Nobody closes the tier until
 * sj_tiers_leave().
 *
 * @param tiers stack
 * @return false: the stack is being closed
 */
bool sj_tiers_enter(struct sj_tiers *tiers);

/** The call has returned. Takes the lock itself. @param tiers stack */
void sj_tiers_leave(struct sj_tiers *tiers);

/** A trip, probe or put has ended; with the lock held. @param tiers stack */
void sj_tiers_ended(struct sj_tiers *tiers);

/**
 * Note how a call ended; with the lock held.
 *
 * @param tiers     stack
 * @param slot      whose call
 * @param breaker   of the slot
 * @param status    0 or a negative errno
 * @param is_costly somebody waited for it in vain
 */
void sj_tiers_judge(struct sj_tiers *tiers, const struct sj_slot *slot, struct sj_breaker *breaker,
                    int status, bool is_costly);

/** The fetch thread. @param user stack @return NULL */
void *sj_fetch_run(void *user);

/** Tell all who wait that nothing comes, once the threads have ended. @param tiers stack */
void sj_fetch_abandon(struct sj_tiers *tiers);

/** The upload thread. @param user stack @return NULL */
void *sj_upload_run(void *user);

/** Bytes of frames that go up at once; the last frame may go beyond. */
#define SJ_FOLLOW_MAX ((size_t)1 << 20)

/** Read what is new in the journal: results that the build came to, and frames of records and
 * notes. Only the upload thread. @param tiers stack @param frames takes the frames; when they are
 * SJ_FOLLOW_MAX bytes or more there may be others */
void sj_follow_journal(struct sj_tiers *tiers, struct sj_buf *frames);
