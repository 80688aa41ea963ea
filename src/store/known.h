// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A bounded set of places that forgets: what it says it holds it holds, but it may have forgotten.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/item.h"

/** A set. Safe from several threads at once. */
struct sj_known;

/** A set. @param room places that it holds, a power of two @return never NULL */
struct sj_known *sj_known_new(size_t room);

/** Free a set. @param known set, or NULL */
void sj_known_free(struct sj_known *known);

/**
 * Whether a place is held.
 *
 * @param known      set
 * @param salt       the store's, so that places of another store are others
 * @param generation number of the generation
 * @param offset     in its file
 * @return true when it was added, and neither removed nor forgotten
 */
bool sj_known_has(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                  uint32_t generation, uint64_t offset);

/** Add a place. @param known set @param salt the store's @param generation number @param offset in
 * its file */
void sj_known_add(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                  uint32_t generation, uint64_t offset);

/** Remove a place. @param known set @param salt the store's @param generation number @param offset
 * in its file */
void sj_known_remove(struct sj_known *known, const unsigned char salt[SJ_SALT_SIZE],
                     uint32_t generation, uint64_t offset);
