// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What tells one state of a file from another without reading it: device, inode, size, and the
 * times of its last modification and change.
 * Source: statx(2); git, Documentation/technical/racy-git.txt.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SJ_FILESTAT_SIZE 40 /**< bytes of the encoded form */

/** State of a path. All zero: nothing is there. */
struct sj_filestat {
    uint64_t dev;     /**< device */
    uint64_t ino;     /**< inode */
    uint64_t size;    /**< bytes; 0 for what is not a regular file */
    int64_t mtime_ns; /**< last modification, since the epoch */
    int64_t ctime_ns; /**< last change of content or metadata, since the epoch */
    uint32_t mode;    /**< type and permission bits; 0: nothing is there. Not encoded */
};

/**
 * Look at a path; symbolic links are followed.
 *
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   NUL-terminated; "" with a descriptor of the file itself as dir_fd
 * @param out    takes the state; all zero when nothing is there
 * @return 0 (also when nothing is there) or a negative errno other than ENOENT and ENOTDIR
 */
int sj_filestat_get(int dir_fd, const char *path, struct sj_filestat *out);

/**
 * Encode a state; equal states give equal bytes. The mode is left out.
 *
 * @param stat state
 * @param out  takes the bytes: dev, ino, size, mtime, ctime, each 64 bits little-endian
 */
void sj_filestat_encode(const struct sj_filestat *stat, unsigned char out[SJ_FILESTAT_SIZE]);

/**
 * Whether two states are the same; modes are not compared.
 *
 * @param a one
 * @param b other
 * @return true when they are
 */
bool sj_filestat_eq(const struct sj_filestat *a, const struct sj_filestat *b);

/**
 * Whether a state may already hide a later change: it was modified or changed at or after a time.
 * A file system that keeps whole seconds is judged by whole seconds.
 *
 * @param stat     state
 * @param since_ns CLOCK_REALTIME_COARSE, the clock that the kernel stamps files with
 * @return true when it is not to be trusted
 */
bool sj_filestat_is_racy(const struct sj_filestat *stat, uint64_t since_ns);
