// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Reader and writer of frames, the values on their way between agent and server.
 * Source: docs/http-api.md, "Many values".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <scrubjay/tier.h>

#define FRAME_HEAD_SIZE 28                 /**< bytes before a value */
#define FRAME_NAME_SIZE 17                 /**< bytes of a name in a request */
#define FRAMES_TOTAL    ((size_t)64 << 20) /**< most bytes of an answer: twice what a server sends */

/** A reader of an answer that comes in pieces. Zeroed but for its limits: nothing came. */
struct frame_reader {
    size_t max_bytes;     /**< of a value; what is larger is passed over */
    sj_tier_found *found; /**< called for each value */
    void *user;           /**< handed to found */
    unsigned char *data;  /**< bytes that make no whole frame yet */
    size_t len;           /**< how many */
    size_t size;          /**< allocated */
    size_t total;         /**< bytes that came in all */
    bool is_bad;          /**< what came makes no sense; nothing more is read */
};

/** Take a piece of an answer. @param reader reader @param data bytes, untrusted @param len how many
 * @return 0, -EPROTO (it makes no sense), -EFBIG (too much of it) or -ENOMEM */
int frame_reader_feed(struct frame_reader *reader, const void *data, size_t len);

/** Whether an answer may end here. @param reader reader @return true when no frame is cut */
bool frame_reader_is_whole(const struct frame_reader *reader);

/** Free what a reader holds. @param reader reader */
void frame_reader_release(struct frame_reader *reader);

/** Bytes of a value's frame. @param value value @return bytes */
size_t frame_size(const struct sj_tier_value *value);

/** Write a value's frame. @param value value @param out room for frame_size() bytes */
void frame_write(const struct sj_tier_value *value, unsigned char *out);

/** Write a name of a request. @param name name @param out room for FRAME_NAME_SIZE bytes */
void frame_write_name(const struct sj_tier_name *name, unsigned char *out);
