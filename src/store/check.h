// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Checking that an item's data is what it was.
 */
#pragma once

#include "base/buf.h"
#include "store/codec.h"
#include "store/item.h"

/** Working memory of checks. Zeroed: none yet. */
struct sj_checker {
    struct sj_codec codec; /**< zstd's */
    struct sj_buf stored;  /**< data as stored */
    struct sj_buf raw;     /**< data, decompressed */
};

/** A checker. @return without memory yet; sj_checker_release() ends it */
struct sj_checker sj_checker_of(void);

/** Free the working memory. @param checker checker */
void sj_checker_release(struct sj_checker *checker);

/**
 * Read an item's data and compare its hash.
 *
 * @param checker working memory
 * @param fd      the generation's file
 * @param item    its fields
 * @param offset  of the item in the file
 * @return 0, -EBADMSG or a negative errno
 */
int sj_checker_run(struct sj_checker *checker, int fd, const struct sj_item *item, uint64_t offset);
