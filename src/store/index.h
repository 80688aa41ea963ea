// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The index: one LMDB environment that says where each blob lies, and holds what is small and
 * changes: stamps, file keys, links from weak keys to path sets, and the state of the store.
 *
 * It is opened for reading only, which costs less, and opened again for writing when something is
 * to be written. It can be thrown away at any time: it is made again from the generations.
 */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/filestat.h"
#include "key/key.h"
#include "store/place.h"
#include "store/state.h"

/** Path sets that a weak key leads to; the one added first makes room. */
#define SJ_LINKS_MAX 32

/** Bytes of an entry of SJ_TABLE_FILE: era in 32 bits, encoded state, content key. */
#define SJ_FILE_ENTRY_SIZE (4 + SJ_FILESTAT_SIZE + SJ_KEY_SIZE)

/**
 * Bytes before a stamp in an entry of SJ_TABLE_STAMP: era in 32 bits; first half of the XXH3-128 of
 * all behind it; action; strong key. Nothing else of a stamp can be checked, and a hit believes it.
 */
#define SJ_STAMP_HEAD_SIZE 44
#define SJ_STAMP_CHECK_AT  4  /**< offset of the checksum */
#define SJ_STAMP_ACTION_AT 12 /**< offset of the action, where what is checked begins */
#define SJ_STAMP_STRONG_AT 28 /**< offset of the strong key */

/** An index. */
struct sj_index {
    char *path;                    /**< its directory */
    const char *dir;               /**< the store's directory */
    MDB_env *env;                  /**< NULL: closed */
    MDB_txn *read;                 /**< the open read transaction, or NULL */
    MDB_dbi table[SJ_TABLE_COUNT]; /**< open once has_tables */
    MDB_dbi main;                  /**< the unnamed database: state */
    bool has_tables;               /**< table and main are open */
    bool is_writable;              /**< env was opened for writing */
    struct sj_seats *seats;        /**< of threads that read beside this handle; NULL: none */
    struct sj_state state;         /**< as of the open transaction */
};

/**
 * Checksum of a stamp.
 *
 * @param entry bytes of the entry, at least SJ_STAMP_HEAD_SIZE
 * @param len   how many
 * @return what must stand at SJ_STAMP_CHECK_AT
 */
static inline uint64_t sj_stamp_checksum(const unsigned char *entry, size_t len)
{
    struct sj_key key = sj_key_of(entry + SJ_STAMP_ACTION_AT, len - SJ_STAMP_ACTION_AT);
    return sj_get_u64(key.bytes);
}

/** Key of an entry. @param ns namespace's number @param key key @return as stored */
static inline struct sj_index_key sj_index_key_of(uint32_t ns, const struct sj_key *key)
{
    struct sj_index_key out;
    out.bytes[0] = (unsigned char)(ns >> 24);
    out.bytes[1] = (unsigned char)(ns >> 16);
    out.bytes[2] = (unsigned char)(ns >> 8);
    out.bytes[3] = (unsigned char)ns;
    memcpy(out.bytes + 4, key->bytes, SJ_KEY_SIZE);
    return out;
}

/**
 * Open the environment; neither a transaction nor a database is opened.
 *
 * @param index       its path and dir are set, the rest is zero or closed
 * @param is_writable for writing too; the directory must exist
 * @return 0 or a negative errno
 */
int sj_index_open(struct sj_index *index, bool is_writable);

/** End the read, if any, and close the environment. @param index index; its path stays */
void sj_index_close(struct sj_index *index);

/**
 * Make sure that a read transaction is open, and the state read.
 *
 * @param index open index
 * @return 0, or a negative errno: -EPROTO (a newer format), -ESTALE (an older one), -ENODATA (never
 *         initialised), …
 */
int sj_index_read(struct sj_index *index);

/** End the read transaction, if any. @param index index */
void sj_index_release(struct sj_index *index);

/** Whether another process put a new index in this one's place. @param index open index @return
 * true when what is open is of no use any more */
bool sj_index_is_replaced(const struct sj_index *index);

/**
 * Begin a write transaction: ends the read, and opens the environment for writing where it is not.
 * Waits for other writers.
 *
 * @param index index
 * @param out   takes the transaction; the caller ends it with sj_index_end()
 * @return 0 or a negative errno, as sj_index_read()
 */
