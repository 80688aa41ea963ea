// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The present state and content of a path set's entries, and the strong key that they make.
 */
#pragma once

#include "record/pathset.h"
#include "wrap/call.h"

/** Outcome: an entry is not what the path set needs (a file is gone, an absent path appeared). */
#define SJ_INPUTS_DIFFER 1

/** The present state of one entry. */
struct sj_input {
    enum sj_need need;       /**< as in the path set */
    const char *path;        /**< that can be opened here; a variable's name for SJ_NEED_ENV, a
                                  program's for SJ_NEED_PROGRAM */
    struct sj_key key;       /**< content; zero for what has none */
    struct sj_filestat stat; /**< state when the content was read; zero for what has none, but for
                                  the mode of a link that leads nowhere */
};

/** The present state of a path set. Zeroed: none. */
struct sj_inputs {
    struct sj_input *items; /**< one for each entry, in its order; in the call's arena */
    size_t count;           /**< length of items */
    uint64_t bytes;         /**< sum of the sizes of the files, programs and their libraries
 excepted */
    uint32_t files;         /**< number of files */
};

/**
 * Look at every entry of a path set. Contents come from the store's memory of file states where it
 * has them; what had to be read is added to the batch, for next time, unless it is racy.
 *
 * @param call  invocation
 * @param set   path set
 * @param batch takes what was learnt
 * @param out   takes the inputs
 * @return 0, SJ_INPUTS_DIFFER or a negative errno
 */
int sj_inputs_probe(struct sj_call *call, const struct sj_pathset *set, struct sj_batch *batch,
                    struct sj_inputs *out);

/**
 * Content key of a regular file, by memory or by reading it.
 *
 * @param call  invocation
 * @param path  file
 * @param stat  its present state
 * @param batch takes what was learnt
 * @param out   takes the key
 * @return 0 or a negative errno
 */
int sj_input_content(struct sj_call *call, const char *path, const struct sj_filestat *stat,
                     struct sj_batch *batch, struct sj_key *out);

/**
 * The strong key: weak key, path set, content of every entry, and which of the files are one and
 * the same (`#pragma once` goes by that).
 *
 * @param weak    weak key
 * @param pathset key of the path set
 * @param inputs  its present state
 * @return strong key
 */
struct sj_key sj_inputs_strong(const struct sj_key *weak, const struct sj_key *pathset,
                               const struct sj_inputs *inputs);

/**
 * Name that stands for the whole environment, but for what belongs to a session and not to a
 * build: what a shell script reads of it cannot be observed.
 */
#define SJ_ENV_ALL "*"

/**
 * Content key of an environment variable.
 *
 * @param call invocation
 * @param name variable, or SJ_ENV_ALL
 * @return key of its value; a key of its own when it is not set
 */
struct sj_key sj_input_env(const struct sj_call *call, const char *name);

/**
 * Turn a program that was looked for on PATH into the paths that a look for it tries.
 *
 * @param call    invocation
 * @param program entry of need SJ_NEED_PROGRAM, probed
 * @param out     takes absent paths, and the program's file behind them when there is one; room for
 *                sj_input_tries()
 * @param count   raised by the entries written
 * @return true; false: another program than the probed one is found now
 */
bool sj_input_expand(struct sj_call *call, const struct sj_input *program, struct sj_input *out,
                     size_t *count);

/** Most paths that a look for one program tries. @param call invocation @return how many */
size_t sj_input_tries(const struct sj_call *call);
