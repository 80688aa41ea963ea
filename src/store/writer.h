// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The writer thread of a shared store: it alone writes, and it looks after what time and other
 * processes do to the store.
 */
#pragma once

#include "store/shared_handle.h"

/** Start the thread. @param shared store, all but the thread ready @return 0 or a negative errno */
int sj_writer_start(struct sj_shared *shared);

/** Have the thread write what is queued, and end it. @param shared store */
void sj_writer_stop(struct sj_shared *shared);
