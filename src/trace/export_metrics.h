// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Sums of builds by project and branch, for Prometheus and others that read OpenMetrics. All are
 * gauges: they are sums over what was asked for, which may get less.
 * Source: OpenMetrics 1.0, which Prometheus' text format agrees with for gauges.
 */
#pragma once

#include "trace/export.h"

/**
 * Append the metrics of some builds.
 *
 * @param builds   builds
 * @param count    how many
 * @param outcomes names of the outcomes, by which sj_export_build.count is indexed; NULL: none
 * @param outcome_count length of outcomes
 * @param out      takes it
 */
void sj_export_metrics(const struct sj_export_build *builds, size_t count,
                       const char *const *outcomes, size_t outcome_count, struct sj_buf *out);
