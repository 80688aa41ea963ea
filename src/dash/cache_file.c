// SPDX-License-Identifier: Apache-2.0
// What pages have worked out, as a file. Numbers are little-endian.
//
//   16 bytes  key of the format and of the program: a file of another one is begun anew
//   entries:  u32 length, 16 bytes key, 16 bytes XXH3-128 of length, key and bytes; the bytes
#include "dash/cache_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"

#define ENTRY_MAX ((size_t)1 << 30)

// What another program has worked out may be wrong for this one, be it of the same version: it is
// known by its file.
static struct sj_key header(void)
{
    struct {
        char text[32];
        uint64_t device, inode, size, seconds, nanoseconds;
    } told = {.text = "scrubjay pages 1, " SJ_VERSION};
    struct stat st;
    if (stat("/proc/self/exe", &st) == 0) {
        told.device = st.st_dev;
        told.inode = st.st_ino;
        told.size = (uint64_t)st.st_size;
        told.seconds = (uint64_t)st.st_mtim.tv_sec;
        told.nanoseconds = (uint64_t)st.st_mtim.tv_nsec;
    }
    return sj_key_of(&told, sizeof told);
}

static struct sj_key check_of(uint32_t len, const struct sj_key *key, const void *data)
{
    unsigned char told[4 + 2 * SJ_KEY_SIZE];
    struct sj_key of_data = sj_key_of(data, len);
    sj_put_u32(told, len);
    memcpy(told + 4, key->bytes, SJ_KEY_SIZE);
    memcpy(told + 4 + SJ_KEY_SIZE, of_data.bytes, SJ_KEY_SIZE);
    return sj_key_of(told, sizeof told);
}

// A link may lead anywhere, and a pipe would keep the reader waiting.
static int open_plain(const char *path, int flags)
{
    struct stat st;
    SJ_AUTO(sj_auto_close)
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? sj_take_fd(&fd) : -1;
}

static bool read_entry(struct sj_reader *reader, sj_cache_visit *visit, void *user)
{
    uint32_t len = sj_reader_u32(reader);
    const struct sj_key *key = sj_reader_take(reader, SJ_KEY_SIZE);
    const struct sj_key *check = sj_reader_take(reader, SJ_KEY_SIZE);
    const void *data = sj_reader_take(reader, len);
    if (reader->is_bad || !data) {
        return false;
    }
    struct sj_key wanted = check_of(len, key, data);
    if (!sj_key_eq(&wanted, check)) {
        return false;
    }
    visit(key, data, len, user);
    return true;
}

size_t sj_cache_file_read(const char *path, size_t limit, sj_cache_visit *visit, void *user)
{
    SJ_AUTO(sj_auto_close) int fd = open_plain(path, O_RDONLY);
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(limit);
    struct sj_key wanted = header();
    if (fd < 0 || sj_fd_read(fd, &bytes) < 0 || bytes.len < sizeof wanted ||
        memcmp(bytes.data, wanted.bytes, sizeof wanted.bytes) != 0) {
        return 0;
    }
    struct sj_reader reader = sj_reader_of(bytes.data, bytes.len);
    (void)sj_reader_take(&reader, sizeof wanted);
    const unsigned char *good = reader.at;
    while (read_entry(&reader, visit, user)) {
        good = reader.at;
    }
    return (size_t)(good - (const unsigned char *)bytes.data);
}

// The file for appending, if it is one of this version.
static int open_own(const char *path)
{
    unsigned char first[SJ_KEY_SIZE];
    struct sj_key wanted = header();
    SJ_AUTO(sj_auto_close) int fd = open_plain(path, O_RDWR | O_APPEND);
    bool is_own = fd >= 0 && pread(fd, first, sizeof first, 0) == (ssize_t)sizeof first &&
                  memcmp(first, wanted.bytes, sizeof first) == 0;
    return is_own ? sj_take_fd(&fd) : -1;
}

// Whole at once, so that nobody finds it without its header.
static void begin(struct sj_cache_file *file)
{
    struct sj_key first = header();
    if (sj_file_write(file->path, 0666, first.bytes, sizeof first.bytes) == 0) {
        file->fd = open_own(file->path);
    }
}

void sj_cache_file_open(struct sj_cache_file *file, size_t good)
{
    sj_cache_file_close(file);
    if (!file->path || file->is_read_only) {
        return;
    }
    file->fd = good > 0 ? open_own(file->path) : -1;
    struct stat st;
    if (file->fd < 0) {
        begin(file);
    } else if (fstat(file->fd, &st) < 0 || (size_t)st.st_size > good) {
        // What stood behind damage would never be found. Nothing is cut off: it may be that another
        // process is just writing.
        sj_cache_file_turn(file);
    }
}

// Another process may have begun a new file.
static bool is_gone(const struct sj_cache_file *file)
{
    struct stat st;
    return fstat(file->fd, &st) < 0 || st.st_nlink == 0;
}

void sj_cache_file_append(struct sj_cache_file *file, const struct sj_key *key, const void *data,
                          size_t len)
{
    if (file->fd >= 0 && is_gone(file)) {
        sj_cache_file_close(file);
        file->fd = open_own(file->path);
    }
    if (file->fd < 0 || len > ENTRY_MAX) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf entry = SJ_BUF_INIT(ENTRY_MAX + SJ_CACHE_ENTRY);
    struct sj_key check = check_of((uint32_t)len, key, data);
    sj_buf_add_u32(&entry, (uint32_t)len);
    sj_buf_add(&entry, key->bytes, SJ_KEY_SIZE);
    sj_buf_add(&entry, check.bytes, SJ_KEY_SIZE);
    sj_buf_add(&entry, data, len);
    // The disk is full, say: all is kept in memory alone from now on.
    if (write(file->fd, entry.data, entry.len) != (ssize_t)entry.len) {
        sj_cache_file_close(file);
    }
}

void sj_cache_file_turn(struct sj_cache_file *file)
{
    struct stat own;
    struct stat now;
    if (file->fd < 0) {
        return;
    }
    bool is_own = fstat(file->fd, &own) == 0 && lstat(file->path, &now) == 0 &&
                  own.st_dev == now.st_dev && own.st_ino == now.st_ino;
    sj_cache_file_close(file);
    if (!is_own) {
        file->fd = open_own(file->path);
        return;
    }
    SJ_AUTO(sj_auto_free) char *old = sj_asprintf("%s.old", file->path);
    if (rename(file->path, old) == 0) {
        begin(file);
    }
}

void sj_cache_file_close(struct sj_cache_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
        file->fd = -1;
    }
}
