// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a handle of the record database holds, and its tables, for the modules of this room.
 * docs/records.md draws the rows.
 * Source: lmdb.h 0.9.24.
 */
#pragma once

#include <lmdb.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/str.h"
#include "record/db.h"
#include "record/db_env.h"
#include "record/db_guard.h"
#include "record/db_states.h"
#include "store/codec.h"

#define SJ_DB_FORMAT     1u /**< version of the layout */
#define SJ_DB_ZSTD_LEVEL 3  /**< of blocks and long rows */
#define SJ_DB_NUMBER     4 /**< bytes of a number as a key: big-endian, so that keys are in order */
#define SJ_DB_TEXTS      1024 /**< texts that are remembered */

/** Tables, each a named database of the environment. */
enum sj_db_table {
    SJ_DB_META,    /**< one letter, and what it says → counters, positions */
    SJ_DB_IDS,     /**< enum sj_db_id and a key → number */
    SJ_DB_TEXT,    /**< number → text and NUL */
    SJ_DB_BUILD,   /**< number → build */
    SJ_DB_UNIT,    /**< number → unit */
    SJ_DB_CONFIG,  /**< number → configuration */
    SJ_DB_CONTENT, /**< number → content */
    SJ_DB_STATE,   /**< number → inputs */
    SJ_DB_SAMPLE,  /**< build, outcome, sequence → block of samples */
    SJ_DB_NOTE,    /**< build, kind, sequence → frame of a note */
    SJ_DB_MEMO,    /**< build, key of a name → bytes */
    SJ_DB_TABLES,  /**< how many */
};

/** What a number is found by. */
enum sj_db_id {
    SJ_DB_ID_TEXT = 't',    /**< its bytes' key → text */
    SJ_DB_ID_BUILD = 'b',   /**< namespace and build id → build */
    SJ_DB_ID_UNIT = 'u',    /**< project and name → unit */
    SJ_DB_ID_CONFIG = 'c',  /**< all its fields → configuration */
    SJ_DB_ID_CONTENT = 'o', /**< its key → content */
    SJ_DB_ID_STRONG = 's',  /**< strong key, and where in a repository → state */
};

/** Rows of the table SJ_DB_META. */
#define SJ_DB_META_FORMAT 'F' /**< u32 SJ_DB_FORMAT */
#define SJ_DB_META_NEXT   'N' /**< the next numbers, by table */
#define SJ_DB_META_EVER   'E' /**< counters of all ingestions */
#define SJ_DB_META_PART   'P' /**< and a part's number → how far it was taken in */

/** A text that was asked for. */
struct sj_db_text {
    uint32_t number;  /**< 0: unused */
    const char *text; /**< in the map */
};

/** An open database. */
struct sj_db {
    char *dir;                            /**< the store's directory */
    char *path;                           /**< of the environment */
    struct sj_db_env *shared;             /**< environment, and who else has it */
    MDB_env *env;                         /**< environment; NULL: not open, or given up */
    MDB_txn *reader;                      /**< what is read; NULL while nothing is */
    MDB_txn *writer;                      /**< while something is written: reads see it, too */
    MDB_dbi tables[SJ_DB_TABLES];         /**< open tables */
    bool can_write;                       /**< opened for it */
    bool is_condemned;                    /**< its pages make no sense: nothing works any more */
    int lock;                             /**< that keeps other ingestions away; -1: none */
    struct sj_codec codec;                /**< zstd's memory */
    struct sj_buf scratch;                /**< bytes on their way */
    struct sj_buf packed;                 /**< compressed bytes on their way */
    struct sj_sample *samples;            /**< on their way */
    size_t samples_size;                  /**< allocated of samples */
    struct sj_db_states states;           /**< inputs that were asked for */
    struct sj_phase **phases;             /**< handed out with builds */
    size_t phases_count;                  /**< length of phases */
    struct sj_db_text texts[SJ_DB_TEXTS]; /**< by number */
};

/** A number as a key. @param number number @param out takes the bytes */
static inline void sj_db_key(uint32_t number, unsigned char out[SJ_DB_NUMBER])
{
    sj_put_u32(out, __builtin_bswap32(number));
}

/** A number from a key. @param at its bytes @return number */
static inline uint32_t sj_db_unkey(const void *at)
{
    return __builtin_bswap32(sj_get_u32(at));
}

