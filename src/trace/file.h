// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Files that are imported, whole and decompressed. Source: zlib 1.2.13, zlib.h: what is not
 * compressed by gzip is read as it is.
 */
#pragma once

#include <scrubjay/import.h>

#include "base/buf.h"
#include "base/err.h"

/** Longest file, after decompression. */
#define SJ_TRACE_FILE_MAX ((size_t)1 << 30)

/** A file in memory. Zeroed: none. */
struct sj_trace_file {
    char *path;         /**< absolute, without ".gz"; "" for stdin */
    struct sj_buf data; /**< its bytes */
    int64_t mtime_ns;   /**< since the epoch; 0: not known */
};

/**
 * Read a file.
 *
 * @param path  what to read; "-" is stdin
 * @param limit most bytes after decompression, at most SJ_TRACE_FILE_MAX
 * @param out   takes the file; end with sj_trace_file_release(). A compressed file that was cut
 *              gives what there is of it
 * @param err   what failed
 * @return 0, -EFBIG (longer), -EBADMSG (damaged compression) or another negative errno
 */
int sj_trace_file_read(const char *path, size_t limit, struct sj_trace_file *out,
                       struct sj_err *err);

/** Free a file. @param file file, zeroed or NULL */
void sj_trace_file_release(struct sj_trace_file *file);

/** What a format gets. @param file file @return its bytes; the file's own */
struct sj_import_source sj_trace_file_source(const struct sj_trace_file *file);
