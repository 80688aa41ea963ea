// SPDX-License-Identifier: Apache-2.0
#include "cli/links.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "wrap/link.h"

/** A directory of PATH and its mirror. */
struct mirror {
    DIR *dir;                /**< the compilers' directory */
    char *path;              /**< its path */
    char *link_path;         /**< path of the mirror */
    int link_fd;             /**< the mirror; -1: not there yet */
    const struct stat *self; /**< of the wrapper */
};

static void release_mirror(struct mirror *mirror)
{
    sj_auto_closedir(&mirror->dir);
    sj_auto_close(&mirror->link_fd);
    free(mirror->path);
    free(mirror->link_path);
}

// What a link called gcc leads to may be ccache, distcc or icecc: then its name tells.
static bool leads_to_compiler(const struct sj_links *links, const char *path)
{
    SJ_AUTO(sj_auto_free) char *target = realpath(path, NULL);
    const char *slash = target ? strrchr(target, '/') : NULL;
    return slash && links->claims(slash + 1);
}

// A script called gcc decides by itself what to run, with what; that cannot be known from its name.
static bool is_script(int dir_fd, const char *name)
{
    SJ_AUTO(sj_auto_close) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char start[2];
    return fd >= 0 && read(fd, start, sizeof start) == (ssize_t)sizeof start && start[0] == '#' &&
           start[1] == '!';
}

