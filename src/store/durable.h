// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Waiting for the disk: what makes a write one that survives a power cut.
 *
 * The index need not be on the disk, for it is made again from the generations. The mark that says
 * so, and with it the file VERSION, was synced before the first write of the boot. What is left are
 * the newest generation's data and its name.
 */
#pragma once

#include "store/shared_handle.h"

/**
 * See that all that was committed to the newest generation is on the disk.
 *
 * @param shared store; called by its writer thread
 * @param lowest a write found its content there already, in this generation or a later one, and it
 *               may be another process that wrote it; UINT32_MAX: none did
 * @return 0 or a negative errno; then nothing more is written to that generation
 */
int sj_durable_sync(struct sj_shared *shared, uint32_t lowest);
