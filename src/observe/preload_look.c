// SPDX-License-Identifier: Apache-2.0
// Paths that are looked at without being opened, and directories whose names are read.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/preload.h"

// What stat() was before glibc 2.33, and what _FORTIFY_SOURCE makes of the others.
int __xstat(int version, const char *path, struct stat *out);
int __lxstat(int version, const char *path, struct stat *out);
int __xstat64(int version, const char *path, struct stat64 *out);
int __lxstat64(int version, const char *path, struct stat64 *out);
int __fxstatat(int version, int dir_fd, const char *path, struct stat *out, int flags);
int __fxstatat64(int version, int dir_fd, const char *path, struct stat64 *out, int flags);
ssize_t __readlink_chk(const char *path, char *buffer, size_t len, size_t size);
ssize_t __readlinkat_chk(int dir_fd, const char *path, char *buffer, size_t len, size_t size);
char *__realpath_chk(const char *path, char *resolved, size_t size);

static int report(int dir_fd, const char *path, int result)
{
    if (sj_preload_is_on()) {
        sj_preload_report_look(dir_fd, path, ERROR_OF(result));
    }
    return result;
}

// Compilers search a directory that has two names but once, so which one it is counts.
#define REPORT_STAT(path, result, out)                                             \
    do {                                                                           \
        if ((result) == 0 && S_ISDIR((out)->st_mode) && sj_preload_is_on()) {      \
            sj_preload_report_dir(AT_FDCWD, (path), (out)->st_dev, (out)->st_ino); \
        } else {                                                                   \
            (void)report(AT_FDCWD, (path), (result));                              \
        }                                                                          \
    } while (0)

#define WRAP_STAT(name, type)                             \
    WRAP(int, name, (const char *path, struct type *out)) \
    {                                                     \
        int result = REAL(name)(path, out);               \
        REPORT_STAT(path, result, out);                   \
        return result;                                    \
    }

#define WRAP_XSTAT(name, type)                                         \
    WRAP(int, name, (int version, const char *path, struct type *out)) \
    {                                                                  \
        int result = REAL(name)(version, path, out);                   \
        REPORT_STAT(path, result, out);                                \
        return result;                                                 \
    }

#define WRAP_FSTATAT(name, type)                                                 \
    WRAP(int, name, (int dir_fd, const char *path, struct type *out, int flags)) \
    {                                                                            \
        return report(dir_fd, path, REAL(name)(dir_fd, path, out, flags));       \
    }

#define WRAP_FXSTATAT(name, type)                                                             \
    WRAP(int, name, (int version, int dir_fd, const char *path, struct type *out, int flags)) \
    {                                                                                         \
        return report(dir_fd, path, REAL(name)(version, dir_fd, path, out, flags));           \
    }

WRAP_STAT(stat, stat)
WRAP_STAT(lstat, stat)
WRAP_STAT(stat64, stat64)
WRAP_STAT(lstat64, stat64)
WRAP_XSTAT(__xstat, stat)
WRAP_XSTAT(__lxstat, stat)
WRAP_XSTAT(__xstat64, stat64)
WRAP_XSTAT(__lxstat64, stat64)
WRAP_FSTATAT(fstatat, stat)
WRAP_FSTATAT(fstatat64, stat64)
WRAP_FXSTATAT(__fxstatat, stat)
WRAP_FXSTATAT(__fxstatat64, stat64)

WRAP(int, statx, (int dir_fd, const char *path, int flags, unsigned mask, struct statx *out))
{
    return report(dir_fd, path, REAL(statx)(dir_fd, path, flags, mask, out));
}

// Whether a path can be written is a question about an output.
static int report_access(int dir_fd, const char *path, int mode, int result)
{
    if (sj_preload_is_on()) {
        if (result < 0 && (mode & W_OK)) {
            sj_preload_report_refusal(dir_fd, path, errno);
        } else {
            sj_preload_report_look(dir_fd, path, ERROR_OF(result));
        }
    }
    return result;
}

#define WRAP_ACCESS(name)                                                   \
    WRAP(int, name, (const char *path, int mode))                           \
    {                                                                       \
        return report_access(AT_FDCWD, path, mode, REAL(name)(path, mode)); \
    }

WRAP_ACCESS(access)
WRAP_ACCESS(eaccess)
WRAP_ACCESS(euidaccess)

WRAP(int, faccessat, (int dir_fd, const char *path, int mode, int flags))
{
    return report_access(dir_fd, path, mode, REAL(faccessat)(dir_fd, path, mode, flags));
}

static ssize_t report_link(int dir_fd, const char *path, ssize_t len)
{
    if (sj_preload_is_on()) {
        if (len >= 0) {
            sj_preload_report_at(SJ_EVENT_LINK, dir_fd, path, 0);
        } else {
            // EINVAL: it is there, and no link.
            sj_preload_report_look(dir_fd, path, errno == EINVAL ? 0 : errno);
        }
    }
    return len;
}

WRAP(ssize_t, readlink, (const char *path, char *buffer, size_t size))
{
    return report_link(AT_FDCWD, path, REAL(readlink)(path, buffer, size));
}

WRAP(ssize_t, readlinkat, (int dir_fd, const char *path, char *buffer, size_t size))
{
    return report_link(dir_fd, path, REAL(readlinkat)(dir_fd, path, buffer, size));
}

