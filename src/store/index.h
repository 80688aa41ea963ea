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
#include "store/item.h"

#define SJ_STORE_FORMAT   1  /**< version of the whole layout on disk */
#define SJ_INDEX_KEY_SIZE 20 /**< namespace in 32 bits, big-endian, and a key */
#define SJ_PLACE_SIZE     20 /**< encoded struct sj_place */

/** Bytes of an entry of SJ_TABLE_FILE: generation in 32 bits, encoded state, content key. */
#define SJ_FILE_ENTRY_SIZE (4 + SJ_FILESTAT_SIZE + SJ_KEY_SIZE)

/** Databases of the index. */
enum sj_table {
    SJ_TABLE_OBJECT = 0, /**< object → place */
    SJ_TABLE_RESULT,     /**< strong key → place */
    SJ_TABLE_PATHSET,    /**< path set → place */
    SJ_TABLE_LINK,       /**< weak key → path sets, the latest first */
    SJ_TABLE_STAMP,      /**< action → strong key, stamp */
    SJ_TABLE_FILE,       /**< path → state, content key */
    SJ_TABLE_NAMESPACE,  /**< name → number */
    SJ_TABLE_COUNT,
};

/** Tables up to and including this one hold entries that go with their blobs. */
#define SJ_TABLE_SWEPT_LAST SJ_TABLE_FILE

/** Where a blob lies. */
struct sj_place {
    uint32_t generation; /**< number of the generation */
    uint32_t len;        /**< bytes of the item, without padding */
    uint32_t raw_len;    /**< bytes of its data, decompressed */
    uint64_t offset;     /**< of the item in the generation's file */
};

/** What there is one of. */
struct sj_state {
    uint32_t oldest;                  /**< generations below are gone */
    uint32_t newest;                  /**< generation that is written to; 0: none yet */
    uint32_t namespaces;              /**< numbers given out, the default namespace's 0 apart */
    unsigned char salt[SJ_SALT_SIZE]; /**< of the store's items */
    unsigned char boot[SJ_KEY_SIZE];  /**< boot whose mark stands beside the index; all 0: none */
};

/** An index. */
struct sj_index {
    char *path;                    /**< its directory */
    MDB_env *env;                  /**< NULL: closed */
    MDB_txn *read;                 /**< the open read transaction, or NULL */
    MDB_dbi table[SJ_TABLE_COUNT]; /**< open once has_tables */
    MDB_dbi main;                  /**< the unnamed database: state */
    bool has_tables;               /**< table and main are open */
    bool is_writable;              /**< env was opened for writing */
    struct sj_state state;         /**< as of the open transaction */
};

/** Key of an entry. */
struct sj_index_key {
    unsigned char bytes[SJ_INDEX_KEY_SIZE]; /**< as stored */
};

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
 * @param index       its path is set, the rest is zero or closed
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

/**
 * Begin a write transaction: ends the read, and opens the environment for writing where it is not.
 * Waits for other writers.
 *
 * @param index index
 * @param out   takes the transaction; the caller commits or aborts it
 * @return 0 or a negative errno, as sj_index_read()
 */
int sj_index_begin(struct sj_index *index, MDB_txn **out);

/**
 * Make the tables and the first state of a new index.
 *
 * @param index open for writing, without a transaction
 * @param salt  the store's
 * @return 0 (also when another process was first) or a negative errno
 */
int sj_index_create(struct sj_index *index, const unsigned char salt[SJ_SALT_SIZE]);

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
 * @param table object, result or pathset
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
 * @param table object, result or pathset
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
 * @param table object, result or pathset
 * @param key   its key
 * @param place where it was seen
 * @return 0 (also when it was not there) or a negative errno
 */
int sj_index_forget(struct sj_index *index, MDB_txn *txn, enum sj_table table,
                    const struct sj_index_key *key, const struct sj_place *place);

/**
 * Read a place.
 *
 * @param value value of an entry
 * @param out   takes the place
 * @return 0 or -EBADMSG
 */
int sj_place_decode(const MDB_val *value, struct sj_place *out);

/**
 * Find a namespace's number.
 *
 * @param index index
 * @param txn   open transaction
 * @param name  its name
 * @param len   bytes of the name; 0: the default namespace
 * @param out   takes the number
 * @return 0, SJ_STORE_MISS or a negative errno
 */
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
