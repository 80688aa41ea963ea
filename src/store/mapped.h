// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A file that grows, seen through memory: what lies in it is given out without a system call.
 *
 * Memory of a file has no errors: a page that the disk cannot give, or that was cut off, ends the
 * process that touches it. So the program looks at it only through sj_mapped_copy(); the kernel,
 * which is told to send from it, returns an error by itself.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** A mapped file. Zeroed: none. */
struct sj_mapped {
    const char *base;          /**< NULL: it could not be mapped */
    _Atomic uint64_t file_len; /**< bytes that the file was seen to have */
};

/** Map a file; when that fails nothing is mapped. @param mapped zeroed @param fd file, open for
 * reading */
void sj_mapped_open(struct sj_mapped *mapped, int fd);

/** Unmap. @param mapped file, or zeroed */
void sj_mapped_close(struct sj_mapped *mapped);

/**
 * Where bytes of the file are.
 *
 * @param mapped file
 * @param fd     the same file
 * @param offset of the first byte
 * @param len    how many
 * @return address, good until sj_mapped_close(); NULL: not mapped, or the file ends before
 *
 * Safe from several threads at once.
 */
const char *sj_mapped_at(struct sj_mapped *mapped, int fd, uint64_t offset, uint64_t len);

/**
 * Copy bytes out of a mapped file.
 *
 * @param out  takes them
 * @param from from sj_mapped_at()
 * @param len  how many
 * @return 0 or -EIO: they cannot be read, or are not there any more
 *
 * Safe from several threads at once. Catches SIGBUS, and hands on what is not its own.
 */
int sj_mapped_copy(void *out, const char *from, size_t len);
