// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Find a result: by stamp, which looks at file states only, or by weak key, path sets and content.
 */
#pragma once

#include "store/result.h"
#include "wrap/call.h"

/** Outcome: nothing fits; the record says why. */
#define SJ_LOOKUP_MISS 1

/** A result that was found and where its outputs go. Zeroed: none. */
struct sj_found {
    struct sj_buf bytes;     /**< what the result points into */
    struct sj_result result; /**< the result */
    const char **paths;      /**< path of each of its outputs; in the call's arena */
    bool is_auto_color;      /**< colours follow the terminal */
};

/**
 * Look for a stamp of the literal action.
 *
 * @param call invocation with call->literal
 * @param out  takes the result; release with sj_found_release()
 * @return 0, SJ_LOOKUP_MISS or a negative errno
 */
int sj_lookup_stamp(struct sj_call *call, struct sj_found *out);

/**
 * Look by content, here and then, where there are remotes, there. What was learnt is written back,
 * and a stamp with it.
 *
 * @param call parsed and weighed invocation
 * @param out  takes the result; release with sj_found_release()
 * @return 0, SJ_LOOKUP_MISS or a negative errno
 */
int sj_lookup_content(struct sj_call *call, struct sj_found *out);

/** Free a result that was found. @param found found, zeroed or NULL */
void sj_found_release(struct sj_found *found);
