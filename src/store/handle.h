// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a store's handle holds, for the modules of this room.
 */
#pragma once

#include "store/codec.h"
#include "store/generation.h"
#include "store/index.h"
#include "store/maintain.h"
#include "store/store.h"

/** Generations whose files are kept open for reading. */
#define SJ_STORE_FILES 4

/** A generation's file open for reading. */
struct sj_store_file {
    uint32_t generation; /**< number; 0: unused */
    int fd;              /**< valid while generation is set */
};

/** A blob that was read, to be dealt with when something is written. */
struct sj_seen {
    enum sj_blob kind;     /**< what it holds */
    uint32_t space;        /**< number of its namespace */
    struct sj_key key;     /**< its key */
    struct sj_place place; /**< where it was */
};

/** Blobs that were read. Zeroed: none. */
struct sj_seen_list {
    struct sj_seen *items; /**< owned */
    size_t count;          /**< items used */
};

/** Most blobs that one handle remembers; the rest is dealt with another time. */
#define SJ_SEEN_MAX 1024

/** An open store. */
struct sj_store {
    char *dir;                                  /**< its directory */
    struct sj_index index;                      /**< the index */
    struct sj_generation newest;                /**< open for writing once something was written */
    struct sj_store_file files[SJ_STORE_FILES]; /**< open for reading, the latest first */
    struct sj_codec codec;                      /**< zstd's memory */
    struct sj_buf scratch;                      /**< stored bytes on their way */
    struct sj_seen_list aging;                  /**< read from the oldest quarter: copy forward */
    struct sj_seen_list damaged;                /**< not what the index said: forget */
    uint64_t max_size_bytes;                    /**< cap of all generations together */
    int compression_level;                      /**< zstd's; 0: never */
    struct sj_key boot;                         /**< this boot; all 0: not asked yet */
    bool is_read_only;                          /**< nothing is written */
    bool must_start;                            /**< no more is written to the newest generation */
    bool has_namespace;                         /**< the namespace has a number */
    uint32_t namespace_number;                  /**< valid when has_namespace */
    size_t name_len;                            /**< bytes of the namespace's name */
    char name[SJ_ITEM_NAME_MAX + 1];            /**< the namespace's name */
};

/** Table of a kind. @param kind kind @return its table */
static inline enum sj_table sj_table_of(enum sj_blob kind)
{
    switch (kind) {
    case SJ_BLOB_RESULT:
        return SJ_TABLE_RESULT;
    case SJ_BLOB_PATHSET:
        return SJ_TABLE_PATHSET;
    case SJ_BLOB_ENTRY:
        return SJ_TABLE_ENTRY;
    case SJ_BLOB_OBJECT:
    default:
        return SJ_TABLE_OBJECT;
    }
}

/** Whether a kind's key is the hash of its data. @param kind kind @return false: a later blob
 * replaces an earlier one */
static inline bool sj_blob_is_content(enum sj_blob kind)
{
    return kind == SJ_BLOB_OBJECT || kind == SJ_BLOB_PATHSET;
}

/** Size at which a generation is full. @param store store @return bytes */
uint64_t sj_store_generation_size(const struct sj_store *store);

/**
 * Begin to read: a transaction is open and the namespace looked up.
 *
 * @param store store
 * @return 0, SJ_STORE_MISS (the namespace has nothing, or the index cannot be read now) or a
 *         negative errno
 */
int sj_store_enter(struct sj_store *store);

/**
 * What a caller is told when the index failed: damage makes it condemned, and is a miss.
 *
 * @param store  store
 * @param status result of a function of the index
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_store_judge(struct sj_store *store, int status);

/**
 * Begin to write: the index's write transaction, and the mark that something is not on disk.
 *
 * @param store store
 * @param out   takes the transaction; sj_store_end() ends it
 * @return 0 or a negative errno
 */
int sj_store_begin(struct sj_store *store, MDB_txn **out);

/**
 * End what sj_store_begin() began.
 *
 * @param store  store
 * @param txn    the transaction
 * @param status what came of the work: 0 commits, anything else aborts
 * @return 0 or a negative errno: -ENOSPC also where LMDB only knows that a write came out short
 */
int sj_store_end(struct sj_store *store, MDB_txn *txn, int status);

/**
 * Count what is stored.
 *
 * @param index          index with an open read
 * @param dir            the store's directory
 * @param max_size_bytes the cap in force
 * @param out            takes the counts
 * @return 0 or a negative errno (the generations cannot be listed)
 */
int sj_store_count(struct sj_index *index, const char *dir, uint64_t max_size_bytes,
                   struct sj_store_stat *out);

/**
 * File of a generation.
 *
 * @param store      store
 * @param generation which
 * @return descriptor, the store's own, or a negative errno
 */
int sj_store_file(struct sj_store *store, uint32_t generation);

/**
 * Close what is open of generations that are gone, so that their disk space comes free.
 *
 * @param store store whose state is known
 */
void sj_store_close_old_files(struct sj_store *store);

/** Remember a blob, unless too many are. @param list list @param seen the blob */
void sj_seen_add(struct sj_seen_list *list, const struct sj_seen *seen);

/** Forget what was remembered. @param list list */
void sj_seen_clear(struct sj_seen_list *list);
