// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Notes that are kept as they came, and what was worked out about builds. Private to the room.
 */
#pragma once

#include "record/db.h"

/** Keep a note. @param db database, being written @param build number @param kind of the note
 * @param frame its frame @param len bytes of it @return 0 or a negative errno */
int sj_db_note_put(struct sj_db *db, uint32_t build, enum sj_note_kind kind, const void *frame,
                   size_t len);

/** Remove the notes of a build. @param db database, being written @param build number @return 0 or
 * a negative errno */
int sj_db_notes_forget(struct sj_db *db, uint32_t build);

/** Forget what was worked out. @param db database, being written @param build number; 0: about any
 * @return 0 or a negative errno */
int sj_db_memo_forget(struct sj_db *db, uint32_t build);
