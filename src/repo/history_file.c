// SPDX-License-Identifier: Apache-2.0
#include "repo/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

// One write() each; a history of a hundred thousand commits has some tens of them.
#define PART_COMMITS 8192

#define FILE_LIMIT_BYTES ((size_t)4 << 30)

// The bytes of the file from one place to its end, into the history.
static int read_from(struct sj_history *history, uint64_t from)
{
    struct stat st;
    if (fstat(history->cache_fd, &st) < 0) {
        return -errno;
    }
    uint64_t size = (uint64_t)st.st_size;
    if (size <= from) {
        return 0;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(FILE_LIMIT_BYTES);
    if (lseek(history->cache_fd, (off_t)from, SEEK_SET) < 0) {
        return -errno;
    }
    int status = sj_fd_read(history->cache_fd, &bytes);
    size_t used = 0;
    if (status == 0) {
        status = sj_history_file_decode(history, bytes.data, bytes.len, from == 0, &used);
        history->cache_len = from + used;
    }
    // It is a cache: what is no good is made again.
    if (status == -EBADMSG || status == -EPROTO || status == -EFBIG) {
        history->was_damaged = true;
        history->is_to_renew = status != -EBADMSG;
        status = 0;
    }
    return status;
}

// A place where nothing can be written is no reason to fail.
static bool is_no_place(int status)
{
    return status == -EACCES || status == -EROFS || status == -EPERM || status == -ENOENT;
}

static int make_dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return 0;
    }
    SJ_AUTO(sj_auto_free) char *dir = sj_strndup(path, (size_t)(slash - path));
    return sj_dir_make(dir, 0777);
}

int sj_history_file_open(struct sj_history *history, struct sj_err *err)
{
    int status = make_dir_of(history->cache);
    int fd = status < 0 ? -1 : open(history->cache, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    status = status < 0 ? status : fd < 0 ? -errno : 0;
    history->is_writable = status == 0;
    if (is_no_place(status)) {
        fd = open(history->cache, O_RDONLY | O_CLOEXEC);
        status = fd < 0 && !is_no_place(-errno) ? -errno : 0;
    }
    if (status == 0 && fd >= 0) {
        history->cache_fd = fd;
        (void)flock(fd, LOCK_SH);
        status = read_from(history, 0);
        (void)flock(fd, LOCK_UN);
    }
    return status < 0 ? sj_fail(err, status, "cannot open '%s'", history->cache) : 0;
}

// Whether the file is still the one that was read, only longer perhaps.
static bool is_same(struct sj_history *history)
{
    unsigned char header[24];
    struct stat st;
    uint64_t before = history->mark;
    size_t used;
    if (fstat(history->cache_fd, &st) < 0 || (uint64_t)st.st_size < history->cache_len) {
        return false;
    }
    if (history->cache_len == 0) {
        return st.st_size == 0 || history->is_to_renew;
    }
    bool is_whole = pread(history->cache_fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
                    sj_history_file_decode(history, header, sizeof header, true, &used) == 0;
    bool is = is_whole && history->mark == before;
    history->mark = before;
    return is;
}

int sj_history_file_lock(struct sj_history *history)
{
    if (history->cache_fd < 0) {
        return 0;
    }
    while (flock(history->cache_fd, history->is_writable ? LOCK_EX : LOCK_SH) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    if (history->was_damaged) {
        return 0; // what is behind the damage is about to be cut off
    }
    if (is_same(history)) {
        return read_from(history, history->cache_len);
    }
    // Somebody began it anew.
    const struct sj_history_counts none = {0};
    sj_history_cut_to(history, &none);
    history->written = none;
    history->cache_len = 0;
    return read_from(history, 0);
}

void sj_history_file_unlock(struct sj_history *history)
{
    if (history->cache_fd >= 0) {
        (void)flock(history->cache_fd, LOCK_UN);
    }
}

void sj_history_file_renew(struct sj_history *history)
{
    history->is_to_renew = true;
}

// The mark changes whenever bytes go: whoever has read them must know.
static int begin_anew(struct sj_history *history)
{
    SJ_AUTO(sj_buf_release) struct sj_buf header = SJ_BUF_INIT(64);
    history->mark = 0;
    (void)getrandom(&history->mark, sizeof history->mark, GRND_NONBLOCK);
    sj_history_part_header(history->mark, &header);
    if (ftruncate(history->cache_fd, 0) < 0 || lseek(history->cache_fd, 0, SEEK_SET) < 0) {
        return -errno;
    }
    history->written = (struct sj_history_counts){0};
    history->cache_len = header.len;
    history->is_to_renew = false;
    history->was_damaged = false;
    return sj_fd_write(history->cache_fd, header.data, header.len);
}

static int append_part(struct sj_history *history)
{
    SJ_AUTO(sj_buf_release) struct sj_buf part = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_history_file_encode(history, PART_COMMITS, &part);
    if (part.is_full) {
        return -EFBIG;
    }
    int status = sj_fd_write(history->cache_fd, part.data, part.len);
    if (status == 0) {
        history->cache_len += part.len;
    }
    return status;
}

void sj_history_file_append(struct sj_history *history)
{
    if (history->cache_fd < 0 || !history->is_writable) {
        return;
    }
    int status = 0;
    if (history->was_damaged || history->is_to_renew || history->cache_len == 0) {
        status = begin_anew(history);
    }
    if (status == 0 && lseek(history->cache_fd, (off_t)history->cache_len, SEEK_SET) < 0) {
        status = -errno;
    }
    while (status == 0 && history->written.commits < history->commit_count) {
        status = append_part(history);
    }
    if (status < 0) {
        // The disk is full, say. What is whole stays readable.
        (void)ftruncate(history->cache_fd, (off_t)history->cache_len);
        history->is_writable = false;
    }
}
