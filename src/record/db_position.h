// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How far each part of the journal was taken in. It stands in the transaction of what was taken in,
 * so that nothing is taken in twice. Private to the room.
 */
#pragma once

#include "record/db_handle.h"
#include "record/journal.h"

/** Have a reader go on where the database stands; a journal that was begun anew is read from its
 * beginning. @param db database, being written @param journal reader @param sum counts parts that
 * are gone @return 0 or a negative errno */
int sj_position_read(struct sj_db *db, struct sj_journal *journal, struct sj_db_ingested *sum);

/** Have a reader of the same journal go on where the database stands. @param db database @param
 * journal reader @return 0 or a negative errno */
int sj_position_seek(struct sj_db *db, struct sj_journal *journal);

/** Give up what stands at the end of parts that nobody writes to any more: the rest of a frame that
 * will not come. @param journal reader at its end @param sum counts the bytes */
void sj_position_end(struct sj_journal *journal, struct sj_db_ingested *sum);

/** Write how far the reader is. @param db database, being written @param journal reader @param sum
 * counts the bytes that were read @return 0 or a negative errno */
int sj_position_write(struct sj_db *db, struct sj_journal *journal, struct sj_db_ingested *sum);

/** Bytes that the reader has before it. @param journal reader @return bytes */
uint64_t sj_position_left(const struct sj_journal *journal);
