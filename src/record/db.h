// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The record database: what the journal told, in a form that answers questions over months in
 * milliseconds. Builds and units stay for ever; samples (one for each record) go after a set time.
 *
 * It lives in `records/` in the store's directory, an LMDB environment of its own: nothing that
 * the cache evicts takes a record with it. docs/records.md draws the layout.
 *
 * Texts are interned: the same text has the same number for ever; 0 is "". A path is written the
 * same way on every machine: relative to the repository's root when it lies below it ("src/a.c"),
 * else behind "${cwd}/" when it lies below the action's working directory, else absolute.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/oid.h"
#include "key/key.h"
#include "record/build.h"
#include "record/note.h"
#include "record/sample.h"

struct sj_store;

/** An open record database. */
struct sj_db;

/** How to open it. */
enum sj_db_mode {
    SJ_DB_READ,  /**< nothing is written */
    SJ_DB_WRITE, /**< made when it is missing; other processes may write, too, in turn */
};

/** Outcome of sj_db_open() for reading: there is none yet. */
#define SJ_DB_NONE 1

/**
 * Open the database.
 *
 * @param dir  the store's directory
 * @param mode what for
 * @param out  takes the database; the caller closes it
 * @param err  names the thing and the remedy
 * @return 0, SJ_DB_NONE or a negative errno: -EBADMSG (damaged: remove `records/`; the journal
 *         still has what it has), -EPROTO (made by a newer version), -EACCES, -ENOSPC
 *
 * One handle serves one thread at a time; a process may have several, those for writing first:
 * -EBUSY when it has one for reading alone. A reading handle sees the state at which it was opened
 * until sj_db_refresh().
 */
int sj_db_open(const char *dir, enum sj_db_mode mode, struct sj_db **out, struct sj_err *err);

/** Close a database. @param db database, or NULL */
void sj_db_close(struct sj_db *db);

/** See what others have written since. Whatever was borrowed from the handle is gone.
 * @param db database @return 0 or a negative errno */
int sj_db_refresh(struct sj_db *db);

/** What an ingestion did. Zeroed: nothing. Each is a count but the bytes. */
struct sj_db_ingested {
    uint64_t records;       /**< records taken in */
    uint64_t notes;         /**< notes taken in */
    uint64_t bytes;         /**< of the journal, read */
    uint64_t damaged_bytes; /**< of the journal, passed over */
    uint64_t without_build; /**< records that name no build: filed by day */
    uint64_t without_paths; /**< misses whose path set had left the store: their inputs have no
                                 names, so no commit can be charged for them */
    uint64_t late;          /**< records of a build that had ended before */
    uint64_t skewed;        /**< records that began before their build, or in the future */
    uint64_t gone_parts;   /**< parts of the journal that had been folded into sums before they were
                                taken in whole */
    uint64_t refused;      /**< records and notes that make no sense, left out: see refused_why */
    char refused_why[128]; /**< the first reason, for people */
};

/** Called now and then while much is taken in. @param done bytes @param total bytes @param user
 * the caller's */
typedef void sj_db_progress(uint64_t done, uint64_t total, void *user);

/** Reads a path set. @param space namespace that its record came from; "" the default one @param
 * key of the path set @param out bytes are appended @param user the caller's @return 0; anything
 * else: it is not there */
typedef int sj_db_read_pathset(const char *space, const struct sj_key *key, struct sj_buf *out,
                               void *user);

/** How to ingest. Zeroed members take the default. */
struct sj_db_intake {
    const char *dir;              /**< the store's directory, with the journal */
    struct sj_store *store;       /**< for the path sets of all namespaces; left in its own */
    sj_db_read_pathset *pathsets; /**< in place of store; neither: inputs stay without names */
    sj_db_progress *progress;     /**< NULL: nobody looks */
    bool (*is_over)(void *user);  /**< true: the rest comes another time. NULL: never */
    void *user;                   /**< handed to each of them */
};

/**
 * Take in what the journal holds beyond what was taken in before, in transactions of bounded size:
 * what is ended half way goes on where it was.
 *
 * @param db     database open for writing
 * @param intake from where
 * @param out    takes what was done
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_db_ingest(struct sj_db *db, const struct sj_db_intake *intake, struct sj_db_ingested *out,
                 struct sj_err *err);

/** All that was ever left out or filed oddly: the sum of all ingestions.
 * @param db database @param out takes the counts @return 0 or a negative errno */
int sj_db_ingested_ever(struct sj_db *db, struct sj_db_ingested *out);

/**
 * Remove the samples of builds that began before a time. Builds, units and sums stay.
 *
 * @param db        database open for writing
 * @param before_ns CLOCK_REALTIME
 * @param removed   takes how many samples went; may be NULL
 * @return 0 or a negative errno
 */
