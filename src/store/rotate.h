// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Starting generations and dropping the oldest.
 */
#pragma once

#include "base/err.h"
#include "store/handle.h"

/** A generation on disk. */
struct sj_generation_file {
    uint32_t number;     /**< which */
    uint64_t size_bytes; /**< of its file on disk */
    int64_t mtime_s;     /**< when it was last written to, since the epoch */
};

/** Generations on disk, in the order of their numbers. Zeroed: none. */
struct sj_generation_list {
    struct sj_generation_file *files; /**< owned */
    size_t count;                     /**< files used */
};

/**
 * List the generations on disk.
 *
 * @param dir the store's directory
 * @param out takes the list; the caller releases it
 * @return 0 or a negative errno
 */
int sj_generation_list(const char *dir, struct sj_generation_list *out);

/** Free a list. @param list list */
void sj_generation_list_release(struct sj_generation_list *list);

/**
 * Start another generation and open it in store->newest; give up the oldest over the cap.
 *
 * @param store store
 * @param txn   index's write transaction
 * @param len   bytes of the bundle that is to come
 * @return 0 or a negative errno
 */
int sj_generation_start(struct sj_store *store, MDB_txn *txn, size_t len);

/**
 * Make sure that the newest generation has room for a bundle and is open in store->newest: starts
 * another where it has not, and gives up the oldest over the cap. Their files stay until
 * sj_rotate_finish().
 *
 * @param store  store
 * @param txn    index's write transaction
 * @param len    bytes of the bundle
 * @param sealed takes the generation that was sealed; 0: none was
 * @return 0 or a negative errno
 */
int sj_rotate(struct sj_store *store, MDB_txn *txn, size_t len, uint32_t *sealed);

/**
 * After the index was committed: unlink what was given up, and start to write the sealed generation
 * back.
 *
 * @param store  store
 * @param sealed from sj_rotate(); not 0
 */
void sj_rotate_finish(struct sj_store *store, uint32_t sealed);

/**
 * Unlink the generations below the oldest.
 *
 * @param dir    the store's directory
 * @param oldest lowest that stays
 * @param freed  takes the bytes given back; may be NULL
 * @return how many were unlinked
 */
uint32_t sj_generations_unlink(const char *dir, uint32_t oldest, uint64_t *freed);
