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
    if (fstat(history->file.fd, &st) < 0) {
        return -errno;
    }
    uint64_t size = (uint64_t)st.st_size;
    if (size <= from) {
        return 0;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(FILE_LIMIT_BYTES);
    if (lseek(history->file.fd, (off_t)from, SEEK_SET) < 0) {
        return -errno;
    }
    int status = sj_fd_read(history->file.fd, &bytes);
    size_t used = 0;
    // Lists of what each path's changes are were made of less.
    sj_history_forget(history);
    if (status == 0) {
        status = sj_history_file_decode(history, bytes.data, bytes.len, from == 0, &used);
        history->file.len = from + used;
    }
    // It is a cache: what is no good is made again.
    if (status == -EBADMSG || status == -EPROTO || status == -EFBIG) {
        history->file.was_damaged = true;
        history->file.is_to_renew = status != -EBADMSG;
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
    int status = make_dir_of(history->file.path);
    int fd = status < 0 ? -1 : open(history->file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    status = status < 0 ? status : fd < 0 ? -errno : 0;
    history->file.is_writable = status == 0;
    if (is_no_place(status)) {
        fd = open(history->file.path, O_RDONLY | O_CLOEXEC);
        status = fd < 0 && !is_no_place(-errno) ? -errno : 0;
    }
    if (status == 0 && fd >= 0) {
        history->file.fd = fd;
        (void)flock(fd, LOCK_SH);
        status = read_from(history, 0);
        (void)flock(fd, LOCK_UN);
    }
    return status < 0 ? sj_fail(err, status, "cannot open '%s'", history->file.path) : 0;
}

// Whether the file is still the one that was read, only longer perhaps.
static bool is_same(struct sj_history *history)
{
    unsigned char header[24];
    struct stat st;
    uint64_t before = history->file.mark;
    size_t used;
    if (fstat(history->file.fd, &st) < 0 || (uint64_t)st.st_size < history->file.len) {
        return false;
    }
    if (history->file.len == 0) {
        return st.st_size == 0 || history->file.is_to_renew;
    }
    bool is_whole = pread(history->file.fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
                    sj_history_file_decode(history, header, sizeof header, true, &used) == 0;
    bool is = is_whole && history->file.mark == before;
    history->file.mark = before;
    return is;
}

int sj_history_file_lock(struct sj_history *history)
{
    if (history->file.fd < 0) {
        return 0;
    }
    while (flock(history->file.fd, history->file.is_writable ? LOCK_EX : LOCK_SH) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    // What the file has by now would have to follow what was read from it, and something else does;
    // or it is about to be written anew.
    struct sj_history_counts count = sj_history_count(history);
    if (history->file.was_damaged || history->file.is_to_renew ||
        memcmp(&count, &history->file.written, sizeof count) != 0) {
        return 0;
    }
    if (is_same(history)) {
        return read_from(history, history->file.len);
    }
    // Somebody began it anew.
    const struct sj_history_counts none = {0};
    sj_history_cut_to(history, &none);
    history->file.written = none;
    history->file.len = 0;
    return read_from(history, 0);
}

void sj_history_file_unlock(struct sj_history *history)
{
    if (history->file.fd >= 0) {
        (void)flock(history->file.fd, LOCK_UN);
    }
}

void sj_history_file_renew(struct sj_history *history)
{
    history->file.is_to_renew = true;
}

// The mark changes whenever bytes go: whoever has read them must know.
static int begin_anew(struct sj_history *history)
{
    SJ_AUTO(sj_buf_release) struct sj_buf header = SJ_BUF_INIT(64);
    history->file.mark = 0;
    (void)getrandom(&history->file.mark, sizeof history->file.mark, GRND_NONBLOCK);
    sj_history_part_header(history->file.mark, &header);
    if (ftruncate(history->file.fd, 0) < 0 || lseek(history->file.fd, 0, SEEK_SET) < 0) {
        return -errno;
    }
    history->file.written = (struct sj_history_counts){0};
    history->file.len = header.len;
    history->file.is_to_renew = false;
    history->file.was_damaged = false;
    return sj_fd_write(history->file.fd, header.data, header.len);
}

static int append_part(struct sj_history *history)
{
    SJ_AUTO(sj_buf_release) struct sj_buf part = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_history_file_encode(history, PART_COMMITS, &part);
    if (part.is_full) {
        return -EFBIG;
    }
    int status = sj_fd_write(history->file.fd, part.data, part.len);
    if (status == 0) {
        history->file.len += part.len;
    }
    return status;
}

void sj_history_file_append(struct sj_history *history)
{
    if (history->file.fd < 0 || !history->file.is_writable) {
        return;
    }
    int status = 0;
    if (history->file.was_damaged || history->file.is_to_renew || history->file.len == 0) {
        status = begin_anew(history);
    }
    if (status == 0 && lseek(history->file.fd, (off_t)history->file.len, SEEK_SET) < 0) {
        status = -errno;
    }
    while (status == 0 && history->file.written.commits < history->commit_count) {
        status = append_part(history);
    }
    if (status < 0) {
        // The disk is full, say. What is whole stays readable.
        (void)ftruncate(history->file.fd, (off_t)history->file.len);
        history->file.is_writable = false;
        history->file.is_to_renew = true;
    }
}