int sj_db_expire(struct sj_db *db, uint64_t before_ns, uint64_t *removed);

/** Which builds. Zeroed: all. Texts must be equal; NULL: any. */
struct sj_db_filter {
    const char *project; /**< of the build */
    const char *job;     /**< of the build */
    const char *branch;  /**< of the build */
    const char *id;      /**< build id */
    uint64_t since_ns;   /**< began at or after this time */
    uint64_t until_ns;   /**< began before this time; 0: no end */
};

/**
 * List builds, by start.
 *
 * @param db     database
 * @param filter which ones
 * @param out    takes an array; the caller frees it. Texts and phases are the handle's: valid until
 *               it is closed or refreshed
 * @param count  takes its length
 * @return 0 or a negative errno
 */
int sj_db_builds(struct sj_db *db, const struct sj_db_filter *filter, struct sj_build **out,
                 size_t *count);

/**
 * Read the samples of a build.
 *
 * @param db       database
 * @param build    sj_build.number
 * @param outcomes mask of SJ_OUTCOME_BIT()
 * @param array    samples are appended, by unit, then start; reallocated; the caller frees it
 * @param count    length of array
 * @param size     allocated of array
 * @return 0 (also where there are none) or a negative errno
 */
int sj_db_samples(struct sj_db *db, uint32_t build, unsigned outcomes, struct sj_sample **array,
                  size_t *count, size_t *size);

/** A unit by number. @param db database @param number of it @param out takes it @return 0, -ENOENT
 * or another negative errno */
int sj_db_unit(struct sj_db *db, uint32_t number, struct sj_unit *out);

/**
 * All units of a project.
 *
 * @param db      database
 * @param project name; NULL: of all
 * @param out     takes an array, by number; the caller frees it
 * @param count   takes its length
 * @return 0 or a negative errno
 */
int sj_db_units(struct sj_db *db, const char *project, struct sj_unit **out, size_t *count);

/** A configuration by number. @param db database @param number of it @param out takes it @return
 * 0, -ENOENT or another negative errno */
int sj_db_config(struct sj_db *db, uint32_t number, struct sj_db_config *out);

/**
 * Inputs of a state.
 *
 * @param db    database
 * @param state sj_sample.state
 * @param out   takes an array sorted by path, then need; the handle's, valid until sixteen more
 *              states were asked for, or it is closed or refreshed
 * @param count takes its length
 * @return 0, -ENOENT (not known, or expired) or another negative errno
 */
int sj_db_inputs(struct sj_db *db, uint32_t state, const struct sj_input **out, size_t *count);

/** A content by number. @param db database @param number of it @param out takes it @return 0,
 * -ENOENT or another negative errno */
int sj_db_content(struct sj_db *db, uint32_t number, struct sj_content *out);

/** A text by number. @param db database @param number of it @return text, "" when there is no such
 * number; the handle's, valid until it is closed or refreshed */
const char *sj_db_text(struct sj_db *db, uint32_t number);

/** The number of a text. @param db database @param text text @return number; 0: no such text */
uint32_t sj_db_text_find(struct sj_db *db, const char *text);

/**
 * Contents of a build's inputs below the repository's root of which nobody has said yet what they
 * are in git.
 *
 * @param db    database
 * @param build sj_build.number
 * @param visit called for each; stops at a result other than 0, which is returned
 * @param user  handed to visit
 * @return 0 or what visit returned, or a negative errno
 */
int sj_db_unnamed(struct sj_db *db, uint32_t build,
                  int (*visit)(const char *path, const struct sj_key *content, void *user),
                  void *user);

/**
 * Notes of a build or unit of one kind: traces, edges.
 *
 * @param db    database
 * @param build sj_build.number; 0: of any
 * @param kind  SJ_NOTE_TRACE or SJ_NOTE_EDGES
 * @param visit called for each, oldest first; the note is valid during the call
 * @param user  handed to visit
 * @return 0 or what visit returned, or a negative errno
 */
int sj_db_notes(struct sj_db *db, uint32_t build, enum sj_note_kind kind,
                int (*visit)(const struct sj_note *note, void *user), void *user);

/**
 * Something that was worked out about a build and can be worked out again. Forgotten when the
 * build gets more records or blobs.
 *
 * @param db    database
 * @param build sj_build.number
 * @param name  what it is, with a version in it
 * @param out   bytes are appended
 * @return 0, SJ_DB_NONE or a negative errno
 */
int sj_db_memo_get(struct sj_db *db, uint32_t build, const char *name, struct sj_buf *out);

/** Keep something that was worked out. @param db database open for writing @param build
 * sj_build.number @param name what it is @param data bytes @param len how many @return 0 or a
 * negative errno */
int sj_db_memo_put(struct sj_db *db, uint32_t build, const char *name, const void *data,
                   size_t len);
