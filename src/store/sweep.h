// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Removing what has become useless from the index, a few entries at a time, so that no writer waits
 * long: places whose generation is gone, links and stamps that lead to such, notes of past eras.
 */
#pragma once

#include "store/index.h"

/** Entries that a commit looks at while a sweep is under way. */
#define SJ_SWEEP_STEP 256

/**
 * Ask for a sweep over all tables; one that is under way is followed by another.
 *
 * @param state state of the open write transaction; the caller writes it
 */
void sj_sweep_start(struct sj_state *state);

/**
 * Whether there is something to sweep.
 *
 * @param state state
 * @return true while a sweep is under way
 */
bool sj_sweep_is_due(const struct sj_state *state);

/**
 * Go on with the sweep; the new position is put into the index's state, which the caller writes.
 *
 * @param index     index
 * @param txn       write transaction
 * @param max       entries to look at
 * @param forgotten is increased by the entries removed
 * @return 0 or a negative errno
 */
int sj_sweep_run(struct sj_index *index, MDB_txn *txn, uint32_t max, uint64_t *forgotten);