int sj_index_begin(struct sj_index *index, MDB_txn **out);

/**
 * End a write transaction.
 *
 * @param index  index
 * @param txn    from sj_index_begin()
 * @param status what came of the work: 0 commits, anything else aborts
 * @return status, or a negative errno of the commit
 */
int sj_index_end(struct sj_index *index, MDB_txn *txn, int status);

/**
 * Make the tables and the first state of a new index.
 *
 * @param index open for writing, without a transaction
 * @param salt  the store's
 * @return 0 (also when another process was first) or a negative errno
 */
int sj_index_create(struct sj_index *index, const unsigned char salt[SJ_SALT_SIZE]);

/** Read the state. @param index index with tables @param txn open transaction @return 0 or a
 * negative errno */
int sj_index_get_state(struct sj_index *index, MDB_txn *txn);

/** Write the state. @param index index @param txn write transaction @return 0 or a negative errno
 */
int sj_index_put_state(struct sj_index *index, MDB_txn *txn);

/**
 * Get an entry.
 *
 * @param index index
 * @param txn   open transaction
 * @param table which table
 * @param key   its key
 * @param out   takes the value, which lies in the map
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_index_get(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                 const struct sj_index_key *key, MDB_val *out);

/**
 * Put an entry, over what is there.
 *
 * @param index index
 * @param txn   write transaction
 * @param table which table
 * @param key   its key
 * @param data  its value
 * @param len   bytes of the value
 * @return 0 or a negative errno
 */
int sj_index_put(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                 const struct sj_index_key *key, const void *data, size_t len);

/**
 * Get a place.
 *
 * @param index index
 * @param txn   open transaction
 * @param table object, result, pathset or entry
 * @param key   its key
 * @param out   takes the place
 * @return 0, SJ_STORE_MISS (also when its generation is gone) or a negative errno
 */
int sj_index_get_place(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                       const struct sj_index_key *key, struct sj_place *out);

/**
 * Put a place.
 *
 * @param index index
 * @param txn   write transaction
 * @param table object, result, pathset or entry
 * @param key   its key
 * @param place the place
 * @return 0 or a negative errno
 */
int sj_index_put_place(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                       const struct sj_index_key *key, const struct sj_place *place);

/**
 * Remove a place, unless the entry has moved to another since.
 *
 * @param index index
 * @param txn   write transaction
 * @param table object, result, pathset or entry
 * @param key   its key
 * @param place where it was seen; NULL: wherever it is
 * @return 0 (also when it was not there) or a negative errno
 */
int sj_index_forget(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                    const struct sj_index_key *key, const struct sj_place *place);

/**
 * Put a path set at the front of those that a weak key leads to.
 *
 * @param index   index
 * @param txn     write transaction
 * @param weak    key of the entry
 * @param pathset SJ_KEY_SIZE bytes
 * @return 0 or a negative errno
 */
int sj_index_link(struct sj_index *index, MDB_txn *txn, const struct sj_index_key *weak,
                  const void *pathset);

/**
 * List the path sets that a weak key leads to and that are there, the latest first.
 *
 * @param index index
 * @param txn   open transaction
 * @param ns    namespace's number
 * @param weak  weak key
 * @param out   takes their keys
 * @param max   room in out
 * @return how many, or a negative errno
 */
int sj_index_get_links(struct sj_index *index, MDB_txn *txn, uint32_t ns, const struct sj_key *weak,
                       struct sj_key *out, int max);

/** Find a namespace's number. @param index index @param txn open transaction @param name its name
 * @param len bytes of the name; 0: the default one @param out takes the number @return 0,
 * SJ_STORE_MISS or a negative errno */
int sj_index_get_namespace(struct sj_index *index, MDB_txn *txn, const char *name, size_t len,
                           uint32_t *out);

/**
 * Find a namespace's number, or give it one.
 *
 * @param index index
 * @param txn   write transaction
 * @param name  its name
 * @param len   bytes of the name; 0: the default namespace
 * @param out   takes the number
 * @return 0 or a negative errno
 */
int sj_index_make_namespace(struct sj_index *index, MDB_txn *txn, const char *name, size_t len,
                            uint32_t *out);
