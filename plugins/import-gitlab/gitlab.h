// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The formats of GitLab CI. Private to the plugin.
 */
#pragma once

#include <scrubjay/import.h>

/** Jobs, as the REST API gives them. */
extern const struct sj_import_format sj_gitlab_jobs;

/** The log of one job. */
extern const struct sj_import_format sj_gitlab_trace;
