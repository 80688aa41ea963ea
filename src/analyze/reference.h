// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which build a build is compared with: the one of the same job whose commit is its nearest
 * ancestor, not the one before it in time, which often is another branch's.
 */
#pragma once

#include "analyze/view.h"

/**
 * Set each build's reference. No chain of references comes back to where it began.
 *
 * @param history history; NULL: none, then the build before it in time counts
 * @param builds  sorted as a view's, with commits set; references are set
 * @param count   how many
 */
void sj_references_find(const struct sj_history *history, struct sj_view_build *builds,
                        size_t count);
