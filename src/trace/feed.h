// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Records as exports want them: every number of a text replaced by the text.
 */
#pragma once

#include "base/oid.h"
#include "record/db.h"
#include "trace/export.h"
#include "trace/export_chrome.h"

/** A build and what its texts are made of. */
struct sj_feed_build {
    struct sj_export_build build; /**< points into `commit` and the database */
    char commit[SJ_OID_HEX_SIZE]; /**< digits; "": not known */
};

/** Describe a build. @param build as the database gives it; outlives out @param out takes it; not
 * to be moved */
void sj_feed_build(const struct sj_build *build, struct sj_feed_build *out);

/**
 * Describe an action.
 *
 * @param db     database
 * @param sample action
 * @param out    takes it; its texts are the database's
 * @return 0 or a negative errno
 */
int sj_feed_action(struct sj_db *db, const struct sj_sample *sample, struct sj_export_action *out);

/** Where the texts of a span begin in a buffer. */
struct sj_feed_place {
    size_t name;   /**< of its name */
    size_t detail; /**< of its detail; 0: none */
};

/** A build as a trace. Zeroed: none. */
struct sj_feed_trace {
    struct sj_feed_build about;       /**< the build */
    struct sj_sample *samples;        /**< its samples, by unit, then start */
    struct sj_chrome_action *actions; /**< one for each sample */
    size_t count;                     /**< length of both */
    struct sj_chrome_span *spans;     /**< phases, and spans of notes */
    size_t span_count;                /**< length of spans */
    size_t span_size;                 /**< allocated of spans */
    struct sj_feed_place *places;     /**< of the spans' texts, while they are gathered */
    struct sj_buf texts;              /**< of spans: notes do not outlive their visit */
    uint64_t lost_spans;              /**< spans of units that the build does not have */
};

/**
 * Read a build with its notes.
 *
 * @param db    database
 * @param build which; outlives out
 * @param out   takes it; not to be moved; end with sj_feed_trace_release()
 * @return 0 or a negative errno
 */
int sj_feed_trace(struct sj_db *db, const struct sj_build *build, struct sj_feed_trace *out);

/** Free a trace. @param trace trace, zeroed or NULL */
void sj_feed_trace_release(struct sj_feed_trace *trace);
