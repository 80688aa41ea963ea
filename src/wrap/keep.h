// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * After a compile: what it read and wrote becomes a path set and a result in the store, unless
 * something about it is not known for sure.
 */
#pragma once

#include "observe/log.h"
#include "wrap/call.h"
#include "wrap/execute.h"

/**
 * Store what a compile did. The record takes the keys, the inputs, and where nothing was stored the
 * reason.
 *
 * @param call      parsed and weighed invocation, its store open for writing
 * @param run       the compile, which succeeded
 * @param log       what the observer saw of it
 * @param is_forced colours were forced on
 * @param err       what failed
 * @return 0 (stored, or refused: see the record) or a negative errno (the store failed)
 */
int sj_keep(struct sj_call *call, const struct sj_execution *run, const struct sj_observe_log *log,
            bool is_forced, struct sj_err *err);
