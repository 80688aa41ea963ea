// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Records: what one action did. Each is one frame, written to the journal by a single write().
 * The frame's format is drawn in record.c.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "key/key.h"

/** How an action ended. */
enum sj_outcome {
    SJ_OUTCOME_HIT = 1, /**< restored from the cache */
    SJ_OUTCOME_MISS,    /**< compiled; the reason says why, and whether it was stored */
    SJ_OUTCOME_BYPASS,  /**< not a thing to cache; the reason says why */
    SJ_OUTCOME_FAILED,  /**< the tool itself failed */
    SJ_OUTCOME_ERROR,   /**< our own machinery failed; the tool ran all the same */
};

/** Bits of a record. */
enum sj_record_flags {
    SJ_RECORD_STORED = 1u << 0,  /**< a miss whose result is in the store now */
    SJ_RECORD_FAST = 1u << 1,    /**< a hit by stamp, without looking at any content */
    SJ_RECORD_AUDIT = 1u << 2,   /**< a hit that was compiled again to check it */
    SJ_RECORD_DIFFERS = 1u << 3, /**< … and the audit found a difference */
    SJ_RECORD_LINK = 1u << 4,    /**< the action links */
    SJ_RECORD_SHARED = 1u << 5,  /**< keyed by the shared form: any checkout may use the result;
                                      without it, a stored miss's detail says what binds it */
    SJ_RECORD_REMOTE = 1u << 6,  /**< a hit that a remote was asked for */
};

/** One part of the weak key, told apart so that a miss can be explained. */
enum sj_component {
    SJ_COMPONENT_TOOL = 0, /**< content of the compiler's driver */
    SJ_COMPONENT_ARGS,     /**< command line, normalised */
    SJ_COMPONENT_ENV,      /**< environment variables that always matter */
    SJ_COMPONENT_SOURCE,   /**< the source's path and language */
    SJ_COMPONENT_PLACE,    /**< working directory and CPU, where they matter */
    SJ_COMPONENT_COUNT,    /**< how many */
};

/** A record. Strings are borrowed; NULL: not known. */
struct sj_record {
    uint64_t start_ns;       /**< CLOCK_REALTIME when the wrapper started */
    uint64_t wall_ns;        /**< until the outputs were in place */
    uint64_t user_ns;        /**< CPU of the tool's process tree, user; 0 on a hit */
    uint64_t system_ns;      /**< CPU of the tool's process tree, system; 0 on a hit */
    uint64_t own_ns;         /**< CPU of the wrapper itself */
    uint64_t saved_ns;       /**< on a hit: CPU that the stored compile took */
    uint64_t instructions;   /**< of the tool's process tree, user-mode; 0: not counted */
    uint64_t peak_rss_bytes; /**< of the largest process of the tree */
    uint64_t input_bytes;    /**< sum of all inputs, programs and their libraries excepted */
    uint64_t output_bytes;   /**< sum of all outputs */
    uint32_t input_count;    /**< inputs, absent ones not counted */
    uint32_t pid;            /**< of the wrapper */
    int32_t exit_status;     /**< of the tool; 128 + N when signal N ended it */
    uint32_t flags;          /**< of enum sj_record_flags */
    enum sj_outcome outcome; /**< how it ended */
    const char *reason;      /**< id: of the bypass, the miss, or why a miss was not stored */
    const char *detail;      /**< the argument or path to blame */
    const char *toolchain;   /**< "gcc", "clang" */
    const char *tool;        /**< compiler's file, absolute */
    const char *language;    /**< of the source */
    const char *cwd;         /**< working directory */
    const char *source;      /**< main input as written */
    const char *output;      /**< main output as written: with cwd, the unit's name */
    const char *build;       /**< build id */
    const char *label;       /**< phase or label given to the build */
    const char *args;        /**< command line after the compiler, words separated by spaces */
    struct sj_key weak;      /**< zero: none */
    struct sj_key strong;    /**< zero: none */
    struct sj_key pathset;   /**< zero: none */
    struct sj_key component[SJ_COMPONENT_COUNT]; /**< of the weak key */
    const struct sj_key *inputs; /**< on a miss: content keys, one for each entry of the path set,
                                      in its order; NULL: not known */
    uint32_t inputs_count;       /**< length of inputs */
};

/** Longest frame; a record that would be longer loses its inputs, then its arguments. */
#define SJ_RECORD_MAX (4u << 20)

/**
 * Append a record's frame.
 *
 * @param record record
 * @param out    the frame is appended
 */
void sj_record_encode(const struct sj_record *record, struct sj_buf *out);

/** Outcome of sj_record_decode(): the bytes end in the middle of a frame. */
#define SJ_RECORD_PARTIAL 1

/**
 * Read the frame at the start of some bytes.
 *
 * @param data bytes, from a journal: untrusted
 * @param len  how many
 * @param out  takes the record; its strings and inputs point into data or the record's own arrays
 * @param used takes the frame's length, also where the frame is damaged and can be passed over
 * @return 0, SJ_RECORD_PARTIAL, or -EBADMSG (damaged; used says how far to skip)
 */
int sj_record_decode(const void *data, size_t len, struct sj_record *out, size_t *used);

/** An outcome's name, as in JSON. @param outcome outcome @return "hit", "miss", … */
const char *sj_outcome_name(enum sj_outcome outcome);

/** A component's name, as in JSON. @param component component @return "tool", "args", … */
const char *sj_component_name(enum sj_component component);
