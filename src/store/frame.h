// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Frames: values on their way between agent and server. docs/http-api.md draws them.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "key/key.h"

#define SJ_FRAME_HEAD_SIZE  28                  /**< bytes before the value */
#define SJ_FRAME_COUNT_MAX  1024                /**< names in one request */
#define SJ_UPLOAD_COUNT_MAX 8192                /**< values in one upload */
#define SJ_FRAMES_MAX       ((size_t)32 << 20)  /**< bytes of one answer */
#define SJ_FRAMES_FIRST_MAX (2 * SJ_FRAMES_MAX) /**< bytes of one that has a single value */
#define SJ_NAME_SIZE        17                  /**< bytes of a name in a request */
#define SJ_TRAIL_PAIR_SIZE  32                  /**< weak and strong key */
#define SJ_TRAIL_PAIRS_MAX  64                  /**< pairs of a trail */

/** Kinds of values; the numbers of include/scrubjay/tier.h. */
enum sj_frame_kind {
    SJ_FRAME_OBJECT = 1, /**< under its own key */
    SJ_FRAME_RESULT,     /**< under its strong key */
    SJ_FRAME_PATHSET,    /**< under a weak key */
    SJ_FRAME_TRAIL,      /**< under a weak key */
};

/** A frame. */
struct sj_frame {
    enum sj_frame_kind kind; /**< what */
    bool is_compressed;      /**< data is one zstd frame */
    uint32_t raw_len;        /**< bytes of the value, decompressed */
    struct sj_key key;       /**< its key; of a path set the weak key */
    const void *data;        /**< as it stands; points into what was read */
    uint32_t len;            /**< bytes of data */
};

/** Append a frame. @param out takes it @param frame frame */
void sj_frame_add(struct sj_buf *out, const struct sj_frame *frame);

/**
 * Read the frame at a cursor.
 *
 * @param reader cursor; moves behind the frame
 * @param out    takes the frame
 * @return 0, SJ_FRAME_END (nothing is left) or -EBADMSG
 */
int sj_frame_next(struct sj_reader *reader, struct sj_frame *out);

/** Outcome: there are no more frames. */
#define SJ_FRAME_END 1

/** Append a name of a request. @param out takes it @param kind kind @param key key */
void sj_name_add(struct sj_buf *out, enum sj_frame_kind kind, const struct sj_key *key);

/** Read a name. @param reader cursor @param kind takes the kind @param key takes the key @return 0,
 * SJ_FRAME_END or -EBADMSG */
int sj_name_next(struct sj_reader *reader, enum sj_frame_kind *kind, struct sj_key *key);
