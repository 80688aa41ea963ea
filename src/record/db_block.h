// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Blocks: samples of one build and outcome, column by column. Private to the room.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "record/sample.h"

#define SJ_BLOCK_MAX     16384u            /**< most samples of a block */
#define SJ_BLOCK_ROW_MAX ((size_t)8 << 20) /**< most bytes of a block, unpacked */

/**
 * Encode samples; build and outcome are known from elsewhere.
 *
 *     varint count, varint mask of the columns that are not all zero; then for each of them
 *     varint 0: constant: varint value
 *            1: varint least value, then varint value less that, for each sample
 *            2: varint value less the one before (zigzag), for each sample
 *
 * Times of day and wall times are in microseconds; an exit status is zigzagged.
 *
 * @param samples by unit, then start
 * @param count   1 to SJ_BLOCK_MAX
 * @param out     bytes are appended
 */
void sj_block_encode(const struct sj_sample *samples, size_t count, struct sj_buf *out);

/** Count the samples of a block. @param data block, unpacked; untrusted @param len bytes of it
 * @param count takes the count, 1 to SJ_BLOCK_MAX @return 0 or -EBADMSG */
int sj_block_count(const void *data, size_t len, size_t *count);

/**
 * Decode a block.
 *
 * @param data    block, unpacked; untrusted
 * @param len     bytes of it
 * @param build   of all samples
 * @param outcome of all samples
 * @param out     takes the samples: as many as sj_block_count() says
 * @return 0 or -EBADMSG
 */
int sj_block_decode(const void *data, size_t len, uint32_t build, uint8_t outcome,
                    struct sj_sample *out);
