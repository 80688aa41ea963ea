// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Stamps: the state of everything that the last hit or miss of one literal action looked at, so
 * that the next run need only compare states. One statx() for each file and directory, nothing is
 * read; all file states are compared by one key.
 *
 * Directories stand for the paths that were looked for in them in vain. When one has moved, its
 * absent paths are looked for one by one.
 */
#pragma once

#include "store/result.h"
#include "wrap/call.h"
#include "wrap/inputs.h"

/** Outcome: something is not as it was. */
#define SJ_STAMP_DIFFERS 1

/** What a stamp remembers of its action beside the states. Strings are borrowed. */
struct sj_stamp {
    struct sj_key strong;   /**< the result that it stands for */
    bool is_auto_color;     /**< colours follow the terminal */
    bool has_outputs;       /**< paths of outputs follow (else the action writes nothing) */
    const char *toolchain;  /**< for the record */
    const char *source;     /**< for the record */
    const char *language;   /**< for the record */
    const char *output;     /**< for the record */
    struct sj_reader paths; /**< the outputs' paths, NUL-terminated, in the result's order */
    uint32_t path_count;    /**< how many */
};

/**
 * Make a stamp.
 *
 * @param call    invocation, parsed
 * @param strong  the result
 * @param result  its outputs, in order
 * @param inputs  what it looked at
 * @param out     takes the bytes
 * @return true; false: something is too young to be trusted, or there is too much: no stamp
 */
bool sj_stamp_make(struct sj_call *call, const struct sj_key *strong,
                   const struct sj_result *result, const struct sj_inputs *inputs,
                   struct sj_buf *out);

/**
 * Hold a stamp against the present.
 *
 * @param call invocation
 * @param data bytes of the stamp
 * @param len  how many
 * @param out  takes what it remembers; points into data
 * @return 0, SJ_STAMP_DIFFERS or -EBADMSG
 */
int sj_stamp_check(const struct sj_call *call, const void *data, size_t len, struct sj_stamp *out);

/**
 * Path of the next output.
 *
 * @param stamp stamp
 * @return NUL-terminated path, or NULL when there is none
 */
const char *sj_stamp_next_path(struct sj_stamp *stamp);
