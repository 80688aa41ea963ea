// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Samples in blocks, keyed by build, outcome and a sequence number. Private to the room.
 */
#pragma once

#include "record/db_handle.h"

/** Bytes of a block's key. */
#define SJ_BLOCK_KEY (SJ_DB_NUMBER + 1 + SJ_DB_NUMBER)

/** In the order in which samples are kept: by build, outcome, unit, start. @param left sample
 * @param right sample @return less than 0, 0 or more */
int sj_sample_compare(const void *left, const void *right);

/**
 * Write samples behind those that a build has.
 *
 * @param db      database, being written
 * @param samples of one build and outcome, sorted
 * @param count   length of samples
 * @return 0 or a negative errno
 */
int sj_db_samples_put(struct sj_db *db, const struct sj_sample *samples, size_t count);

/**
 * Visit all samples of all builds, by build and outcome.
 *
 * @param db    database
 * @param visit called for each
 * @param user  handed to visit
 * @return 0 or a negative errno
 */
int sj_db_samples_each(struct sj_db *db, void (*visit)(const struct sj_sample *sample, void *user),
                       void *user);
