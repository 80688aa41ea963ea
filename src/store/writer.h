// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The writer thread of a shared store: it alone writes, and it looks after what time and other
 * processes do to the store.
 */
#pragma once

#include "store/shared_handle.h"

/**
 * Open the index for writing at once, so that it need not be opened anew under the readers when
 * something is written. Where that cannot be, reads still work, and writes say why not.
 *
 * @param store the writer's; nothing happens when its index is open
 * @return 0 or a negative errno
 */
int sj_writer_open_index(struct sj_store *store);

/** Start the thread. @param shared store, all but the thread ready @return 0 or a negative errno */
int sj_writer_start(struct sj_shared *shared);

/** Have the thread write what is queued, and end it. @param shared store */
void sj_writer_stop(struct sj_shared *shared);
