// SPDX-License-Identifier: Apache-2.0
// Paths that are made, moved and removed, and the process's own directory.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "observe/preload.h"

static int report_removed(int dir_fd, const char *path, int result)
{
    if (sj_preload_is_on()) {
        if (result == 0) {
            sj_preload_report_at(SJ_EVENT_REMOVE, dir_fd, path, 0);
        } else {
            sj_preload_report_refusal(dir_fd, path, errno);
        }
    }
    return result;
}

static int report_made(int dir_fd, const char *path, int result)
{
    if (sj_preload_is_on()) {
        if (result == 0) {
            sj_preload_report_at(SJ_EVENT_WRITE, dir_fd, path, 0);
        } else {
            sj_preload_report_refusal(dir_fd, path, errno);
        }
    }
    return result;
}

/** The content behind a new name is that of the old one, so the old one is an input. */
static void report_source(int dir_fd, const char *path)
{
    if (!sj_preload_is_on()) {
        return;
    }
    int saved = errno;
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
    int fd = (int)syscall(SYS_openat, dir_fd, path, flags);
    if (fd < 0 && errno == ELOOP) {
        sj_preload_report_at(SJ_EVENT_LINK, dir_fd, path, 0);
    } else {
        sj_preload_report_open(dir_fd, path, flags, fd, ERROR_OF(fd));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = saved;
}

static int report_moved(int from_fd, const char *from, int to_fd, const char *to, int result)
{
    if (result == 0 && sj_preload_is_on()) {
        sj_preload_report_at(SJ_EVENT_REMOVE, from_fd, from, 0);
        sj_preload_report_at(SJ_EVENT_WRITE, to_fd, to, 0);
    }
    return result;
}

WRAP(int, unlink, (const char *path))
{
    return report_removed(AT_FDCWD, path, REAL(unlink)(path));
}

WRAP(int, unlinkat, (int dir_fd, const char *path, int flags))
{
    return report_removed(dir_fd, path, REAL(unlinkat)(dir_fd, path, flags));
}

WRAP(int, rmdir, (const char *path))
{
    return report_removed(AT_FDCWD, path, REAL(rmdir)(path));
}

WRAP(int, remove, (const char *path))
{
    return report_removed(AT_FDCWD, path, REAL(remove)(path));
}

WRAP(int, rename, (const char *from, const char *to))
{
    report_source(AT_FDCWD, from);
    return report_moved(AT_FDCWD, from, AT_FDCWD, to, REAL(rename)(from, to));
}

WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to))
{
    report_source(from_fd, from);
    return report_moved(from_fd, from, to_fd, to, REAL(renameat)(from_fd, from, to_fd, to));
}

WRAP(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags))
{
    report_source(from_fd, from);
    if (flags & RENAME_EXCHANGE) {
        report_source(to_fd, to);
    }
    int result =
        report_moved(from_fd, from, to_fd, to, REAL(renameat2)(from_fd, from, to_fd, to, flags));
    if (result == 0 && (flags & RENAME_EXCHANGE)) {
        (void)report_made(from_fd, from, 0);
    }
    return result;
}

WRAP(int, link, (const char *from, const char *to))
{
    report_source(AT_FDCWD, from);
    return report_made(AT_FDCWD, to, REAL(link)(from, to));
}

WRAP(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags))
{
    report_source(from_fd, from);
    return report_made(to_fd, to, REAL(linkat)(from_fd, from, to_fd, to, flags));
}

WRAP(int, symlink, (const char *target, const char *path))
{
    return report_made(AT_FDCWD, path, REAL(symlink)(target, path));
}

WRAP(int, symlinkat, (const char *target, int dir_fd, const char *path))
{
    return report_made(dir_fd, path, REAL(symlinkat)(target, dir_fd, path));
}

WRAP(int, mkdir, (const char *path, mode_t mode))
{
    return report_made(AT_FDCWD, path, REAL(mkdir)(path, mode));
}

WRAP(int, mkdirat, (int dir_fd, const char *path, mode_t mode))
{
    return report_made(dir_fd, path, REAL(mkdirat)(dir_fd, path, mode));
}

WRAP(int, mkfifo, (const char *path, mode_t mode))
{
    return report_made(AT_FDCWD, path, REAL(mkfifo)(path, mode));
}

#define WRAP_TRUNCATE(name, type)                                   \
    WRAP(int, name, (const char *path, type size))                  \
    {                                                               \
        report_source(AT_FDCWD, path);                              \
        return report_made(AT_FDCWD, path, REAL(name)(path, size)); \
    }

WRAP_TRUNCATE(truncate, off_t)
WRAP_TRUNCATE(truncate64, off64_t)

WRAP(int, chdir, (const char *path))
{
    int result = REAL(chdir)(path);
    if (sj_preload_is_on()) {
        sj_preload_report_look(AT_FDCWD, path, ERROR_OF(result));
        if (result == 0) {
            sj_preload_note_chdir();
        }
    }
    return result;
}

WRAP(int, fchdir, (int fd))
{
    int result = REAL(fchdir)(fd);
    if (result == 0 && sj_preload_is_on()) {
        sj_preload_note_chdir();
    }
    return result;
}

// A child of a process with many threads may find the loader's lock taken.
static void find_early(void)
{
    (void)REAL(chdir);
    (void)REAL(fchdir);
}

__attribute__((constructor)) static void prepare_forks(void)
{
    if (sj_preload_is_on()) {
        (void)pthread_atfork(find_early, NULL, NULL);
    }
}
