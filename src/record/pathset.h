// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Path sets: what an action read, looked for in vain, listed and asked of its environment; names
 * only, no content, so that one path set serves every state of the tree that leads to the same
 * reads. With the present content of each entry it makes the strong key.
 * Source: Microsoft BuildXL, "Two-phase cache lookup".
 *
 * A path is absolute, relative to the working directory, or, behind the byte SJ_BASE_MARK, relative
 * to the base directory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/filestat.h"
#include "key/key.h"

#define SJ_PATHSET_MAX    200000u            /**< most entries of a path set */
#define SJ_PATHSET_LIMIT  ((size_t)32 << 20) /**< most bytes of an encoded path set */
#define SJ_BASE_MARK      '\x01' /**< stands for the base directory at the start of a path */
#define SJ_PATHSET_FORMAT 1u     /**< first byte of the encoded form */

/** What an entry asks of its path. */
enum sj_need {
    SJ_NEED_CONTENT = 'F', /**< regular file: its content counts */
    SJ_NEED_DIR = 'D',     /**< a directory stands there; its content does not count */
    SJ_NEED_ABSENT = 'A',  /**< nothing stands there */
    SJ_NEED_NAMES = 'L',   /**< directory: the names in it count */
    SJ_NEED_PROGRAM = 'X', /**< program of that name, first on PATH: its content, or that there is
                                none, counts; path is the name */
    SJ_NEED_ENV = 'E',     /**< environment variable: its value counts; path is its name */
};

/** An entry of a path set. */
struct sj_path_entry {
    enum sj_need need;              /**< what is asked */
    const char *path;               /**< NUL-terminated; borrowed */
    const struct sj_filestat *seen; /**< state in which a tool opened it; NULL: not known. Not
                                         encoded */
};

/** A path set. Zeroed: empty. */
struct sj_pathset {
    struct sj_path_entry *entries; /**< sorted by path, then need; no two equal */
    size_t count;                  /**< length of entries */
    size_t size;                   /**< allocated */
};

/**
 * Add an entry; sj_pathset_sort() must follow before the set is used.
 *
 * @param set   path set
 * @param entry copied; its strings are borrowed and must outlive the set
 */
void sj_pathset_add(struct sj_pathset *set, struct sj_path_entry entry);

/** Sort the entries and drop those that stand twice. @param set path set */
void sj_pathset_sort(struct sj_pathset *set);

/**
 * Encode: format byte, u32 count, then for each entry its need, the number of bytes that it shares
 * with the path before (u16), and the rest, NUL-terminated.
 *
 * @param set sorted path set
 * @param out bytes are appended
 */
void sj_pathset_encode(const struct sj_pathset *set, struct sj_buf *out);

/**
 * Decode.
 *
 * @param data  bytes, untrusted
 * @param len   how many
 * @param out   takes the path set; release with sj_pathset_release()
 * @param arena takes the paths, which `out` points into: must outlive it. Empty on entry
 * @return 0 or -EBADMSG
 */
int sj_pathset_decode(const void *data, size_t len, struct sj_pathset *out, struct sj_buf *arena);

/** Free a path set. @param set path set, zeroed or NULL */
void sj_pathset_release(struct sj_pathset *set);
