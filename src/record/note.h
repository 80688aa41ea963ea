// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Notes: what is known of a build beyond its actions. They stand in the journal between the
 * records, one frame each, and travel with them to the server. The frame's format is drawn in
 * note.c.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/oid.h"
#include "key/key.h"

/** What a note tells. */
enum sj_note_kind {
    SJ_NOTE_BEGIN = 1, /**< a build begins: commit, branch, machine, … as pairs */
    SJ_NOTE_END,       /**< a build has ended: exit_status, wall_ns, user_ns, … as pairs */
    SJ_NOTE_PHASE,     /**< a part of a build has ended: name, exit_status, … as pairs; time_ns is
                            its start */
    SJ_NOTE_BLOBS,     /**< which git blobs some contents are */
    SJ_NOTE_TRACE,     /**< what happened inside one unit or build: spans; the pair "unit" names
                            the unit */
    SJ_NOTE_EDGES,     /**< who includes whom: pairs of includer and included path */
    SJ_NOTE_KIND_COUNT,
};

/** Something named. Both NUL-terminated and borrowed. */
struct sj_note_pair {
    const char *name;  /**< of sj_note_names for a build's; else as the kind says */
    const char *value; /**< its value */
};

/** A content and its name in git. */
struct sj_note_blob {
    struct sj_key content; /**< XXH3-128 of the file's bytes, as in a record's inputs */
    struct sj_oid blob;    /**< git's name of it; zero: the file is not tracked */
};

/** A stretch of time. */
struct sj_note_span {
    uint64_t start_ns;  /**< CLOCK_REALTIME where that is known, else since the note's time_ns */
    uint64_t wall_ns;   /**< how long */
    uint32_t depth;     /**< 0: outermost */
    const char *name;   /**< what, such as "Source", "Checkout" */
    const char *detail; /**< which, such as a header's path; NULL: nothing more to say */
};

/** A note. Strings and arrays are borrowed. Zeroed members: not known. */
struct sj_note {
    enum sj_note_kind kind;           /**< what it tells */
    uint64_t time_ns;                 /**< when, CLOCK_REALTIME */
    const char *build;                /**< build id; NULL: of none (SJ_NOTE_BLOBS needs none) */
    const char *label;                /**< labels K=V,…, as in a record; NULL: none */
    const struct sj_note_pair *pairs; /**< pairs */
    const struct sj_note_blob *blobs; /**< blobs */
    const struct sj_note_span *spans; /**< spans, by start, then depth */
    uint32_t pair_count;              /**< length of pairs */
    uint32_t blob_count;              /**< length of blobs */
    uint32_t span_count;              /**< length of spans */
};

#define SJ_NOTE_PAIRS_MAX 65536u /**< most pairs of a note */
#define SJ_NOTE_BLOBS_MAX 65536u /**< most blobs of a note: split longer lists */
#define SJ_NOTE_SPANS_MAX 65536u /**< most spans of a note */

/**
 * Append a note's frame. Control characters in names and values stay: readers escape.
 *
 * @param note note, at most SJ_RECORD_MAX bytes as a frame: what is longer appends nothing
 * @param out  the frame is appended
 */
void sj_note_encode(const struct sj_note *note, struct sj_buf *out);

/**
 * Read the frame at the start of some bytes.
 *
 * @param data  bytes, untrusted
 * @param len   how many
 * @param out   takes the note; its strings point into data, its arrays into arena
 * @param arena takes the arrays; cleared first; must outlive the note
 * @param used  takes the frame's length, also where the frame is damaged and can be passed over
 * @return 0, SJ_RECORD_PARTIAL, or -EBADMSG (damaged, or no note; used says how far to skip)
 */
int sj_note_decode(const void *data, size_t len, struct sj_note *out, struct sj_buf *arena,
                   size_t *used);

/** A pair's value. @param note note @param name its name @return value; NULL: there is none */
const char *sj_note_value(const struct sj_note *note, const char *name);
