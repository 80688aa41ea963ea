// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A part of a view, with samples: what is analysed piece by piece, because all of it at once would
 * take too long.
 */
#pragma once

#include "analyze/view.h"

/**
 * Make a view of some builds of a view.
 *
 * @param view      view; its samples are not looked at. It, and what it borrows, must outlive the
 *                  result
 * @param is_wanted for each build of it: it comes along. References to others are left out
 * @param outcomes  of samples to load: mask of SJ_OUTCOME_BIT()
 * @param out       takes the view, without notes; release with sj_view_release()
 * @param err       what failed
 * @return 0 or a negative errno
 */
int sj_view_narrow(const struct sj_view *view, const bool *is_wanted, unsigned outcomes,
                   struct sj_view *out, struct sj_err *err);
