// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A piece of a course as bytes that are kept. Private to the room.
 */
#pragma once

#include "dash/course.h"

/** A piece. Zeroed: empty. */
struct sj_course_piece {
    double *values;               /**< of each point; NAN: not known */
    size_t count;                 /**< length of values */
    struct sj_course_step *steps; /**< by place */
    size_t step_count;            /**< length of steps */
};

/** Free what a piece holds. @param piece piece, zeroed or NULL */
void sj_course_piece_release(struct sj_course_piece *piece);

/** Encode a piece; the format is drawn in course_piece.c. @param piece piece @param out bytes are
 * appended */
void sj_course_piece_encode(const struct sj_course_piece *piece, struct sj_buf *out);

/**
 * Decode a piece.
 *
 * @param data  bytes, untrusted
 * @param len   how many
 * @param count points that it must have
 * @param out   takes it; release with sj_course_piece_release()
 * @return 0 or -EBADMSG
 */
int sj_course_piece_decode(const void *data, size_t len, size_t count, struct sj_course_piece *out);
