// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Generations: files of bundles. Each is an LMDB environment without a lock of its own: whoever
 * holds the index's write transaction writes to the newest. Nothing in it is changed or deleted, so
 * LMDB never moves or reuses a bundle's pages, and reading is pread() at a place from the index.
 */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/item.h"

/** Room for the path of a generation behind the directory's. */
#define SJ_GENERATION_NAME_SIZE 32

/** A generation open for writing. Zeroed: none. */
struct sj_generation {
    MDB_env *env;    /**< NULL: none */
    uint32_t number; /**< which */
};

/**
 * Path of a generation.
 *
 * @param dir    the store's directory
 * @param number which
 * @return the caller frees it
 */
char *sj_generation_path(const char *dir, uint32_t number);

/**
 * Read a generation's number from its file's name.
 *
 * @param name file name
 * @param out  takes the number
 * @return true when it is the name of a generation
 */
bool sj_generation_parse(const char *name, uint32_t *out);

/**
 * Open a generation for writing; another that was open is closed.
 *
 * @param generation zeroed or open
 * @param dir        the store's directory
 * @param number     which
 * @return 0 or a negative errno
 */
int sj_generation_open(struct sj_generation *generation, const char *dir, uint32_t number);

/** Close a generation. @param generation zeroed or open */
void sj_generation_close(struct sj_generation *generation);

/**
 * Bytes of a generation's file that are in use.
 *
 * @param generation open
 * @return bytes
 */
uint64_t sj_generation_used(const struct sj_generation *generation);

/** Called to lay a bundle down. @param to room for its bytes @param order number of the bundle in
 * its generation @param user the caller's */
typedef void sj_generation_fill(char *to, uint32_t order, void *user);

/**
 * Append a bundle.
 *
 * @param generation open; the index's write transaction is held
 * @param len        bytes of the bundle
 * @param fill       writes it, right into LMDB's memory
 * @param user       handed to fill
 * @param offset     takes its offset in the file
 * @return 0 or a negative errno
 */
int sj_generation_append(struct sj_generation *generation, size_t len, sj_generation_fill *fill,
                         void *user, uint64_t *offset);

/**
 * Called for each item that a scan finds.
 *
 * @param item   its fields
 * @param offset of the item in the file
 * @param user   the caller's
 * @return 0 to go on, anything else to stop
 */
typedef int sj_generation_visit(const struct sj_item *item, uint64_t offset, void *user);

/**
 * Find every item of a generation without trusting LMDB's pages: bundles begin behind the header of
 * a page, and an item's checksum cannot be hit by chance.
 *
 * @param fd    the generation's file, open for reading
 * @param salt  the store's
 * @param visit called for each item, in the order of offsets
 * @param user  handed to visit
 * @return 0, what visit returned, or a negative errno
 */
int sj_generation_scan(int fd, const unsigned char salt[SJ_SALT_SIZE], sj_generation_visit *visit,
                       void *user);
