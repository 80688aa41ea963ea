// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a tier sent, on its way into the local store. Nothing is believed: an object must hash to
 * its key, a result must decode, hash right inside, and have all its objects, and nothing is taken
 * that was not asked for, but for the objects of a result.
 *
 * The owner of a haul is one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <scrubjay/tier.h>

#include "base/buf.h"
#include "base/str.h"
#include "key/key.h"
#include "store/frame.h"
#include "store/shared.h"
#include "store/write.h"

#define SJ_HAUL_VALUE_MAX   ((size_t)256 << 20) /**< bytes of one value, decompressed */
#define SJ_HAUL_PATHSET_MAX ((size_t)64 << 20)  /**< bytes of a path set, decompressed */
#define SJ_HAUL_BYTES_MAX   ((size_t)512 << 20) /**< bytes of all values, as they came */
#define SJ_HAUL_VALUES_MAX  8192                /**< values */
#define SJ_HAUL_PATHSETS    64                  /**< path sets of one weak key */

/** A name that is asked for. */
struct sj_wanted {
    struct sj_tier_name name; /**< name */
    bool is_found;            /**< something good came for it */
};

/** What is known of a value. */
enum sj_haul_state {
    SJ_HAUL_NEW,   /**< not looked at yet */
    SJ_HAUL_GOOD,  /**< it is what it should be */
    SJ_HAUL_BAD,   /**< it is not */
    SJ_HAUL_TAKEN, /**< in a write already */
};

/** A value that came. */
struct sj_haul_value {
    struct sj_tier_name name; /**< its name */
    bool is_compressed;       /**< bytes is one zstd frame */
    uint32_t raw_len;         /**< bytes, decompressed */
    struct sj_buf bytes;      /**< as they came */
    struct sj_key hash;       /**< of the bytes, decompressed */
    enum sj_haul_state state; /**< what is known of it */
    struct sj_key *needs;     /**< of a good result: objects that are not part of it */
    uint64_t *need_sizes;     /**< their sizes */
    size_t need_count;        /**< length of both */
};

/** A haul. Zeroed: empty. */
struct sj_haul {
    struct sj_haul_value *values; /**< in the order in which they came */
    size_t count;                 /**< length of values */
    size_t size;                  /**< allocated */
    size_t bytes;                 /**< of all values, as they came */
    size_t refused;               /**< values thrown away */
};

/** Free what a haul holds. @param haul haul, zeroed or NULL */
void sj_haul_release(struct sj_haul *haul);

/** Copy a value that came. What is over a limit counts as refused. @param haul haul @param
 * value value */
void sj_haul_add(struct sj_haul *haul, const struct sj_tier_value *value);

/** Check what is new. @param haul haul */
void sj_haul_check(struct sj_haul *haul);

/** Names of objects that results need and that are neither here nor in the store. @param haul
 * checked haul @param shared store @param space namespace @param out takes struct sj_tier_name,
 * each once @return how many */
size_t sj_haul_missing(const struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                       struct sj_buf *out);

/**
 * Move what is good and wanted into a write, and mark the names that it serves.
 *
 * @param haul checked haul
 * @param shared store
 * @param space  namespace
 * @param wanted what was asked for
 * @param count  length of wanted
 * @param write  takes objects, results and path sets; trails stay here
 * @return how many names were served
 */
size_t sj_haul_take(struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                    struct sj_wanted *wanted, size_t count, struct sj_write *write);
