// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * States: the inputs of a unit at one moment. A state is stored as its difference to an earlier one
 * of the same unit where that is short. Private to the room.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "record/pathset.h"
#include "record/sample.h"

#define SJ_STATE_DEPTH_MAX 32u               /**< longest chain of differences */
#define SJ_STATE_INPUTS    SJ_PATHSET_MAX    /**< most inputs of a state */
#define SJ_STATE_ROW_MAX   ((size_t)8 << 20) /**< most bytes of a row, unpacked */

/** Inputs that were decoded. */
struct sj_db_state {
    uint32_t number;           /**< of the state */
    uint32_t depth;            /**< differences between it and a whole one */
    struct sj_input *inputs;   /**< sorted by path, then need */
    size_t count;              /**< length of inputs */
    struct sj_db_state *next;  /**< in its bucket */
    struct sj_db_state *newer; /**< used after it */
    struct sj_db_state *older; /**< used before it */
};

/** States that were decoded, the latest used kept. Zeroed: none. */
struct sj_db_states {
    struct sj_db_state **buckets; /**< by number */
    struct sj_db_state *newest;   /**< used last */
    struct sj_db_state *oldest;   /**< goes next */
    size_t count;                 /**< how many */
    size_t bytes;                 /**< of their inputs */
};

/** Free all that is kept. @param states states */
void sj_states_release(struct sj_db_states *states);

/** Find a state that is kept. @param states states @param number of it @return state, used last
 * now; NULL: it is not kept */
struct sj_db_state *sj_states_find(struct sj_db_states *states, uint32_t number);

/** Keep a state; what was used longest ago may go, but not the twenty used last. @param states
 * states @param number of it @param depth of it @param inputs taken over @param count length of
 * inputs @return the state, as kept */
struct sj_db_state *sj_states_keep(struct sj_db_states *states, uint32_t number, uint32_t depth,
                                   struct sj_input *inputs, size_t count);

/**
 * Encode inputs, as a difference where there is a base.
 *
 * A row, before it is packed; indexes count in the base, and each number but the contents is less
 * the one before it plus one, within its list:
 *
 *     varint 0: whole, else this state's number less its base's
 *     varint depth
 *     varint count of base inputs that are gone, varint index each
 *     varint count of base inputs with other contents, varint index each; then, for each, varint
 *            content less the one it had (zigzag)
 *     varint count of inputs that came, varint path each (less the one before it, two needs of one
 *            path being 0 apart); then a need's letter each; then varint content less the one
 * before (zigzag) each
 *
 * @param base   base state; NULL: none
 * @param number of the state to be
 * @param inputs sorted by path, then need
 * @param count  length of inputs
 * @param out    bytes are appended
 * @return depth of the new state
 */
uint32_t sj_db_state_encode(const struct sj_db_state *base, uint32_t number,
                            const struct sj_input *inputs, size_t count, struct sj_buf *out);

/** A row's base and depth. @param data row, unpacked @param len bytes of it @param number of the
 * state @param base takes the base's number, 0: whole @param depth takes the depth @return 0 or
 * -EBADMSG */
int sj_db_state_head(const void *data, size_t len, uint32_t number, uint32_t *base,
                     uint32_t *depth);

/**
 * Decode a row.
 *
 * @param data  row, unpacked; untrusted
 * @param len   bytes of it
 * @param base  the base's inputs; NULL where it is whole
 * @param bases length of base
 * @param out   takes the inputs; the caller frees them
 * @param count takes the length of out
 * @return 0 or -EBADMSG
 */
int sj_db_state_decode(const void *data, size_t len, const struct sj_input *base, size_t bases,
                       struct sj_input **out, size_t *count);

struct sj_db;

/** A state, decoded and kept. @param db database @param number of it @param out takes it; valid
 * until twenty more were asked for @return 0, -ENOENT or another negative errno */
int sj_db_state(struct sj_db *db, uint32_t number, const struct sj_db_state **out);

/**
 * Find a state's row, of which a varint, the number of the configuration it was compiled with, and
 * the packed bytes are made.
 *
 * @param db     database
 * @param number of the state
 * @param config takes the configuration; 0: not known
 * @param row    takes what sj_db_unpack() reads
 * @return 0, SJ_DB_NONE or a negative errno
 */
int sj_db_state_row(struct sj_db *db, uint32_t number, uint32_t *config, struct sj_str *row);

/**
 * Write a state.
 *
 * @param db     database, being written
 * @param number of the new state
 * @param config how it was compiled; 0: not known
 * @param before an earlier state of the same unit; 0: none
 * @param inputs sorted by path, then need; copied
 * @param count  length of inputs
 * @return 0 or a negative errno
 */
int sj_db_state_put(struct sj_db *db, uint32_t number, uint32_t config, uint32_t before,
                    const struct sj_input *inputs, size_t count);
