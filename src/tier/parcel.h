// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What goes up in one put: results with their objects and path sets, read from the local store as
 * they stand there, so that nothing is compressed anew.
 */
#pragma once

#include <scrubjay/tier.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/shared.h"
#include "store/write.h"
#include "tier/queue.h"

#define SJ_PARCEL_BYTES   ((size_t)16 << 20) /**< what is larger waits for the next one */
#define SJ_PARCEL_UPLOADS 64                 /**< most results */

/** A parcel. Zeroed: empty. */
struct sj_parcel {
    struct sj_tier_value *values; /**< objects in front of the result that names them */
    struct sj_buf *bytes;         /**< of each value */
    size_t count;                 /**< length of both */
    size_t size;                  /**< allocated */
    size_t total;                 /**< bytes of all values */
    struct sj_upload uploads[SJ_PARCEL_UPLOADS]; /**< what it carries */
    size_t upload_count;                         /**< length of uploads */
};

/** Free what a parcel holds; it is empty then. @param parcel parcel, or NULL */
void sj_parcel_release(struct sj_parcel *parcel);

/** Whether another upload may be added. @param parcel parcel @return true when it may */
bool sj_parcel_has_room(const struct sj_parcel *parcel);

/**
 * Add a result with all that belongs to it.
 *
 * @param parcel parcel
 * @param shared local store
 * @param space  namespace
 * @param upload which
 * @return 0, SJ_STORE_MISS (something of it is gone) or a negative errno; then nothing was added
 */
int sj_parcel_add(struct sj_parcel *parcel, struct sj_shared *shared, struct sj_str space,
                  const struct sj_upload *upload);

/** Add a value that is at hand. @param parcel parcel @param kind kind @param key key @param take
 * its bytes, which are taken over */
void sj_parcel_put(struct sj_parcel *parcel, enum sj_tier_kind kind, const struct sj_key *key,
                   struct sj_buf *take);
