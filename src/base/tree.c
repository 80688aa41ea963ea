// SPDX-License-Identifier: Apache-2.0
// Removal of directory trees, those without write permission too: Go's module cache is made of
// them.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

// Each takes a descriptor while it is emptied.
#define DEPTH_MAX 400

/** A removal under way. */
struct removal {
    dev_t dev;      // of what is removed: what is mounted in it stays
    unsigned depth; // below its top
};

static int remove_entry(int dir_fd, const char *name, const struct removal *above);

static int empty_dir(int fd, const struct removal *removal)
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
        int failed = remove_entry(dirfd(dir), entry->d_name, removal);
        status = status < 0 ? status : failed;
    }
    return status;
}

static int remove_entry(int dir_fd, const char *name, const struct removal *above)
{
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    int status = -errno;
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
        return status;
    }
    const struct removal own = {st.st_dev, above ? above->depth + 1 : 0};
    if (own.depth > DEPTH_MAX) {
        return -ELOOP;
    }
    if (above && above->dev != own.dev) {
        return -EXDEV;
    }
    if ((st.st_mode & 0700u) != 0700u) {
        (void)fchmodat(dir_fd, name, 0700, 0);
    }
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    status = empty_dir(fd, &own);
    return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 ? 0 : status < 0 ? status : -errno;
}

int sj_tree_remove_at(int dir_fd, const char *name)
{
    return remove_entry(dir_fd, name, NULL);
}

int sj_tree_remove(const char *path)
{
    return sj_tree_remove_at(AT_FDCWD, path);
}
