// SPDX-License-Identifier: Apache-2.0
// Files that are opened: as descriptors, as streams, and as temporary files.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/preload.h"

// What _FORTIFY_SOURCE turns open() into when it sees no mode.
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir_fd, const char *path, int flags);
int __openat64_2(int dir_fd, const char *path, int flags);
int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);

static int report(int dir_fd, const char *path, int flags, int fd)
{
    if (sj_preload_is_on()) {
        sj_preload_report_open(dir_fd, path, flags, fd, ERROR_OF(fd));
    }
    return fd;
}

static bool has_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

#define WRAP_OPEN(name)                                 \
    WRAP(int, name, (const char *path, int flags, ...)) \
    {                                                   \
        mode_t mode = 0;                                \
        if (has_mode(flags)) {                          \
            va_list args;                               \
            va_start(args, flags);                      \
            mode = va_arg(args, mode_t);                \
            va_end(args);                               \
        }                                               \
        int fd = REAL(name)(path, flags, mode);         \
        return report(AT_FDCWD, path, flags, fd);       \
    }

#define WRAP_OPENAT(name)                                           \
    WRAP(int, name, (int dir_fd, const char *path, int flags, ...)) \
    {                                                               \
        mode_t mode = 0;                                            \
        if (has_mode(flags)) {                                      \
            va_list args;                                           \
            va_start(args, flags);                                  \
            mode = va_arg(args, mode_t);                            \
            va_end(args);                                           \
        }                                                           \
        int fd = REAL(name)(dir_fd, path, flags, mode);             \
        return report(dir_fd, path, flags, fd);                     \
    }

#define WRAP_OPEN_2(name)                                              \
    WRAP(int, name, (const char *path, int flags))                     \
    {                                                                  \
        return report(AT_FDCWD, path, flags, REAL(name)(path, flags)); \
    }

#define WRAP_OPENAT_2(name)                                                  \
    WRAP(int, name, (int dir_fd, const char *path, int flags))               \
    {                                                                        \
        return report(dir_fd, path, flags, REAL(name)(dir_fd, path, flags)); \
    }

#define WRAP_CREAT(name)                                                                     \
    WRAP(int, name, (const char *path, mode_t mode))                                         \
    {                                                                                        \
        return report(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, REAL(name)(path, mode)); \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPEN(__open)
WRAP_OPEN(__open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
WRAP_OPEN_2(__open_2)
WRAP_OPEN_2(__open64_2)
WRAP_OPENAT_2(__openat_2)
WRAP_OPENAT_2(__openat64_2)
WRAP_CREAT(creat)
WRAP_CREAT(creat64)

static int flags_of_mode(const char *mode)
{
    bool is_both = false;
    for (const char *at = mode; *at && *at != ','; at++) {
        is_both |= *at == '+';
    }
    switch (*mode) {
    case 'w':
        return O_CREAT | O_TRUNC | (is_both ? O_RDWR : O_WRONLY);
    case 'a':
        return O_CREAT | O_APPEND | (is_both ? O_RDWR : O_WRONLY);
    default:
        return is_both ? O_RDWR : O_RDONLY;
    }
}

static FILE *report_stream(const char *path, const char *mode, FILE *stream)
{
    if (sj_preload_is_on()) {
        int error = errno;
        int fd = stream ? fileno(stream) : -1;
        sj_preload_report_open(AT_FDCWD, path, flags_of_mode(mode), fd, error);
        errno = error;
    }
    return stream;
}

#define WRAP_FOPEN(name)                                          \
    WRAP(FILE *, name, (const char *path, const char *mode))      \
    {                                                             \
        return report_stream(path, mode, REAL(name)(path, mode)); \
    }

#define WRAP_FREOPEN(name)                                                 \
    WRAP(FILE *, name, (const char *path, const char *mode, FILE *stream)) \
    {                                                                      \
        FILE *opened = REAL(name)(path, mode, stream);                     \
        return path ? report_stream(path, mode, opened) : opened;          \
    }

WRAP_FOPEN(fopen)
WRAP_FOPEN(fopen64)
WRAP_FREOPEN(freopen)
WRAP_FREOPEN(freopen64)

static int report_made(const char *path, int fd)
{
    if (fd >= 0 && sj_preload_is_on()) {
        sj_preload_report_at(SJ_EVENT_WRITE, AT_FDCWD, path, 0);
    }
    return fd;
}

#define WRAP_MKSTEMP(name)                          \
    WRAP(int, name, (char *path))                   \
    {                                               \
        return report_made(path, REAL(name)(path)); \
    }

#define WRAP_MKSTEMP_INT(name)                              \
    WRAP(int, name, (char *path, int number))               \
    {                                                       \
        return report_made(path, REAL(name)(path, number)); \
    }

#define WRAP_MKSTEMPS_INT(name)                                        \
    WRAP(int, name, (char *path, int suffix_len, int flags))           \
    {                                                                  \
        return report_made(path, REAL(name)(path, suffix_len, flags)); \
    }

WRAP_MKSTEMP(mkstemp)
WRAP_MKSTEMP(mkstemp64)
WRAP_MKSTEMP_INT(mkostemp)
WRAP_MKSTEMP_INT(mkostemp64)
WRAP_MKSTEMP_INT(mkstemps)
WRAP_MKSTEMP_INT(mkstemps64)
WRAP_MKSTEMPS_INT(mkostemps)
WRAP_MKSTEMPS_INT(mkostemps64)

WRAP(char *, mkdtemp, (char *path))
{
    char *made = REAL(mkdtemp)(path);
    (void)report_made(path, made ? 0 : -1);
    return made;
}

// A child of a process with many threads may find the loader's lock taken.
static void find_early(void)
{
    (void)REAL(open);
    (void)REAL(open64);
}

__attribute__((constructor)) static void prepare_forks(void)
{
    if (sj_preload_is_on()) {
        (void)pthread_atfork(find_early, NULL, NULL);
    }
}
