// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What our own agents ask for: values as frames, a result with its objects.
 */
#pragma once

#include "server/request.h"
#include "store/frame.h"

/** An answer under construction. */
struct sj_outgo {
    struct sj_request *request; /**< whose */
    struct sj_buf frames;       /**< of at most SJ_FRAMES_MAX bytes */
    struct sj_key *objects;     /**< objects that are in it */
    size_t object_count;        /**< length of objects */
};

/** Begin. @param request request @return answer; release it */
struct sj_outgo sj_outgo_of(struct sj_request *request);

/** Free it. @param outgo answer */
void sj_outgo_release(struct sj_outgo *outgo);

/** Add what is there under a name; nothing when nothing is, or when it does not fit. @param outgo
 * answer @param kind kind @param key key */
void sj_outgo_add(struct sj_outgo *outgo, enum sj_frame_kind kind, const struct sj_key *key);

/** Append a trail's pairs. @param request request @param weak weak key @param out takes them
 * @return true when there is one */
bool sj_outgo_trail(struct sj_request *request, const struct sj_key *weak, struct sj_buf *out);