/** The transaction that reads go through. @param db database @return transaction, or NULL */
static inline MDB_txn *sj_db_txn(const struct sj_db *db)
{
    return db->writer ? db->writer : db->reader;
}

/**
 * Find a row.
 *
 * @param db    database
 * @param table table
 * @param key   its key
 * @param len   bytes of the key
 * @param out   takes the bytes, which lie in the map: valid until something is written
 * @return 0, SJ_DB_NONE or a negative errno
 */
int sj_db_get(struct sj_db *db, enum sj_db_table table, const void *key, size_t len,
              struct sj_str *out);

/** Find a row by number. @param db database @param table table @param number key @param out as in
 * sj_db_get() @return as sj_db_get() */
int sj_db_row(struct sj_db *db, enum sj_db_table table, uint32_t number, struct sj_str *out);

/** Write a row. @param db database, being written @param table table @param key its key @param len
 * bytes of the key @param data row @param data_len bytes of it @return 0 or a negative errno */
int sj_db_put(struct sj_db *db, enum sj_db_table table, const void *key, size_t len,
              const void *data, size_t data_len);

/** Write a row by number. @param db database, being written @param table table @param number key
 * @param data row @param len bytes of it @return 0 or a negative errno */
int sj_db_row_put(struct sj_db *db, enum sj_db_table table, uint32_t number, const void *data,
                  size_t len);

/** Remove a row, if it is there. @param db database, being written @param table table @param key
 * its key @param len bytes of the key @return 0 or a negative errno */
int sj_db_delete(struct sj_db *db, enum sj_db_table table, const void *key, size_t len);

/** Called for a row. @param key its key @param row its bytes @param user the caller's @return 0 to
 * go on; anything else ends it */
typedef int sj_db_visit(struct sj_str key, struct sj_str row, void *user);

/**
 * Visit the rows whose keys begin with some bytes, in order. Nothing may be written meanwhile.
 *
 * @param db     database
 * @param table  table
 * @param prefix bytes
 * @param len    how many; 0: all rows
 * @param visit  called for each
 * @param user   handed to visit
 * @return 0 or what visit returned, or a negative errno
 */
int sj_db_scan(struct sj_db *db, enum sj_db_table table, const void *prefix, size_t len,
               sj_db_visit *visit, void *user);

/** Remove the rows whose keys begin with some bytes. @param db database, being written @param table
 * table @param prefix bytes @param len how many; 0: all rows @return 0 or a negative errno */
int sj_db_delete_all(struct sj_db *db, enum sj_db_table table, const void *prefix, size_t len);

/**
 * Begin to write. What was borrowed from the handle stays valid: the reader stays where it is.
 *
 * @param db database open for writing, not being written
 * @return 0 or a negative errno: -EROFS
 */
int sj_db_begin(struct sj_db *db);

/** End what sj_db_begin() began. @param db database @param status 0 commits, anything else aborts
 * @return status, or what the commit came to */
int sj_db_end(struct sj_db *db, int status);

/** Say what failed, and the remedy. @param err takes the sentence @param status negative errno
 * @param db database @return status */
int sj_db_fail(struct sj_err *err, int status, const struct sj_db *db);

/** Keep other ingestions and expiries away; waits for those that are at it. @param db database
 * @return 0 or a negative errno: -EROFS */
int sj_db_lock(struct sj_db *db);

/** Let others come again. @param db database, locked or not */
void sj_db_unlock(struct sj_db *db);

/**
 * Put bytes into the form of a long row: compressed when that pays.
 *
 *     varint 0: the bytes follow as they are; else their length, and a zstd frame follows
 *
 * @param db   database
 * @param data bytes, not of db->packed
 * @param len  how many
 * @return the row; the handle's until the next call
 */
struct sj_str sj_db_pack(struct sj_db *db, const void *data, size_t len);

/**
 * Undo sj_db_pack().
 *
 * @param db  database
 * @param row bytes
 * @param max most bytes expected
 * @param out takes the bytes; valid until the next call, or those of row
 * @return 0 or -EBADMSG
 */
int sj_db_unpack(struct sj_db *db, struct sj_str row, size_t max, struct sj_str *out);

/** Forget what was remembered of texts and states. @param db database */
void sj_db_forget(struct sj_db *db);