WRAP(ssize_t, __readlink_chk, (const char *path, char *buffer, size_t len, size_t size))
{
    return report_link(AT_FDCWD, path, REAL(__readlink_chk)(path, buffer, len, size));
}

WRAP(ssize_t, __readlinkat_chk,
     (int dir_fd, const char *path, char *buffer, size_t len, size_t size))
{
    return report_link(dir_fd, path, REAL(__readlinkat_chk)(dir_fd, path, buffer, len, size));
}

static char *report_resolved(const char *path, char *resolved)
{
    if (!sj_preload_is_on()) {
        return resolved;
    }
    if (!resolved) {
        sj_preload_report_look(AT_FDCWD, path, errno);
    } else if (strcmp(path, resolved) == 0) {
        sj_preload_report_look(AT_FDCWD, path, 0);
    } else {
        sj_preload_report_at(SJ_EVENT_LINK, AT_FDCWD, path, 0);
        sj_preload_report_look(AT_FDCWD, resolved, 0);
    }
    return resolved;
}

WRAP(char *, realpath, (const char *path, char *resolved))
{
    return report_resolved(path, REAL(realpath)(path, resolved));
}

WRAP(char *, canonicalize_file_name, (const char *path))
{
    return report_resolved(path, REAL(canonicalize_file_name)(path));
}

WRAP(char *, __realpath_chk, (const char *path, char *resolved, size_t size))
{
    return report_resolved(path, REAL(__realpath_chk)(path, resolved, size));
}

static bool report_listed(int dir_fd, const char *path, bool is_open)
{
    if (sj_preload_is_on()) {
        if (is_open) {
            sj_preload_report_at(SJ_EVENT_LIST, dir_fd, path, 0);
        } else {
            // It may well be there, and no directory.
            sj_preload_report_look(dir_fd, path, errno == ENOTDIR ? 0 : errno);
        }
    }
    return is_open;
}

WRAP(DIR *, opendir, (const char *path))
{
    DIR *dir = REAL(opendir)(path);
    (void)report_listed(AT_FDCWD, path, dir != NULL);
    return dir;
}

WRAP(DIR *, fdopendir, (int fd))
{
    DIR *dir = REAL(fdopendir)(fd);
    if (dir && sj_preload_is_on()) {
        sj_preload_report_list(fd);
    }
    return dir;
}

WRAP(ssize_t, getdents64, (int fd, void *buffer, size_t len))
{
    ssize_t got = REAL(getdents64)(fd, buffer, len);
    if (got >= 0 && sj_preload_is_on()) {
        sj_preload_report_list(fd);
    }
    return got;
}

#define WRAP_SCANDIR(name, type)                                                   \
    WRAP(int, name,                                                                \
         (const char *path, struct type ***list, int (*pick)(const struct type *), \
          int (*compare)(const struct type **, const struct type **)))             \
    {                                                                              \
        int count = REAL(name)(path, list, pick, compare);                         \
        (void)report_listed(AT_FDCWD, path, count >= 0);                           \
        return count;                                                              \
    }

#define WRAP_SCANDIRAT(name, type)                                                             \
    WRAP(int, name,                                                                            \
         (int dir_fd, const char *path, struct type ***list, int (*pick)(const struct type *), \
          int (*compare)(const struct type **, const struct type **)))                         \
    {                                                                                          \
        int count = REAL(name)(dir_fd, path, list, pick, compare);                             \
        (void)report_listed(dir_fd, path, count >= 0);                                         \
        return count;                                                                          \
    }

WRAP_SCANDIR(scandir, dirent)
WRAP_SCANDIR(scandir64, dirent64)
WRAP_SCANDIRAT(scandirat, dirent)
WRAP_SCANDIRAT(scandirat64, dirent64)

// These walk through trees inside libc, where nothing can be seen.
static void report_walk(const char *name)
{
    if (sj_preload_is_on()) {
        sj_preload_report(SJ_EVENT_FAILURE, name, 0);
    }
}

#define WRAP_GLOB(name, type)                                                             \
    WRAP(int, name,                                                                       \
         (const char *pattern, int flags, int (*on_error)(const char *, int), type *out)) \
    {                                                                                     \
        report_walk("glob() reads directories inside libc");                              \
        return REAL(name)(pattern, flags, on_error, out);                                 \
    }

#define WRAP_FTW(name, function)                                   \
    WRAP(int, name, (const char *path, function visit, int depth)) \
    {                                                              \
        report_walk("ftw() reads directories inside libc");        \
        return REAL(name)(path, visit, depth);                     \
    }

#define WRAP_NFTW(name, function)                                             \
    WRAP(int, name, (const char *path, function visit, int depth, int flags)) \
    {                                                                         \
        report_walk("nftw() reads directories inside libc");                  \
        return REAL(name)(path, visit, depth, flags);                         \
    }

WRAP_GLOB(glob, glob_t)
WRAP_GLOB(glob64, glob64_t)
WRAP_FTW(ftw, __ftw_func_t)
WRAP_FTW(ftw64, __ftw64_func_t)
WRAP_NFTW(nftw, __nftw_func_t)
WRAP_NFTW(nftw64, __nftw64_func_t)
