// SPDX-License-Identifier: Apache-2.0
#include "repo/wipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

// Each takes a descriptor while it is emptied.
#define DEPTH_MAX 400

static int wipe(int dir_fd, const char *name, unsigned depth);

static int empty_dir(int fd, unsigned depth)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return -errno;
    }
    int status = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        int failed = wipe(dirfd(dir), entry->d_name, depth + 1);
        status = status < 0 ? status : failed;
    }
    return status;
}

static int wipe(int dir_fd, const char *name, unsigned depth)
{
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    int status = -errno;
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
        return status;
    }
    if (depth > DEPTH_MAX) {
        return -ELOOP;
    }
    if ((st.st_mode & 0700u) != 0700u) {
        (void)fchmodat(dir_fd, name, 0700, 0);
    }
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    status = empty_dir(fd, depth);
    return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 ? 0 : status < 0 ? status : -errno;
}

int sj_wipe(int dir_fd, const char *name)
{
    return wipe(dir_fd, name, 0);
}
