// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Reading items, for the modules of this room that copy them.
 */
#pragma once

#include "store/handle.h"

/**
 * Read an item from its place and check everything but the hash of its data.
 *
 * @param store store with an open read, in whose namespace the item lies
 * @param seen  what is looked for, and where
 * @param len   bytes of its data to read, at most as many as are stored
 * @param data  room for len bytes
 * @param out   takes the item's fields
 * @return 0, -EBADMSG (it is not there) or a negative errno
 */
int sj_item_read(struct sj_store *store, const struct sj_seen *seen, size_t len, void *data,
                 struct sj_item *out);

/**
 * Look a blob up in the index.
 *
 * @param store store
 * @param kind  what it holds
 * @param key   its key
 * @param out   takes what is known; undefined unless 0
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_store_find(struct sj_store *store, enum sj_blob kind, const struct sj_key *key,
                  struct sj_seen *out);

/**
 * Whether a generation is of the oldest quarter, which leaves next.
 *
 * @param store      store
 * @param generation its number
 * @return true when what is in it needs a second chance to stay
 */
bool sj_store_is_aging(const struct sj_store *store, uint32_t generation);
