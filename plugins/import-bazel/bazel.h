// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The formats of Bazel. Private to the plugin.
 */
#pragma once

#include <scrubjay/import.h>

/** `--profile`. */
extern const struct sj_import_format sj_bazel_profile;

/** `--build_event_json_file`. */
extern const struct sj_import_format sj_bazel_events;

/** `--execution_log_json_file`. */
extern const struct sj_import_format sj_bazel_execution;
