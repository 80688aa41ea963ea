// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Bundles: the items of one or more batches, of any namespaces, on their way into the newest
 * generation and the index.
 */
#pragma once

#include "store/handle.h"

/** Most bytes of a bundle: LMDB's values hold a little less than 4 GiB. */
#define SJ_BUNDLE_MAX ((size_t)0xf0000000)

/** Whose an item is. */
struct sj_bundle_space {
    struct sj_str name; /**< the namespace's name */
    uint32_t number;    /**< its number in the open transaction */
};

/** What is to happen to one key. */
struct sj_bundle_entry {
    enum sj_item_kind kind;              /**< what it holds */
    enum sj_item_codec codec;            /**< how */
    uint32_t raw_len;                    /**< bytes of its data, decompressed */
    uint32_t stored_len;                 /**< bytes of its data, as stored */
    struct sj_key key;                   /**< its key */
    struct sj_key hash;                  /**< XXH3-128 of its data, decompressed */
    const void *data;                    /**< as stored */
    const struct sj_bundle_space *space; /**< whose */
    uint64_t offset;                     /**< in the bundle, then in the generation; set here */
    bool is_forget;                      /**< nothing is written: the key is forgotten */
    bool is_move;                        /**< counts only while the index has the place in from */
    struct sj_place from;                /**< where it is moved from; valid when is_move */
};

/** Bytes of an entry's item, without padding. @param entry entry @return bytes; 0: is_forget */
uint64_t sj_bundle_entry_len(const struct sj_bundle_entry *entry);

/**
 * Write a bundle to the newest generation, or to another where that is full, and what leads to its
 * items to the index. Entries take effect in their order.
 *
 * @param store   store
 * @param txn     the index's write transaction
 * @param entries what is to be written; moves that have become pointless are taken out
 * @param count   how many; takes how many are left
 * @param sealed  takes the generation that was sealed; 0: none was
 * @return 0 or a negative errno: -EFBIG (more than SJ_BUNDLE_MAX) …
 */
int sj_bundle_write(struct sj_store *store, MDB_txn *txn, struct sj_bundle_entry *entries,
                    size_t *count, uint32_t *sealed);
