// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Whole reads and writes, directories, and files that are written aside and then put in place.
 */
#pragma once

#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/**
 * Read a file to its end.
 *
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   NUL-terminated
 * @param buf    its bytes are appended
 * @return 0, -EFBIG (over the buffer's limit), -EISDIR and the like, or a negative errno
 */
int sj_file_read(int dir_fd, const char *path, struct sj_buf *buf);

/**
 * Read to the end of a descriptor.
 *
 * @param fd  open for reading
 * @param buf its bytes are appended
 * @return 0, -EFBIG or a negative errno
 */
int sj_fd_read(int fd, struct sj_buf *buf);

/**
 * Write all bytes, however often write() must be called.
 *
 * @param fd   open for writing
 * @param data bytes
 * @param len  how many
 * @return 0 or a negative errno
 */
int sj_fd_write(int fd, const void *data, size_t len);

/**
 * Make a directory and those above it.
 *
 * @param path absolute or relative
 * @param mode permission bits, before the umask
 * @return 0 (also when it was there) or a negative errno
 */
int sj_dir_make(const char *path, mode_t mode);

/**
 * Remove a file or a whole directory tree. Symbolic links in it are removed, not followed;
 * directories without write permission get it first; what is mounted in it stays.
 *
 * @param path what to remove
 * @return 0 (also when there was nothing) or the first negative errno
 */
int sj_tree_remove(const char *path);

/** The same of a name in a directory. @param dir_fd directory, or AT_FDCWD @param name what to
 * remove @return as sj_tree_remove() */
int sj_tree_remove_at(int dir_fd, const char *name);

/** A file that is written aside; unless committed, it removes itself. Zeroed: nothing is open. */
struct sj_tempfile {
    char *path;   /**< where it stands until committed; NULL: nothing to remove */
    char *target; /**< where it goes */
    int fd;       /**< open for writing; valid while path is set */
};

/**
 * Open a new file beside its target.
 *
 * @param file   takes the file; the caller ends it with sj_tempfile_commit() or
 *               sj_tempfile_release()
 * @param target final path
 * @param mode   permission bits, before the umask
 * @return 0 or a negative errno
 */
int sj_tempfile_open(struct sj_tempfile *file, const char *target, mode_t mode);

/**
 * Put the file in its place, atomically.
 *
 * @param file from sj_tempfile_open()
 * @return 0 or a negative errno; either way the file needs no release any more
 */
int sj_tempfile_commit(struct sj_tempfile *file);

/**
 * Remove a file that was not committed; SJ_AUTO(sj_tempfile_release) is meant for it.
 *
 * @param file zeroed, open or committed
 */
void sj_tempfile_release(struct sj_tempfile *file);

/**
 * Write a small file whole: aside, then renamed.
 *
 * @param path target
 * @param mode permission bits, before the umask
 * @param data bytes
 * @param len  how many
 * @return 0 or a negative errno
 */
int sj_file_write(const char *path, mode_t mode, const void *data, size_t len);
