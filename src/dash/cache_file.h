// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The file of what pages have worked out. Entries are only ever appended, each by one write, so
 * that several processes may do it without a lock; what is torn or damaged costs what stands behind
 * it, no more. No failure is told: it is a cache. Private to the room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "key/key.h"

#define SJ_CACHE_ENTRY 36 /**< bytes of an entry beyond its own */

/** A file. Zeroed but for fd, -1: not open. */
struct sj_cache_file {
    char *path;        /**< where; NULL: nowhere */
    bool is_read_only; /**< nothing is ever written */
    int fd;            /**< open for appending; -1: not open */
};

/** Called for an entry. @param key its key @param data its bytes @param len how many @param user
 * the caller's */
typedef void sj_cache_visit(const struct sj_key *key, const void *data, size_t len, void *user);

/**
 * Read the entries of a file.
 *
 * @param path  where
 * @param limit bytes that it may have; a longer one is worth nothing
 * @param visit called for each entry, the oldest first
 * @param user  handed to visit
 * @return bytes that are good; 0: there is no such file, or it is another program's
 */
size_t sj_cache_file_read(const char *path, size_t limit, sj_cache_visit *visit, void *user);

/** Open the file for appending; begin a new one where not all of it is good. Read-only ones stay
 * closed. @param file file @param good bytes of it, from sj_cache_file_read() */
void sj_cache_file_open(struct sj_cache_file *file, size_t good);

/** Append an entry, if the file is open. @param file file @param key its key @param data its bytes
 * @param len how many */
void sj_cache_file_append(struct sj_cache_file *file, const struct sj_key *key, const void *data,
                          size_t len);

/** Begin the file anew and keep what it was beside it, unless another process has just done so.
 * @param file file */
void sj_cache_file_turn(struct sj_cache_file *file);

/** Close the file. @param file file, open or not */
void sj_cache_file_close(struct sj_cache_file *file);
