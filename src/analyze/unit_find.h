// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Units as people name them.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "record/db.h"

/**
 * Find a unit by its name, its source, or the end of either behind a slash: "src/a.o", "src/a.c",
 * "a.c".
 *
 * @param db      database
 * @param project name of the project; NULL: of any
 * @param text    what to find
 * @param out     takes sj_unit.number
 * @param err     says that there is none, or which ones there are
 * @return 0 or a negative errno
 */
int sj_unit_find(struct sj_db *db, const char *project, const char *text, uint32_t *out,
                 struct sj_err *err);

/**
 * The same among some units.
 *
 * @param db      database
 * @param project name of the project; NULL: of any
 * @param text    what to find
 * @param may     tells of a unit whether it counts
 * @param user    handed to may
 * @param out     takes sj_unit.number
 * @param err     says that there is none, or which ones there are
 * @return 0 or a negative errno
 */
int sj_unit_find_among(struct sj_db *db, const char *project, const char *text,
                       bool (*may)(const struct sj_unit *unit, void *user), void *user,
                       uint32_t *out, struct sj_err *err);
