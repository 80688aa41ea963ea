// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * After a build: what its inputs are called in git, while they still lie where they were read. It
 * is the one thing that no report could find out later.
 */
#pragma once

#include "cli/build_log.h"

/**
 * Take the build's records into the record database, name the contents that its units read and
 * nobody has named yet, note that in the journal. Bounded in time: what is not named in time stays
 * without a name. Failures are told in the debug log.
 *
 * @param log build that has ended, with a repository; without one the records are taken in, no more
 * @param end how the build ended: interrupted ones are left alone, failed ones get less time
 */
void sj_build_blobs(const struct sj_build_log *log, const struct sj_child_end *end);
