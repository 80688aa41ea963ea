// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why the actions of a trace were compiled.
 */
#pragma once

#include "analyze/cause.h"
#include "trace/feed.h"

/**
 * Find the cause of each compile of a build, and set it in the trace.
 *
 * @param causes handle that has the build loaded
 * @param build  index of the build in its view
 * @param trace  of the same build, from sj_feed_trace()
 * @param pool   takes texts; must outlive the trace
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_trace_causes(struct sj_causes *causes, uint32_t build, struct sj_feed_trace *trace,
                    struct sj_pool *pool, struct sj_err *err);

/**
 * The same, from the view alone.
 *
 * @param view  of the whole project
 * @param build the build; where the view does not have it, nothing is set
 * @param trace of it, from sj_feed_trace()
 * @param pool  takes texts; must outlive the trace
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_trace_explain(const struct sj_view *view, const struct sj_build *build,
                     struct sj_feed_trace *trace, struct sj_pool *pool, struct sj_err *err);