static bool is_compiler(const struct sj_links *links, const struct mirror *mirror, const char *name)
{
    struct stat st;
    int dir_fd = dirfd(mirror->dir);
    if (!links->claims(name) || fstatat(dir_fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
        faccessat(dir_fd, name, X_OK, AT_EACCESS) < 0) {
        return false;
    }
    if (st.st_dev == mirror->self->st_dev && st.st_ino == mirror->self->st_ino) {
        return false;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", mirror->path, name);
    return leads_to_compiler(links, path) && !is_script(dir_fd, name);
}

static bool points_to(int dir_fd, const char *name, const char *target)
{
    char text[PATH_MAX];
    ssize_t len = readlinkat(dir_fd, name, text, sizeof text);
    return len >= 0 && (size_t)len == strlen(target) && memcmp(text, target, (size_t)len) == 0;
}

// Another run may be doing the same: whoever comes last replaces a link by an equal one.
static int place_link(const struct mirror *mirror, const char *name, const char *target)
{
    if (points_to(mirror->link_fd, name, target)) {
        return 0;
    }
    char aside[NAME_MAX + 1];
    int len = snprintf(aside, sizeof aside, ".%ld.%s", (long)getpid(), name);
    if (len < 0 || (size_t)len >= sizeof aside) {
        return -ENAMETOOLONG;
    }
    (void)unlinkat(mirror->link_fd, aside, 0);
    if (symlinkat(target, mirror->link_fd, aside) < 0) {
        return -errno;
    }
    if (renameat(mirror->link_fd, aside, mirror->link_fd, name) < 0) {
        int status = -errno;
        (void)unlinkat(mirror->link_fd, aside, 0);
        return status;
    }
    return 0;
}

static int open_mirror(struct mirror *mirror)
{
    if (mirror->link_fd >= 0) {
        return 0;
    }
    int status = sj_dir_make(mirror->link_path, 0777);
    if (status < 0) {
        return status;
    }
    mirror->link_fd = open(mirror->link_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return mirror->link_fd < 0 ? -errno : 0;
}

static int make_links(struct sj_links *links, struct mirror *mirror)
{
    const struct dirent *entry;
    while ((entry = readdir(mirror->dir))) {
        if (!is_compiler(links, mirror, entry->d_name)) {
            continue;
        }
        int status = open_mirror(mirror);
        if (status == 0) {
            status = place_link(mirror, entry->d_name, links->wrapper);
        }
        if (status < 0) {
            return status;
        }
        links->count++;
    }
    return 0;
}

static bool is_link(int dir_fd, const char *name)
{
    char first;
    return readlinkat(dir_fd, name, &first, sizeof first) >= 0;
}

// A link whose compiler was uninstalled would make a configure script believe in it.
static int remove_stale(const struct sj_links *links, struct mirror *mirror)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir(mirror->link_path);
    if (!dir) {
        return errno == ENOENT ? 0 : -errno;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        const char *name = entry->d_name;
        // A dot begins what another run is about to rename.
        if (name[0] != '.' && is_link(dirfd(dir), name) && !is_compiler(links, mirror, name) &&
            unlinkat(dirfd(dir), name, 0) < 0 && errno != ENOENT) {
            return -errno;
        }
    }
    return 0;
}

static int open_compilers(const struct sj_links *links, const char *path, const struct stat *self,
                          struct mirror *out)
{
    *out = (struct mirror){.link_fd = -1, .self = self};
    out->dir = opendir(path);
    if (!out->dir) {
        return -errno;
    }
    out->path = sj_strdup(path);
    out->link_path = sj_asprintf("%s/" SJ_LINK_DIR "%s", links->cache_dir, path);
    return 0;
}

static int stat_wrapper(const struct sj_links *links, struct stat *out, struct sj_err *err)
{
    return stat(links->wrapper, out) < 0 ? sj_fail(err, -errno, "find '%s'", links->wrapper) : 0;
}

// PATH entries as they are, so that a link such as /opt/toolchain/current is followed whenever it
// is used; only what a path below the mirror could not hold is resolved.
static char *clean_dir(const char *data, size_t len)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_strndup(data, len);
    while (len > 1 && dir[len - 1] == '/') {
        dir[--len] = '\0';
    }
    if (dir[0] != '/' || len < 2) {
        return NULL;
    }
    bool is_plain = !strstr(dir, "//") && !strstr(dir, "/./") && !strstr(dir, "/../") &&
                    !sj_has_suffix(dir, "/.") && !sj_has_suffix(dir, "/..");
    return is_plain ? sj_steal(dir) : realpath(dir, NULL);
}

static bool is_known(const struct stat *known, size_t count, const struct stat *st)
{
    for (size_t i = 0; i < count; i++) {
        if (known[i].st_dev == st->st_dev && known[i].st_ino == st->st_ino) {
            return true;
        }
    }
    return false;
}

static void add_path(struct sj_buf *path, const char *data, size_t len)
{
    if (path->data) {
        sj_buf_addc(path, ':');
    }
    sj_buf_add(path, data, len);
}

static int update_dir(struct sj_links *links, const char *dir, const struct stat *self,
                      struct sj_buf *out, struct sj_err *err)
{
    SJ_AUTO(release_mirror) struct mirror mirror;
    if (open_compilers(links, dir, self, &mirror) < 0) {
        return 0;
    }
    int status = make_links(links, &mirror);
    if (status == 0) {
        status = remove_stale(links, &mirror);
    }
    if (status < 0) {
        return sj_fail(err, status, "make links in '%s'", mirror.link_path);
    }
    if (mirror.link_fd >= 0) {
        add_path(out, mirror.link_path, strlen(mirror.link_path));
    }
    return 0;
}

int sj_links_update(struct sj_links *links, const char *path, struct sj_buf *out,
                    struct sj_err *err)
{
    struct stat self;
    int status = stat_wrapper(links, &self, err);
    if (status < 0) {
        return status;
    }

    SJ_AUTO(sj_buf_release) struct sj_buf rest = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf found = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct stat known[64];
    size_t known_count = 0;
    for (const char *at = path, *next; at; at = next) {
        const char *end = strchrnul(at, ':');
        next = *end ? end + 1 : NULL;
        SJ_AUTO(sj_auto_free) char *dir = clean_dir(at, (size_t)(end - at));
        if (dir && sj_link_origin(dir)) {
            continue;
        }
        add_path(&rest, at, (size_t)(end - at));
        struct stat st;
        if (!dir || stat(dir, &st) < 0 || is_known(known, known_count, &st)) {
            continue;
        }
        if (known_count < sizeof known / sizeof known[0]) {
            known[known_count++] = st;
        }
        status = update_dir(links, dir, &self, &found, err);
        if (status < 0) {
            return status;
        }
    }
    if (found.data) {
        sj_buf_add(out, found.data, found.len);
        sj_buf_addc(out, ':');
    }
    sj_buf_adds(out, sj_buf_text(&rest));
    return 0;
}

bool sj_links_replace(struct sj_links *links, const char *command, struct sj_buf *out,
                      struct sj_err *err)
{
    struct stat self;
    size_t len = strcspn(command, " \t");
    SJ_AUTO(sj_auto_free) char *file = sj_strndup(command, len);
    char *slash = strrchr(file, '/');
    if (file[0] != '/' || sj_link_origin(file) || stat_wrapper(links, &self, err) < 0) {
        return false;
    }
    SJ_AUTO(sj_auto_free) char *dir = clean_dir(file, (size_t)(slash - file));
    SJ_AUTO(release_mirror) struct mirror mirror = {.link_fd = -1};
    const char *name = slash + 1;
    if (!dir || open_compilers(links, dir, &self, &mirror) < 0 ||
        !is_compiler(links, &mirror, name)) {
        return false;
    }
    int status = open_mirror(&mirror);
    if (status == 0) {
        status = place_link(&mirror, name, links->wrapper);
    }
    if (status < 0) {
        (void)sj_fail(err, status, "make links in '%s'", mirror.link_path);
        return false;
    }
    links->count++;
    sj_buf_addf(out, "%s/%s%s", mirror.link_path, name, command + len);
    return true;
}
