// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Trails: what a build asked for, in which order. A trail stands under a weak key and lists the
 * pairs of weak and strong key that came after it. The next build that asks for that weak key will
 * most likely ask for these next.
 *
 * A session is what is noted without a long pause. Its first pair and every eighth pair get a
 * trail, as soon as 64 pairs follow; those near the end get what there is in a pause, and again
 * when more has followed after all. A trail that came from a tier is replaced only by another that
 * is not shorter: whoever compiles three files of a project does not undo what its whole build left
 * behind.
 *
 * Times are handed in. Not thread-safe: the caller has a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "key/key.h"
#include "store/frame.h"

#define SJ_TRAIL_STEP     8                     /**< pairs from one that gets a trail to the next */
#define SJ_TRAIL_QUIET_NS UINT64_C(10000000000) /**< pause that ends a session */
#define SJ_TRAIL_KNOWN    1024                  /**< trails of the tiers that are remembered */

/** A step of a build. */
struct sj_pair {
    struct sj_key weak;   /**< what it asked by */
    struct sj_key strong; /**< what it came to */
};

/** What a tier has under a weak key. */
struct sj_trail_known {
    struct sj_key weak;    /**< key */
    struct sj_key content; /**< of the encoded trail */
    size_t count;          /**< its pairs; 0: nothing known */
};

/** What is noted of a build. Zeroed: nothing. */
struct sj_trail {
    struct sj_pair *pairs;        /**< of the session that still matter */
    size_t count;                 /**< length of pairs */
    size_t size;                  /**< allocated */
    size_t due;                   /**< index of the next pair whose trail is not whole yet */
    size_t shown;                 /**< index of the next pair whose trail was not taken as it is */
    uint64_t last_ns;             /**< when the last pair was noted */
    struct sj_trail_known *known; /**< SJ_TRAIL_KNOWN, by weak key; NULL: none yet */
};

/** Free what was noted. @param trail trail, or NULL */
void sj_trail_release(struct sj_trail *trail);

/**
 * Note a pair. One that was noted a short while ago is not noted twice.
 *
 * @param trail  trail
 * @param pair   copied
 * @param now_ns monotonic clock
 */
void sj_trail_note(struct sj_trail *trail, const struct sj_pair *pair, uint64_t now_ns);

/**
 * Take a trail that is worth uploading.
 *
 * @param trail    trail
 * @param now_ns   monotonic clock
 * @param is_pause take what there is, although more may follow
 * @param weak     takes the key it stands under
 * @param out      the encoded trail is appended
 * @return false: there is none now
 */
bool sj_trail_take(struct sj_trail *trail, uint64_t now_ns, bool is_pause, struct sj_key *weak,
                   struct sj_buf *out);

/** Whether sj_trail_take() in a pause may give more. @param trail trail @return true when it may */
bool sj_trail_has_more(const struct sj_trail *trail);

/**
 * Remember what a tier has.
 *
 * @param trail trail
 * @param weak  key it stands under
 * @param data  the encoded trail
 * @param len   its bytes
 */
void sj_trail_know(struct sj_trail *trail, const struct sj_key *weak, const void *data, size_t len);

/**
 * Decode a trail.
 *
 * @param data untrusted
 * @param len  bytes
 * @param out  takes the pairs; room for SJ_TRAIL_PAIRS_MAX
 * @return how many, or -EBADMSG
 */
int sj_trail_decode(const void *data, size_t len, struct sj_pair out[SJ_TRAIL_PAIRS_MAX]);
