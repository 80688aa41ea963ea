// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The journal: append-only files of frames, records and notes, one write() each, no lock. A new
 * part is begun when the current one has grown to its size; readers see all parts in order.
 *
 * Below `journal/` in the store's directory: parts named by their number, `00000001`; `current`, a
 * symbolic link to the newest part; `sum-00000007`, the ledger of all parts up to that number,
 * which are gone; `lock`, held by whoever makes or removes parts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/note.h"
#include "record/record.h"

/** Outcome of sj_journal_append(): a new part was begun; the time to call sj_ledger_fold(). */
#define SJ_JOURNAL_ROTATED 1

/**
 * Append a record: open, write, fstat, close.
 *
 * @param dir         the store's directory; the journal lives in `journal/` below it
 * @param limit_bytes rotate when the current part has reached this size; 0: never
 * @param record      record
 * @return 0, SJ_JOURNAL_ROTATED (the record is written, too) or a negative errno
 */
int sj_journal_append(const char *dir, uint64_t limit_bytes, const struct sj_record *record);

/**
 * Append a note, as sj_journal_append() does.
 *
 * @param dir         the store's directory
 * @param limit_bytes rotate when the current part has reached this size; 0: never
 * @param note        note
 * @return 0, SJ_JOURNAL_ROTATED or a negative errno: -EMSGSIZE (too long for a frame)
 */
int sj_journal_append_note(const char *dir, uint64_t limit_bytes, const struct sj_note *note);

/**
 * Append many frames by one write, as sj_journal_append() does one: all of them or a torso.
 *
 * @param dir         the store's directory
 * @param limit_bytes rotate when the current part has reached this size; 0: never
 * @param frames      whole frames, a few MiB at most
 * @return 0, SJ_JOURNAL_ROTATED or a negative errno
 */
int sj_journal_append_frames(const char *dir, uint64_t limit_bytes, const struct sj_buf *frames);

/** A reader of all parts of a journal. */
struct sj_journal;

/**
 * Open a journal for reading.
 *
 * @param dir the store's directory
 * @param out takes the reader; the caller closes it. A journal that does not exist reads as empty
 * @param err what failed
 * @return 0 or a negative errno
 */
int sj_journal_open(const char *dir, struct sj_journal **out, struct sj_err *err);

/** Close a reader. @param journal reader, or NULL */
void sj_journal_close(struct sj_journal *journal);

/**
 * The ledger that goes with the parts this reader began with.
 *
 * @param journal reader
 * @return descriptor at the start of the file, the reader's own; -1: no part was ever folded
 */
int sj_journal_sum_fd(const struct sj_journal *journal);

/** What a frame holds. */
enum sj_journal_kind {
    SJ_JOURNAL_RECORD, /**< a record */
    SJ_JOURNAL_NOTE,   /**< a note */
};

/** A frame of a journal. */
struct sj_journal_frame {
    enum sj_journal_kind kind; /**< which of the members is set */
    struct sj_record record;   /**< valid for SJ_JOURNAL_RECORD */
    struct sj_note note;       /**< valid for SJ_JOURNAL_NOTE */
    const void *data;          /**< the frame's bytes, as they stand in the journal */
    size_t len;                /**< how many */
};

/** Outcome of sj_journal_next(): all there is now has been read; more may come. */
#define SJ_JOURNAL_END 1

/**
 * Read the next frame. After SJ_JOURNAL_END it may be called again later and goes on.
 *
 * @param journal reader
 * @param out     takes the frame; valid until the next call
 * @return 0, SJ_JOURNAL_END, or a negative errno
 */
int sj_journal_next_frame(struct sj_journal *journal, struct sj_journal_frame *out);

/**
 * Read the next record, passing over notes. After SJ_JOURNAL_END it may be called again later and
 * goes on.
 *
 * @param journal reader
 * @param out     takes the record; valid until the next call
 * @return 0, SJ_JOURNAL_END, or a negative errno
 */
int sj_journal_next(struct sj_journal *journal, struct sj_record *out);

/** Pass over all that is there now. @param journal reader @return 0 or a negative errno */
int sj_journal_seek_end(struct sj_journal *journal);

/**
 * Read no further than a part, which has ended.
 *
 * @param journal reader that has read nothing yet
 * @param number  of the last part to read
 */
void sj_journal_end_at(struct sj_journal *journal, uint64_t number);

/** A part of a journal, as a reader sees it. */
struct sj_journal_part {
    uint64_t number; /**< its name */
    uint64_t offset; /**< of what is read next */
    uint64_t size;   /**< bytes it has now */
    uint64_t mark;   /**< checksum of its first frame: tells it from another part of that number */
    bool has_ended;  /**< nobody writes to it any more */
};

/**
 * Look at a part.
 *
 * @param journal reader
 * @param index   from 0 on, the oldest first
 * @param out     takes it
 * @return 0, SJ_JOURNAL_END (there are not so many) or a negative errno
 */
int sj_journal_part(const struct sj_journal *journal, size_t index, struct sj_journal_part *out);

/** Go on reading a part from another offset. @param journal reader @param index as in
 * sj_journal_part(), which gave 0 for it @param offset of a frame, or of the end */
void sj_journal_seek(struct sj_journal *journal, size_t index, uint64_t offset);

/** The last part that was folded into the ledger this reader began with. @param journal reader
 * @return its number; 0: none was */
uint64_t sj_journal_folded(const struct sj_journal *journal);

/** Bytes that were damaged or cut and were passed over so far. @param journal reader @return bytes
 */
uint64_t sj_journal_skipped(const struct sj_journal *journal);
