// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Put a result's outputs where this run wants them: all of them, or none.
 */
#pragma once

#include "store/result.h"
#include "wrap/call.h"

/** Outcome: the store no longer has all of it, or the place is not fit: compile instead. */
#define SJ_RESTORE_MISS 1

/**
 * Write all outputs aside, then rename them into place, the first one last. Existing files are
 * replaced, never written into; what stands at a path and is not a regular file makes the whole a
 * miss.
 *
 * @param call   invocation with a store
 * @param result what to restore
 * @param paths  path of each of its outputs
 * @return 0, SJ_RESTORE_MISS or a negative errno; unless 0 there are the old outputs, or, where a
 *         directory let us create and not rename, none
 */
int sj_restore_outputs(struct sj_call *call, const struct sj_result *result,
                       const char *const *paths);

/**
 * Replay what the tool printed. Colours are taken out when they are not wanted.
 *
 * @param result     what to replay
 * @param keep_color colours may stay
 */
void sj_restore_streams(const struct sj_result *result, bool keep_color);

/**
 * Whether diagnostics would be coloured if the user ran the compiler without any option for it:
 * stderr is a terminal that is not dumb.
 *
 * @param call invocation
 * @return true when they would
 */
bool sj_wants_color(const struct sj_call *call);

/**
 * Copy text without terminal escape sequences (CSI and OSC).
 *
 * @param data text
 * @param len  bytes
 * @param out  the text is appended
 */
void sj_strip_color(const char *data, size_t len, struct sj_buf *out);
