// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which lines of a ninja log belong to one run of ninja. The log does not say: times count from the
 * start of a run, and lines of all runs stand one behind the other, until ninja writes the log anew
 * in any order.
 */
#pragma once

#include "import-ninja/runs.h"

/**
 * Set the run and origin of each line.
 *
 * @param log      lines in the order of the file; sorted
 * @param is_timed takes whether lines tell the time of day: else origins are not set
 * @return how many runs, numbered from 0 on, the oldest first
 */
uint32_t ninja_log_split(struct ninja_log *log, bool *is_timed);
