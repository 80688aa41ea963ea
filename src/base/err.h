// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The sentence that goes with a failure. Functions return 0, a positive outcome, or a negative
 * errno; where the caller could not name what failed, a trailing `struct sj_err *` takes it.
 */
#pragma once

#include "base/cleanup.h"

/** What failed, in words for a person: lower case, no full stop, the thing in quotes. */
struct sj_err {
    int status;     /**< the negative errno that was returned; 0: nothing failed */
    char text[512]; /**< the sentence, NUL-terminated */
};

/**
 * Note a failure: the formatted text, then ": " and what the errno means.
 *
 * @param err    takes the sentence; may be NULL
 * @param status negative errno
 * @param format printf format, such as "cannot open '%s'"
 * @return status, so that `return sj_fail(…)` reads as one act
 */
SJ_PRINTF(3, 4) int sj_fail(struct sj_err *err, int status, const char *format, ...);

/**
 * Note a failure whose sentence is complete: nothing is added to the formatted text.
 *
 * @param err    takes the sentence; may be NULL
 * @param status negative errno
 * @param format printf format
 * @return status
 */
SJ_PRINTF(3, 4) int sj_fail_plain(struct sj_err *err, int status, const char *format, ...);
