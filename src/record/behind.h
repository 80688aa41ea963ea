// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How far the record database is behind the journal.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "record/db.h"

/**
 * How much of a journal was not taken in yet.
 *
 * @param db  database
 * @param dir the store's directory
 * @param out takes bytes
 * @param err what failed
 * @return 0 or a negative errno
 */
int sj_db_behind(struct sj_db *db, const char *dir, uint64_t *out, struct sj_err *err);
