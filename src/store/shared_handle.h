// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a shared store holds, for the modules of this room.
 *
 * Three threads' worth of things live here: what any thread reads through (seats, known places,
 * working memory), what the writer thread alone uses (store and all below it), and the queue
 * between them.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "store/bundle.h"
#include "store/handle.h"
#include "store/known.h"
#include "store/seats.h"
#include "store/shared.h"
#include "store/write.h"

#define SJ_DESKS_MAX 8 /**< blobs that are decompressed or hashed at one moment */

/** Most views that wait to be copied forward, and blobs that wait to be forgotten. */
#define SJ_AGING_MAX 256

/** Working memory for one read. */
struct sj_desk {
    _Alignas(64) pthread_mutex_t lock; /**< guards all of it */
    struct sj_codec codec;             /**< zstd's memory */
    struct sj_buf stored;              /**< bytes as stored */
    struct sj_buf raw;                 /**< bytes, decompressed */
};

/** An item of a write. */
struct sj_write_item {
    enum sj_item_kind kind;   /**< what it holds */
    enum sj_item_codec codec; /**< how */
    bool is_forget;           /**< forget the key */
    bool is_there;            /**< nothing to do: content that the store has already */
    uint32_t raw_len;         /**< bytes of the data, decompressed */
    struct sj_key key;        /**< its key */
    struct sj_key hash;       /**< XXH3-128 of the data, decompressed */
    struct sj_key target;     /**< of a link: the path set, which is its data */
    struct sj_buf data;       /**< as stored */
};

/** A write. */
struct sj_write {
    struct sj_write *next;           /**< in the queue */
    struct sj_shared *shared;        /**< where it goes */
    struct sj_bundle_space space;    /**< whose it is; its name is the one below */
    struct sj_write_item *items;     /**< what is to be done, in this order */
    size_t item_count;               /**< items used */
    size_t item_room;                /**< items allocated */
    uint64_t bytes;                  /**< of all data */
    uint64_t limit_bytes;            /**< of the namespace; 0: none */
    bool keeps;                      /**< entries that are there are not replaced */
    int status;                      /**< what comes of it; set early when it cannot be written */
    sj_write_done *done;             /**< to be told; may be NULL */
    void *user;                      /**< handed to done */
    char name[SJ_ITEM_NAME_MAX + 1]; /**< the namespace's name */
};

/** Writes that wait, and what else the writer thread is to do. Guarded by lock. */
struct sj_queue {
    pthread_mutex_t lock;         /**< guards all of it */
    pthread_cond_t wake;          /**< for the writer: there is something to do */
    pthread_cond_t done;          /**< a group of writes is done */
    struct sj_write *first;       /**< the oldest */
    struct sj_write **last;       /**< where the next one is linked */
    uint64_t bytes;               /**< of writes that are not done, those under way included */
    uint64_t submitted;           /**< writes submitted */
    uint64_t finished;            /**< writes done */
    struct sj_seen_list damaged;  /**< to be forgotten */
    struct sj_view *aging;        /**< SJ_AGING_MAX views, to be copied forward */
    size_t aging_count;           /**< of those used */
    bool is_stopping;             /**< end when the queue is empty */
    bool is_index_bad;            /**< the index was found damaged: make it again */
    struct sj_shared_stat counts; /**< counters; its store and levels are filled in when read */
};

/** A shared store. */
struct sj_shared {
    char *dir;                          /**< its directory */
    uint64_t max_queue_bytes;           /**< of writes that are not done */
    bool is_durable;                    /**< a write is done when it is on the disk */
    struct sj_seats *seats;             /**< how the index is read */
    struct sj_known *good;              /**< places whose data is what it should be */
    struct sj_known *noted;             /**< places that were put among those to copy forward */
    struct sj_desk desks[SJ_DESKS_MAX]; /**< working memory */
    struct sj_queue queue;              /**< for the writer */
    pthread_t thread;                   /**< the writer */
    struct sj_store *store;             /**< the writer's */
    uint32_t safe_directory;            /**< generation whose name is known to be on the disk */
    uint32_t last_oldest;               /**< oldest generation as last seen by the writer */
    uint32_t sealed;                    /**< generation that the last group sealed; 0: none */
    size_t last_txn;                    /**< of the index, as last seen by the writer */
    uint64_t quiet_since_ns;            /**< when that was */
    uint64_t last_forward_ns;           /**< when something was copied forward */
};

/** Take a desk. @param shared store @return it; leave it with sj_desk_leave() */
struct sj_desk *sj_desk_take(struct sj_shared *shared);

/** Leave a desk. Much memory is given back. @param desk desk */
void sj_desk_leave(struct sj_desk *desk);

/**
 * Tell the writer that the index was found damaged, where that is what a status says.
 *
 * @param shared store
 * @param status what reading the index gave
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_shared_judge(struct sj_shared *shared, int status);
