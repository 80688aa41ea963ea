// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a history could not know when it was made, and can now: commits beyond the cut of a shallow
 * clone that was deepened, trees that were fetched. For this room only.
 */
#pragma once

#include "repo/history_data.h"

/**
 * Look again at commits whose parent or trees were not there. When some are, a new history is made:
 * those commits are to be taken in again, all others are copied.
 *
 * @param history history
 * @param take    takes a commit into the new history as if it were new
 * @param healed  takes whether there is anything new
 * @return 0 or a negative errno
 */
int sj_history_heal(struct sj_history *history,
                    int (*take)(struct sj_history *history, const struct sj_oid *id), bool *healed);
