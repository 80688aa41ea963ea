// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What imports told, put together: builds, their units, the units' inputs, spans and include edges.
 * Events come in any order and from several files that tell of one build: a log has the times, a
 * compilation database the commands, a trace what happened inside.
 */
#pragma once

#include <scrubjay/import.h>

#include "base/buf.h"
#include "key/keymap.h"

#define SJ_TRACE_NONE SIZE_MAX /**< no such number */

/** An input of a unit. */
struct sj_trace_input {
    const char *path; /**< as logged */
    const char *hash; /**< content hash; NULL: not known */
    size_t next;      /**< number of the unit's next one; SJ_TRACE_NONE: the last */
};

/** A span of a unit or build. */
struct sj_trace_span {
    struct sj_import_span told; /**< build and unit are not set */
    size_t next;                /**< number of the next one; SJ_TRACE_NONE: the last */
};

/** A chain of numbers. */
struct sj_trace_chain {
    size_t first; /**< SJ_TRACE_NONE: empty */
    size_t last;  /**< SJ_TRACE_NONE: empty */
    size_t count; /**< how many */
};

/** A unit. */
struct sj_trace_unit {
    struct sj_import_unit told;   /**< build is not set */
    size_t build;                 /**< number of its build */
    size_t file;                  /**< number of the file that told of it first */
    size_t times_file;            /**< … that told how it ran; SJ_TRACE_NONE: none did, it is just
                                       known */
    size_t next;                  /**< number of the build's next one; SJ_TRACE_NONE: the last */
    struct sj_trace_chain inputs; /**< its inputs */
    struct sj_trace_chain spans;  /**< its spans */
    const char *path;             /**< absolute where that can be said, else its name */
    size_t joined;                /**< where is_dropped is set: number of the one it belongs to */
    bool is_dropped;              /**< it is a part of another one now */
};

/** An include edge. */
struct sj_trace_edge {
    const char *from; /**< includer, as logged; NULL: the unit's source */
    const char *to;   /**< included, as logged */
    size_t unit;      /**< number of the unit where it was seen; SJ_TRACE_NONE: not told */
    size_t next;      /**< number of the build's next one; SJ_TRACE_NONE: the last */
};

/** A build. */
struct sj_trace_build {
    struct sj_import_build told; /**< id NULL: the one without a name */
    struct sj_trace_chain units; /**< its units */
    struct sj_trace_chain spans; /**< of the build itself */
    struct sj_trace_chain edges; /**< its include edges */
    size_t runs;                 /**< units that are not just known */
    bool is_told;                /**< an event of its own told of it */
};

/** Something that was left out. */
struct sj_trace_problem {
    const char *what; /**< the sentence */
    const char *path; /**< file of the first one */
    uint64_t where;   /**< line or byte of the first one; 0: not known */
    uint64_t count;   /**< how often */
};

/** What was told. Zeroed but for next numbers: use sj_trace_model_init(). */
struct sj_trace_model {
    struct sj_pool texts;              /**< all texts */
    struct sj_keymap names;            /**< of builds and units, to their numbers */
    struct sj_hasher *hasher;          /**< of keys for names */
    struct sj_trace_build *builds;     /**< by number; 0: the one without a name */
    size_t build_count;                /**< length of builds */
    struct sj_trace_unit *units;       /**< by number */
    size_t unit_count;                 /**< length of units */
    size_t unit_size;                  /**< allocated */
    struct sj_trace_input *inputs;     /**< by number */
    size_t input_count;                /**< length of inputs */
    size_t input_size;                 /**< allocated */
    struct sj_trace_span *spans;       /**< by number */
    size_t span_count;                 /**< length of spans */
    size_t span_size;                  /**< allocated */
    struct sj_trace_edge *edges;       /**< by number */
    size_t edge_count;                 /**< length of edges */
    size_t edge_size;                  /**< allocated */
    struct sj_trace_problem *problems; /**< one for each sentence */
    size_t problem_count;              /**< length of problems */
    struct sj_buf content;             /**< keys of the files, to name the build without a name */
    const char *path;                  /**< of the file that is read */
    size_t file;                       /**< its number */
    int64_t mtime_ns;                  /**< of the latest file; 0: not known */
};

/**
 * Keep a text.
 *
 * @param texts  texts
 * @param text   NUL-terminated, or NULL
 * @param max    longer ones are cut
 * @param is_cut set when it was cut; untouched otherwise
 * @return the same text for the same text, valid as long as texts; NULL for NULL
 */
const char *sj_trace_text(struct sj_pool *texts, const char *text, size_t max, bool *is_cut);

/** Begin. @param model takes it; end with sj_trace_model_release() */
void sj_trace_model_init(struct sj_trace_model *model);

/** Free a model. @param model model, zeroed or NULL */
void sj_trace_model_release(struct sj_trace_model *model);

/**
 * Read a file into a model.
 *
 * @param model   model
 * @param format  what the file is
 * @param source  file
 * @param problem takes a sentence for people when it is broken
 * @param len     room in problem
 * @return 0, -EBADMSG (what came before counts) or another negative errno
 */
int sj_trace_model_read(struct sj_trace_model *model, const struct sj_import_format *format,
                        const struct sj_import_source *source, char *problem, size_t len);

/**
 * Put together what belongs together, when all files were read: what was told of no build in
 * particular goes to the latest build that has the unit, and what no build has to the latest of
 * all, unless it tells of units that ran: then it is a build of its own.
 *
 * @param model model
 */
void sj_trace_model_join(struct sj_trace_model *model);

/** Note that something was left out. @param model model @param where line or byte, or 0 @param what
 * the sentence */
void sj_trace_model_problem(struct sj_trace_model *model, uint64_t where, const char *what);
