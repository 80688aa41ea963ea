// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why an action was not a hit: its record against the nearest earlier record of the same unit.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "record/record.h"
#include "store/store.h"

/** Why an action was not a hit. */
enum sj_cause {
    SJ_CAUSE_HIT,      /**< it was one */
    SJ_CAUSE_BYPASS,   /**< it cannot be cached */
    SJ_CAUSE_FAILED,   /**< the compiler failed */
    SJ_CAUSE_ERROR,    /**< something of our own failed */
    SJ_CAUSE_ASKED,    /**< recache was set */
    SJ_CAUSE_NEW,      /**< nothing earlier is known of the unit */
    SJ_CAUSE_KEY,      /**< compiler, arguments, environment, source or place differ */
    SJ_CAUSE_INPUTS,   /**< files that it reads differ */
    SJ_CAUSE_UNSTORED, /**< the same was compiled before, but not stored */
    SJ_CAUSE_GONE,     /**< the same was stored before, and has left the store */
};

/** A record of its own, kept beyond its journal's buffer. Zeroed: none. */
struct sj_kept {
    struct sj_buf frame;     /**< what the record points into */
    struct sj_record record; /**< the record; outcome 0: none */
};

/** Keep a record. @param kept takes it, instead of what it held @param record record; borrowed
 * strings are copied */
void sj_kept_set(struct sj_kept *kept, const struct sj_record *record);

/** A word of the command line that differs. */
struct sj_word_change {
    bool is_added;    /**< stands in the later one only; else in the earlier one only */
    const char *text; /**< not terminated */
    size_t len;       /**< bytes */
};

/** How an input differs. */
enum sj_input_change_kind {
    SJ_INPUT_CHANGED, /**< content differs */
    SJ_INPUT_ADDED,   /**< was not looked at before */
    SJ_INPUT_REMOVED, /**< is not looked at any more */
};

/** An input that differs. */
struct sj_input_change {
    enum sj_input_change_kind kind; /**< how */
    char need;                      /**< what is asked of it: enum sj_need of record/pathset.h */
    char *path;                     /**< as in the path set, "${base}" for the base directory */
    struct sj_key before;           /**< content; zero: had none, or is not known */
    struct sj_key after;            /**< content; zero: has none */
};

/** An explanation. Zeroed: none. */
struct sj_explanation {
    enum sj_cause cause;            /**< why */
    struct sj_kept record;          /**< the action's */
    struct sj_kept earlier;         /**< nearest earlier one of the unit */
    struct sj_kept listed;          /**< where the earlier one was a hit: the miss that stored
                                         what it took, which knows the inputs */
    unsigned components;            /**< bits by enum sj_component: which differ */
    struct sj_word_change *words;   /**< of the command line, in its order */
    size_t word_count;              /**< length of words */
    struct sj_input_change *inputs; /**< sorted by path */
    size_t input_count;             /**< length of inputs */
    bool is_inputs_gone;            /**< the lists of inputs are not in the store any more */
};

/** Free an explanation. @param explanation explanation, zeroed or NULL */
void sj_explanation_release(struct sj_explanation *explanation);

/** What to explain. Zeroed: the latest misses of the last build. */
struct sj_question {
    const char *unit; /**< output or source, or the end of its path; NULL: any */
    size_t max;       /**< at most so many, the dearest of them; 0: one */
};

/**
 * Explain. Reads the journal two or three times.
 *
 * @param dir      the store's directory
 * @param store    open store, for the lists of inputs; NULL: none
 * @param question what to explain
 * @param out      takes an array of explanations, dearest first; the caller releases each and frees
 *                 it
 * @param count    takes its length; 0: there is no such record
 * @param err      what failed
 * @return 0 or a negative errno
 */
int sj_explain(const char *dir, struct sj_store *store, const struct sj_question *question,
               struct sj_explanation **out, size_t *count, struct sj_err *err);

/**
 * Compare two command lines word by word.
 *
 * @param before earlier one
 * @param after  later one
 * @param out    takes the words that differ, in order; they point into both. The caller frees it
 * @param count  takes its length
 */
void sj_explain_words(const char *before, const char *after, struct sj_word_change **out,
                      size_t *count);

/** A cause's name, as in JSON. @param cause cause @return "inputs", "key", … */
const char *sj_cause_name(enum sj_cause cause);
