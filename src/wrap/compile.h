// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Run the real compiler for an invocation, observed or not.
 */
#pragma once

#include "wrap/call.h"
#include "wrap/execute.h"

/**
 * The command that runs the real compiler: launcher, compiler, arguments put in front, and the
 * user's own as they were given.
 *
 * @param call  invocation
 * @param extra arguments to put in front, NULL-terminated; NULL: none
 * @return NULL-terminated, in the call's arena
 */
const char *const *sj_compile_argv(struct sj_call *call, const char *const *extra);

/**
 * The program that the command starts with.
 *
 * @param call invocation
 * @return path, in the call's arena
 */
const char *sj_compile_program(struct sj_call *call);

/**
 * The environment of the compiler: the invocation's, and the mark that it is being cached.
 *
 * @param call invocation
 * @return NULL-terminated, in the call's arena
 */
char *const *sj_compile_env(struct sj_call *call);

/**
 * Run the compiler as the user asked, nothing observed or kept. Cost and status go into the record.
 *
 * @param call invocation
 * @param run  takes how it ended; its is_captured says whether its output is kept
 * @return exit status
 */
int sj_compile_plain(struct sj_call *call, struct sj_execution *run);

/**
 * Run the compiler observed, stream its output, and store what it did.
 *
 * @param call parsed and weighed invocation with a store
 * @return exit status
 */
int sj_compile_observed(struct sj_call *call);
