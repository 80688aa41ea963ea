// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why the actions of a trace were compiled.
 */
#pragma once

#include "analyze/keymap.h"
#include "cli/export_feed.h"
#include "cli/report.h"

/**
 * Find the cause of each compile of a build, and set it in the trace.
 *
 * @param report records and history
 * @param build  the build
 * @param trace  from sj_feed_trace()
 * @param pool   takes texts; must outlive the trace
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_feed_causes(const struct sj_report *report, const struct sj_build *build,
                   struct sj_feed_trace *trace, struct sj_pool *pool, struct sj_err *err);
