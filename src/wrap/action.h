// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * From an invocation to its keys: the literal key that finds a stamp, the action that the toolchain
 * makes of the arguments, and the weak keys.
 */
#pragma once

#include "wrap/call.h"

/**
 * Compute call->literal: compiler's path and state, place, arguments as given, and the variables
 * that always matter. Reads nothing.
 *
 * @param call invocation with tool, place and settings
 */
void sj_action_digest(struct sj_call *call);

/**
 * Expand response files, add our own arguments, and let the toolchain understand the rest.
 *
 * @param call invocation; takes args and action. A refusal stands in action.bypass
 * @return 0 or a negative errno
 */
int sj_action_parse(struct sj_call *call);

/**
 * Compute tool_key, the record's components and the weak keys that the action may use.
 *
 * @param call parsed invocation with a store
 * @return 0 or a negative errno
 */
int sj_action_weigh(struct sj_call *call);

/**
 * Whether a variable is asked for in vain: it is in the weak key already, or never matters.
 *
 * @param call invocation
 * @param name variable
 * @return true when it needs no entry in the path set
 */
bool sj_action_ignores_env(const struct sj_call *call, const char *name);
