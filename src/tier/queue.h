// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Results that wait to be uploaded: names only, so that a long queue costs little. What does not
 * fit is dropped.
 *
 * Not thread-safe: the caller has a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "key/key.h"

#define SJ_QUEUE_MAX 16384 /**< most uploads that wait, unless another limit is given */

/** An upload. */
struct sj_upload {
    struct sj_key strong; /**< the result */
    struct sj_key weak;   /**< leads to it */
    bool has_weak;        /**< weak means something */
    unsigned tries;       /**< how often it has failed */
};

/** A queue. Zeroed but for its limit: empty. */
struct sj_queue {
    size_t max;              /**< most uploads */
    struct sj_upload *items; /**< a ring */
    size_t size;             /**< its length */
    size_t head;             /**< index of the first */
    size_t count;            /**< how many there are */
};

/** Free what a queue holds; it is empty then. @param queue queue, or NULL */
void sj_queue_release(struct sj_queue *queue);

/**
 * Add an upload at the end. One that waits already is not added twice.
 *
 * @param queue  queue
 * @param upload copied
 * @return false: it is full, and the upload is dropped
 */
bool sj_queue_add(struct sj_queue *queue, const struct sj_upload *upload);

/**
 * Put an upload back that was taken and could not be done. It comes first again.
 *
 * @param queue  queue
 * @param upload copied
 * @return false: it is full, and the upload is dropped
 */
bool sj_queue_return(struct sj_queue *queue, const struct sj_upload *upload);

/** Take the first. @param queue queue @param out takes it @return false: it is empty */
bool sj_queue_take(struct sj_queue *queue, struct sj_upload *out);
