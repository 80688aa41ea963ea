// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Reading items, for the modules of this room that copy them.
 */
#pragma once

#include <sys/uio.h>

#include "store/handle.h"

/**
 * Read two parts that lie behind each other, until all is there or the file ends.
 *
 * @param fd     a regular file
 * @param parts  where the bytes go; the first part is small
 * @param offset of the first in the file
 * @return 0, -EBADMSG (the file ends before) or a negative errno
 */
int sj_read_parts(int fd, struct iovec parts[2], uint64_t offset);

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
