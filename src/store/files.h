// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The generations' files that the threads of one process read: each is opened once, and stays open
 * while somebody has a reference to it, though it be unlinked.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "store/item.h"
#include "store/mapped.h"

/** Files that are kept open. More generations than that are right, but slower. */
#define SJ_FILES_MAX 256

/** A generation's file, kept open by references. */
struct sj_shared_file {
    atomic_uint refs;                 /**< the table's included */
    uint32_t generation;              /**< number */
    int fd;                           /**< open for reading */
    struct sj_mapped mapped;          /**< the same, seen through memory */
    unsigned char salt[SJ_SALT_SIZE]; /**< of the items in it */
};

/** Open files. Zeroed: none. */
struct sj_files {
    _Atomic(struct sj_shared_file *) at[SJ_FILES_MAX]; /**< by the number's remainder */
};

/**
 * Get a file, and a reference to it. The caller sits in a seat, which keeps sj_files_take() off.
 *
 * @param files      table
 * @param dir        the store's directory
 * @param generation number
 * @param salt       the store's
 * @param out        takes the file; give it back with sj_file_unref()
 * @return 0 or a negative errno: -ENOENT (it is gone) …
 */
int sj_files_get(struct sj_files *files, const char *dir, uint32_t generation,
                 const unsigned char salt[SJ_SALT_SIZE], struct sj_shared_file **out);

/**
 * Take out the files of generations that are gone. All seats are held.
 *
 * @param files  table
 * @param oldest lowest number that stays
 * @param out    takes SJ_FILES_MAX pointers; the caller gives the references back
 * @return how many were taken out
 */
size_t sj_files_take(struct sj_files *files, uint32_t oldest, struct sj_shared_file **out);

/** Give a reference back; the last one closes. @param file file, or NULL */
void sj_file_unref(struct sj_shared_file *file);
