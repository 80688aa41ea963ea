// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A store's directory with a journal to fill, for the tests of the record database.
 */
#pragma once

#include "record/db.h"
#include "record/journal.h"
#include "record/pathset.h"
#include "store/store.h"

#define DATABASE_START UINT64_C(1764100000000000000) /**< of builds in tests */
#define SECOND         UINT64_C(1000000000)          /**< in nanoseconds */

/** A store's directory. */
struct database {
    char dir[64];           /**< the directory */
    struct sj_store *store; /**< for path sets */
    struct sj_db *db;       /**< open for writing */
};

/** Make one. @param at takes it */
void database_make(struct database *at);

/** Remove it. @param at database */
void database_remove(struct database *at);

/** Close and open the database again. @param at database @param mode how */
void database_reopen(struct database *at, enum sj_db_mode mode);

/** Take in what the journal has. @param at database @return what was done */
struct sj_db_ingested database_ingest(struct database *at);

/** Append a record. @param at database @param record record */
void database_append(struct database *at, const struct sj_record *record);

/** Append a note that has pairs only. @param at database @param kind kind @param build id @param
 * time_ns when @param pairs names and values, NULL at the end */
void database_note(struct database *at, enum sj_note_kind kind, const char *build, uint64_t time_ns,
                   const char *const *pairs);

/** Key of a text. @param text text @return its key */
struct sj_key database_key(const char *text);

/**
 * Put a path set into the store.
 *
 * @param at    database
 * @param paths each a need's letter and a path, such as "Fa.h", NULL at the end; sorted here
 * @return its key
 */
struct sj_key database_pathset(struct database *at, const char *const *paths);
