// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What opening a store does when it cannot simply be read: make a new one, or make the index again
 * from the generations.
 */
#pragma once

#include "store/handle.h"

/**
 * Make the store usable: directories, version, index. One process at a time does it, others wait.
 *
 * @param store store; its index is closed and opened again
 * @return 0 or a negative errno
 */
int sj_store_recover(struct sj_store *store);

/**
 * Whether what opening the index gave is for sj_store_recover() to mend.
 *
 * @param status result of sj_index_read() or sj_index_begin()
 * @return true when the index is missing, damaged or of an older version
 */
bool sj_store_needs_recovery(int status);

/**
 * Refuse a network file system, on which LMDB's locks and maps do not work.
 *
 * @param dir the store's directory
 * @return 0, -EREMOTE or a negative errno
 */
int sj_store_check_file_system(const char *dir);
