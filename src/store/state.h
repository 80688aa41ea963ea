// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The state of a store: what its index holds one of. docs/store.md draws the format.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/key.h"
#include "store/item.h"

#define SJ_STORE_FORMAT   2  /**< version of the whole layout on disk */
#define SJ_INDEX_KEY_SIZE 20 /**< namespace in 32 bits, big-endian, and a key */
#define SJ_STATE_SIZE     92 /**< encoded state */

/** Databases of the index. */
enum sj_table {
    SJ_TABLE_OBJECT = 0, /**< object → place */
    SJ_TABLE_RESULT,     /**< strong key → place */
    SJ_TABLE_PATHSET,    /**< path set → place */
    SJ_TABLE_ENTRY,      /**< key → place; the last of those that lead to places */
    SJ_TABLE_LINK,       /**< weak key → path sets, the latest first */
    SJ_TABLE_STAMP,      /**< action → era, strong key, stamp */
    SJ_TABLE_FILE,       /**< path → era, state, content key */
    SJ_TABLE_USAGE,      /**< generation → bytes, items of a namespace */
    SJ_TABLE_NAMESPACE,  /**< name → number */
    SJ_TABLE_COUNT,
};

/** Key of an entry. */
struct sj_index_key {
    unsigned char bytes[SJ_INDEX_KEY_SIZE]; /**< as stored */
};

/** How far the sweep has come that removes entries whose blob is gone. */
struct sj_sweep {
    uint32_t table;           /**< enum sj_table; SJ_TABLE_NAMESPACE: nothing to sweep */
    bool is_again;            /**< more has gone since it began: once more from the start */
    struct sj_index_key next; /**< go on here */
};

/** What there is one of. */
struct sj_state {
    uint32_t oldest;                  /**< generations below are gone */
    uint32_t newest;                  /**< generation that is written to; below oldest: none */
    uint32_t namespaces;              /**< numbers given out, the default namespace's 0 apart */
    uint32_t era;                     /**< stamps and files of long past eras are dropped */
    uint64_t era_bytes;               /**< of stamps and files written in this era */
    unsigned char salt[SJ_SALT_SIZE]; /**< of the store's items */
    struct sj_key boot;               /**< boot whose mark stands beside the index; all 0: none */
    struct sj_sweep sweep;            /**< cleaning in progress */
};

/**
 * Whether a generation is of the oldest quarter, which leaves next.
 *
 * @param state      state
 * @param generation its number
 * @return true when what is in it needs a second chance to stay
 */
static inline bool sj_state_is_aging(const struct sj_state *state, uint32_t generation)
{
    return generation < state->oldest + (state->newest - state->oldest + 1) / 4;
}

/**
 * Encode a state.
 *
 * @param state state
 * @param out   takes the bytes
 */
void sj_state_encode(const struct sj_state *state, unsigned char out[SJ_STATE_SIZE]);

/**
 * Read a state, strictly.
 *
 * @param data bytes
 * @param len  how many
 * @param out  takes the state; undefined on failure
 * @return 0, -EPROTO (of a newer version), -ESTALE (of an older one) or -EBADMSG
 */
int sj_state_decode(const void *data, size_t len, struct sj_state *out);
