// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

int sj_fd_read(int fd, struct sj_buf *buf)
{
    size_t want = 4096;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        // One byte more than the size, so that the usual file ends with a single short read.
        want = (size_t)st.st_size + 1;
    }
    for (;;) {
        size_t room = buf->limit_bytes - buf->len;
        char *at = sj_buf_reserve(buf, want < room ? want : room);
        if (room == 0 || !at) {
            return -EFBIG;
        }
        ssize_t got = read(fd, at, want < room ? want : room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        at[got] = '\0';
        buf->len += (size_t)got;
        if (got == 0) {
            return 0;
        }
        want = want < 65536 ? 65536 : want;
    }
}

int sj_file_read(int dir_fd, const char *path, struct sj_buf *buf)
{
    SJ_AUTO(sj_auto_close) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : sj_fd_read(fd, buf);
}

// Whoever shares a terminal or pipe with us may have made it non-blocking.
static bool wait_for_room(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    return poll(&room, 1, -1) > 0 || errno == EINTR;
}

int sj_fd_write(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room(fd)))) {
            continue;
        }
        if (done < 0) {
            return -errno;
        }
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

int sj_dir_make(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0) {
        return 0;
    }
    if (errno == EEXIST) {
        struct stat st;
        return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
    }
    if (errno != ENOENT) {
        return -errno;
    }
    SJ_AUTO(sj_auto_free) char *above = sj_strdup(path);
    char *slash = strrchr(above, '/');
    if (!slash || slash == above) {
        return -ENOENT;
    }
    *slash = '\0';
    int status = sj_dir_make(above, mode);
    if (status < 0) {
        return status;
    }
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

int sj_tempfile_open(struct sj_tempfile *file, const char *target, mode_t mode)
{
    // Unique among the threads of this process; O_EXCL settles what a reused pid leaves behind.
    static atomic_uint serial;
    for (int attempt = 0; attempt < 100; attempt++) {
        unsigned mark = atomic_fetch_add(&serial, 1) + (unsigned)attempt * 7919;
        char *path = sj_asprintf("%s.sj%x-%x", target, (unsigned)getpid(), mark);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0) {
            *file = (struct sj_tempfile){.path = path, .target = sj_strdup(target), .fd = fd};
            return 0;
        }
        int status = -errno;
        free(path);
        if (status != -EEXIST) {
            return status;
        }
    }
    return -EEXIST;
}

int sj_tempfile_commit(struct sj_tempfile *file)
{
    int status = close(sj_take_fd(&file->fd)) < 0 ? -errno : 0;
    if (status == 0 && rename(file->path, file->target) < 0) {
        status = -errno;
    }
    if (status == 0) {
        free(sj_steal(file->path));
    }
    sj_tempfile_release(file);
    return status;
}

void sj_tempfile_release(struct sj_tempfile *file)
{
    if (!file) {
        return;
    }
    if (file->path) {
        if (file->fd >= 0) {
            (void)close(file->fd);
        }
        (void)unlink(file->path);
    }
    free(file->path);
    free(file->target);
    *file = (struct sj_tempfile){.fd = -1};
}

int sj_file_write(const char *path, mode_t mode, const void *data, size_t len)
{
    SJ_AUTO(sj_tempfile_release) struct sj_tempfile file = {0};
    int status = sj_tempfile_open(&file, path, mode);
    if (status < 0) {
        return status;
    }
    status = sj_fd_write(file.fd, data, len);
    return status < 0 ? status : sj_tempfile_commit(&file);
}
