// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Groups: writes that the writer thread carries out together, as one bundle, one transaction of the
 * index and, where that is asked for, one wait for the disk.
 */
#pragma once

#include "store/shared_handle.h"

/**
 * Carry writes out, and set the status of each. One that cannot be written fails alone; when the
 * disk fails, all do. A write whose status is set already is left out.
 *
 * @param shared  store; called by its writer thread
 * @param first   list of writes
 * @param damaged blobs to be forgotten first
 */
void sj_group_commit(struct sj_shared *shared, struct sj_write *first,
                     const struct sj_seen_list *damaged);

/**
 * What follows a commit in which a generation was sealed.
 *
 * @param shared store; called by its writer thread
 * @param sealed the generation; 0: none was
 */
void sj_group_settle(struct sj_shared *shared, uint32_t sealed);
