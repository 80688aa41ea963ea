// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a batch holds, for the modules of this room.
 */
#pragma once

#include "store/bundle.h"
#include "store/lmdb_env.h"

#define SJ_STAMP_MAX (UINT32_C(1) << 20) /**< most bytes of a stamp */

/** An entry for the index alone. */
struct sj_batch_note {
    enum sj_table table; /**< stamp or file */
    struct sj_key key;   /**< its key */
    size_t offset;       /**< of its value in the batch's notes_data */
    size_t len;          /**< bytes of its value */
};

/** Writes that become visible together. */
struct sj_batch {
    struct sj_store *store;          /**< where they go */
    struct sj_bundle_space space;    /**< whose they are */
    struct sj_buf data;              /**< of the items, one after the other */
    struct sj_bundle_entry *entries; /**< the items; their data is set last */
    size_t entry_count;              /**< entries used */
    size_t entry_room;               /**< entries allocated */
    struct sj_buf notes_data;        /**< values of the notes */
    struct sj_batch_note *notes;     /**< entries for the index alone */
    size_t note_count;               /**< notes used */
    size_t note_room;                /**< notes allocated */
    bool is_too_big;                 /**< something was left out: the batch cannot be written */
};

/**
 * Append an item whose data is ready.
 *
 * @param batch batch
 * @param entry the item; its space and data are set here
 * @param data  entry->stored_len bytes
 */
void sj_batch_add_item(struct sj_batch *batch, const struct sj_bundle_entry *entry,
                       const void *data);
