// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The wrapper: one compiler invocation from arguments to outputs and record.
 */
#pragma once

#include <stdbool.h>

/** Names the compiler that is being run, in the environment of what it runs. */
#define SJ_ACTIVE_ENV "SCRUBJAY_ACTIVE"

/**
 * Run a compiler through the cache. Does not return where the compiler is executed in place of this
 * process, or when a signal ended it.
 *
 * @param argv   compiler and its arguments, NULL-terminated; settings (NAME=VALUE) and launchers
 * may stand in front
 * @param env    environment, NULL-terminated
 * @return exit status
 */
int sj_wrap_run(const char *const *argv, char *const *env);

/**
 * Whether an argument list is meant for the wrapper: its first word that is neither a setting nor a
 * launcher is a compiler.
 *
 * @param argv NULL-terminated, without our own name
 * @return true when it is
 */
bool sj_wrap_claims(const char *const *argv);
