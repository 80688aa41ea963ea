// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What cargo tells of a build: its two formats, and the names of units in both.
 */
#pragma once

#include "import-common/json.h"

extern const struct sj_import_format cargo_timing_format;   /**< cargo-timing.html */
extern const struct sj_import_format cargo_analysis_format; /**< -Zbuild-analysis */

/**
 * Name a unit so that it has the same name when its version moves on, and another one than another
 * version that stands beside it: cargo links one version of each compatible range, so that range
 * stands for the version.
 *
 * @param package name of the package
 * @param version "1.2.3"; NULL: not known
 * @param target  what of it, as in cargo's report: "lib", "build-script", "app \"bin\""
 * @return NUL-terminated, the caller frees it; NULL: no memory
 */
char *cargo_unit_name(const char *package, const char *version, const char *target);

/**
 * What was asked for, beside the sources: where it differs, it is another command.
 *
 * @param version  of the package; NULL: not known
 * @param features array of texts, or NULL
 * @param profile  such as "dev"; NULL: not known
 * @param platform what it is built for; NULL: not known
 * @return NUL-terminated, the caller frees it; NULL: no memory
 */
char *cargo_unit_command(const char *version, const json_t *features, const char *profile,
                         const char *platform);
