// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a batch holds, for the modules of this room.
 */
#pragma once

#include "store/handle.h"
#include "store/lmdb_env.h"

#define SJ_STAMP_MAX (UINT32_C(1) << 20) /**< most bytes of a stamp */

/** An item of a batch's bundle. */
struct sj_batch_entry {
    enum sj_item_kind kind;   /**< what it holds */
    enum sj_item_codec codec; /**< how */
    uint32_t raw_len;         /**< bytes of its data, decompressed */
    uint32_t stored_len;      /**< bytes of its data, as stored */
    struct sj_key key;        /**< its key */
    struct sj_key hash;       /**< XXH3-128 of its data, decompressed */
    size_t offset;            /**< of the item in the bundle */
    bool is_move;             /**< counts only while the index still has the place in from */
    struct sj_place from;     /**< where it is moved from; valid when is_move */
};

/** An entry for the index alone. */
struct sj_batch_note {
    enum sj_table table; /**< stamp, file or link */
    struct sj_key key;   /**< its key */
    size_t offset;       /**< of its value in the batch's notes_data */
    size_t len;          /**< bytes of its value */
};

/** Writes that become visible together. */
struct sj_batch {
    struct sj_store *store;         /**< where they go */
    struct sj_buf bundle;           /**< items; their prefixes are filled in last */
    struct sj_batch_entry *entries; /**< the items */
    size_t entry_count;             /**< entries used */
    size_t entry_room;              /**< entries allocated */
    struct sj_buf notes_data;       /**< values of the notes */
    struct sj_batch_note *notes;    /**< entries for the index alone */
    size_t note_count;              /**< notes used */
    size_t note_room;               /**< notes allocated */
    bool is_too_big;                /**< something was left out: the batch cannot be written */
};

/**
 * Append an item whose data is ready.
 *
 * @param batch batch
 * @param entry the item; its offset is set here
 * @param data  entry->stored_len bytes
 */
void sj_batch_add_item(struct sj_batch *batch, const struct sj_batch_entry *entry,
                       const void *data);
