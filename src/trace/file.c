// SPDX-License-Identifier: Apache-2.0
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/str.h"

#define CHUNK ((size_t)64 << 10)

void sj_trace_file_release(struct sj_trace_file *file)
{
    if (file) {
        free(file->path);
        sj_buf_release(&file->data);
        *file = (struct sj_trace_file){0};
    }
}

struct sj_import_source sj_trace_file_source(const struct sj_trace_file *file)
{
    return (struct sj_import_source){
        .path = file->path,
        .data = sj_buf_text(&file->data),
        .len = file->data.len,
        .mtime_ns = file->mtime_ns,
    };
}

// Read to the end of a stream, which zlib decompresses.
static int read_all(gzFile stream, size_t limit, struct sj_buf *out)
{
    for (;;) {
        char *room = sj_buf_reserve(out, CHUNK);
        if (!room) {
            return -EFBIG;
        }
        int got = gzread(stream, room, (unsigned)CHUNK);
        if (got > 0) {
            out->len += (size_t)got;
            out->data[out->len] = '\0';
        }
        if (out->len > limit) {
            return -EFBIG;
        }
        if (got > 0) {
            continue;
        }
        int code = Z_OK;
        (void)gzerror(stream, &code);
        bool is_cut = code == Z_BUF_ERROR;
        return code == Z_ERRNO ? -errno : code == Z_OK || is_cut ? 0 : -EBADMSG;
    }
}

// The name that the file had before it was compressed.
static char *plain_path(const char *path)
{
    char *full = realpath(path, NULL);
    if (full && sj_has_suffix(full, ".gz")) {
        full[strlen(full) - 3] = '\0';
    }
    return full ? full : sj_strdup(path);
}

int sj_trace_file_read(const char *path, size_t limit, struct sj_trace_file *out,
                       struct sj_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    SJ_AUTO(sj_auto_close)
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        return sj_fail(err, -errno, "cannot open '%s'", path);
    }
    if (S_ISDIR(st.st_mode)) {
        return sj_fail(err, -EISDIR, "cannot read '%s'", path);
    }
    gzFile stream = gzdopen(fd, "rb");
    if (!stream) {
        return sj_fail(err, -ENOMEM, "cannot read '%s'", path);
    }
    (void)sj_take_fd(&fd);
    SJ_AUTO(sj_trace_file_release)
    struct sj_trace_file file = {
        .path = is_stdin ? sj_strdup("") : plain_path(path),
        .data = SJ_BUF_INIT(limit + 2 * CHUNK),
        .mtime_ns =
            is_stdin ? 0 : (int64_t)st.st_mtim.tv_sec * 1000000000 + (int64_t)st.st_mtim.tv_nsec,
    };
    int status = read_all(stream, limit, &file.data);
    (void)gzclose_r(stream);
    if (status == -EFBIG) {
        return sj_fail_plain(err, status, "'%s' holds more than %zu MiB", path, limit >> 20);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot read '%s'", path);
    }
    *out = file;
    file = (struct sj_trace_file){0};
    return 0;
}
