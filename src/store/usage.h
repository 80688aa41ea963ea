// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What each namespace holds in each generation: a table of the index, one row for both, so that
 * what goes with a generation goes with its rows.
 */
#pragma once

#include "store/index.h"
#include "store/shared.h"

/** Generation of a row. @param key its key @return number */
uint32_t sj_usage_generation(const struct sj_index_key *key);

/**
 * Count what was written.
 *
 * @param index      index
 * @param txn        write transaction
 * @param ns         namespace's number
 * @param generation that it was written to
 * @param more       what was written
 * @return 0 or a negative errno
 */
int sj_usage_add(struct sj_index *index, MDB_txn *txn, uint32_t ns, uint32_t generation,
                 const struct sj_space_usage *more);

/**
 * What a namespace holds in all generations that are there.
 *
 * @param index index, whose state is that of the transaction
 * @param txn   open transaction
 * @param ns    namespace's number
 * @param out   takes the figures
 * @return 0 or a negative errno
 */
int sj_usage_get(struct sj_index *index, MDB_txn *txn, uint32_t ns, struct sj_space_usage *out);
