// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The environment that makes a build go through the wrapper. It is set in our own, which the
 * command inherits.
 *
 * A build finds compilers in one of three ways, and each is caught by one means: by name, on PATH
 * (links in front of it); by absolute path, in CC and its kin (the path becomes the link's); or
 * by absolute path in CMake's own settings (a launcher).
 */
#pragma once

#include "base/buf.h"
#include "cli/links.h"
#include "config/config.h"

/** A run's id, in the environment of what it runs: another run below it belongs to the same build.
 */
#define SJ_RUN_ID_ENV "SCRUBJAY_RUN_ID"

/** A build's labels, in the environment of its compilers. */
#define SJ_RUN_LABEL_ENV "SCRUBJAY_RUN_LABEL"

/** Set by `scrubjay backfill`: the build is of a past commit, of the branch it names ("-": none).
 */
#define SJ_RUN_BACKFILL_ENV "SCRUBJAY_RUN_BACKFILL"

/**
 * Let the wrappers of the build find the settings that hold here: what was given on the command
 * line, relative paths made absolute, the project's file.
 *
 * @param config settings
 */
void sj_run_env_settings(const struct sj_config *config);

/**
 * Name the build: by what was asked for, as a part of the build around it, by its CI job, or anew.
 *
 * @param config   settings; build_id is what was asked for
 * @param labels   its labels; empty: those of the build around it
 * @param phase    what part of the build it is, another label; NULL: not told
 * @param id       takes the build's id
 * @return true when it runs inside another run
 */
bool sj_run_env_build(const struct sj_config *config, const char *labels, const char *phase,
                      struct sj_buf *id);

/**
 * Put the compilers' links where the build looks for compilers.
 *
 * @param links what to make links from
 * @param err   what failed
 * @return 0 or a negative errno; nothing is set then
 */
int sj_run_env_compilers(struct sj_links *links, struct sj_err *err);
