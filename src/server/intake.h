// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What our own agents upload: each value is checked before it is stored, for whoever reads it later
 * cannot tell where it came from.
 */
#pragma once

#include "server/request.h"
#include "store/frame.h"

/** Values that become visible together. */
struct sj_intake {
    struct sj_request *request; /**< whose */
    struct sj_write *write;     /**< takes the values; NULL once it was submitted */
    struct sj_key *objects;     /**< objects among them */
    size_t object_count;        /**< length of objects */
    size_t count;               /**< values so far */
    uint64_t held_bytes;        /**< of the largest value that was unpacked */
    const char *problem;        /**< why a value was refused */
};

/** Begin. @param request request @return intake; release it */
struct sj_intake sj_intake_of(struct sj_request *request);

/** Free what was not submitted. @param intake intake */
void sj_intake_release(struct sj_intake *intake);

/**
 * Check a value and add it.
 *
 * @param intake intake
 * @param frame  the value, untrusted
 * @return 0, or an HTTP status: 409 (an object of a result is missing), 422 (it is not what its key
 *         says), 503 (no memory is left for uploads)
 */
unsigned sj_intake_add(struct sj_intake *intake, const struct sj_frame *frame);
