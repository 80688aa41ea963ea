// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Things the user should hear once, though hundreds of compiles run into them.
 */
#pragma once

#include "wrap/call.h"

/**
 * Warn on stderr, unless the same thing was said within the last hour (or in this build).
 *
 * @param call invocation
 * @param id   short name of the thing, made of letters, digits and dashes
 * @param text sentence, without "scrubjay: "
 */
void sj_notice(const struct sj_call *call, const char *id, const char *text);
