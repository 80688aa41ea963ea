// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the frames of a journal have in common: a header of 16 bytes with a magic, the length of the
 * body, and the first 8 bytes of its XXH3-128. Private to the room.
 *
 *     0  4  magic: "SJR1" a record, "SJN1" a note
 *     4  4  length of the body
 *     8  8  first 8 bytes of the XXH3-128 of the body
 *    16     body
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define SJ_FRAMING_HEADER 16         /**< bytes before the body */
#define SJ_FRAMING_MAGIC  4          /**< bytes of a magic */
#define SJ_FRAMING_MAX    (4u << 20) /**< longest frame */
#define SJ_FRAMING_RECORD "SJR1"     /**< magic of a record */
#define SJ_FRAMING_NOTE   "SJN1"     /**< magic of a note */

/** Outcome of sj_framing_open(): the bytes end in the middle of a frame; SJ_RECORD_PARTIAL. */
#define SJ_FRAMING_PARTIAL 1

/** Append a header, to be filled in by sj_framing_end(). @param out buffer @param magic 4 bytes
 * @return where the frame starts */
size_t sj_framing_begin(struct sj_buf *out, const char *magic);

/**
 * End a frame; one that is too long is taken back.
 *
 * @param out   buffer, the body behind the header
 * @param start what sj_framing_begin() returned
 * @return false: taken back
 */
bool sj_framing_end(struct sj_buf *out, size_t start);

/**
 * Find the body of the frame at the start of some bytes.
 *
 * @param data  bytes, untrusted
 * @param len   how many
 * @param magic the frame's
 * @param body  takes a cursor over the body, whose checksum is right
 * @param used  takes the frame's length; where it is damaged, how far to skip
 * @return 0, SJ_FRAMING_PARTIAL or -EBADMSG
 */
int sj_framing_open(const void *data, size_t len, const char *magic, struct sj_reader *body,
                    size_t *used);

/** Where the next frame could begin. @param data bytes @param len how many, at least 1 @return at
 * least 1; the last bytes may be the beginning of its magic */
size_t sj_framing_skip(const void *data, size_t len);
