// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Making the index again from the generations.
 */
#pragma once

#include "store/handle.h"

/**
 * Put a new index in the place of the one that is there, if any, filled from all generations. Data
 * is read and hashed in the youngest of them only, which the last power cut can have torn; the rest
 * is found out when it is read. Stamps and file keys are lost.
 *
 * @param store store whose index is closed; the lock of sj_store_recover() is held
 * @param salt  the store's
 * @return 0 or a negative errno
 */
int sj_index_rebuild(struct sj_store *store, const unsigned char salt[SJ_SALT_SIZE]);
