// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Places: where a blob lies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SJ_PLACE_SIZE 20 /**< encoded struct sj_place */

/** Where a blob lies. */
struct sj_place {
    uint32_t generation; /**< number of the generation */
    uint32_t len;        /**< bytes of the item, without padding */
    uint32_t raw_len;    /**< bytes of its data, decompressed */
    uint64_t offset;     /**< of the item in the generation's file */
};

/** Whether two places are the same. @param a one @param b other @return true when they are */
static inline bool sj_place_eq(const struct sj_place *a, const struct sj_place *b)
{
    return a->generation == b->generation && a->offset == b->offset;
}

/**
 * Encode a place.
 *
 * @param place place
 * @param out   takes the bytes
 */
void sj_place_encode(const struct sj_place *place, unsigned char out[SJ_PLACE_SIZE]);

/**
 * Read a place.
 *
 * @param data bytes
 * @param len  how many
 * @param out  takes the place; undefined on failure
 * @return 0 or -EBADMSG
 */
int sj_place_decode(const void *data, size_t len, struct sj_place *out);
