// SPDX-License-Identifier: Apache-2.0
#include "wrap/tool.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "key/key.h"

extern const struct sj_toolchain sj_toolchain_clang;
extern const struct sj_toolchain sj_toolchain_gcc;

// The more specific families first: gcc also claims the plain names cc and c++.
static const struct sj_toolchain *const toolchains[] = {
    &sj_toolchain_clang,
    &sj_toolchain_gcc,
};

const struct sj_toolchain *sj_toolchain_at(size_t index)
{
    return index < sizeof toolchains / sizeof toolchains[0] ? toolchains[index] : NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const struct sj_toolchain *sj_toolchain_find(const char *name)
{
    name = base_name(name);
    for (size_t i = 0; i < sizeof toolchains / sizeof toolchains[0]; i++) {
        if (toolchains[i]->abi == SJ_TOOLCHAIN_ABI && toolchains[i]->claims(name)) {
            return toolchains[i];
        }
    }
    return NULL;
}

static bool is_program(struct sj_tool *tool)
{
    return sj_filestat_get(AT_FDCWD, tool->path, &tool->stat) == 0 && S_ISREG(tool->stat.mode) &&
           (tool->stat.mode & 0111);
}

bool sj_tool_next(struct sj_tool *tool, const char *name, const char *path)
{
    if (strchr(name, '/')) {
        if (tool->path[0] || strlen(name) >= sizeof tool->path) {
            return false;
        }
        memcpy(tool->path, name, strlen(name) + 1);
        return is_program(tool);
    }
    size_t name_len = strlen(name);
    const char *at = tool->path[0] ? tool->rest : path;
    while (at) {
        const char *end = strchrnul(at, ':');
        const char *next = *end ? end + 1 : NULL;
        size_t len = (size_t)(end - at);
        if (len + 1 + name_len < sizeof tool->path) {
            // An empty entry means the working directory, see execvp(3).
            size_t used = len ? len : 1;
            memcpy(tool->path, len ? at : ".", used);
            tool->path[used] = '/';
            memcpy(tool->path + used + 1, name, name_len + 1);
            if (is_program(tool)) {
                tool->rest = next;
                return true;
            }
        }
        at = next;
    }
    return false;
}

// Follow a chain of links to the name at its end, which tells what a multi-name program is.
static bool final_name(const char *path, char out[PATH_MAX])
{
    return realpath(path, out) != NULL;
}

static bool has_content_of(const char *path, const struct sj_key *key)
{
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct sj_key other;
    return fd >= 0 && sj_key_of_fd(fd, &other, NULL) == 0 && sj_key_eq(&other, key);
}

// A path of this program. Without /proc (a bare chroot) it is the one that the kernel was given.
static const char *find_self(struct sj_filestat *stat)
{
    static const char link[] = "/proc/self/exe";
    const char *path = link;
    if (sj_filestat_get(AT_FDCWD, path, stat) < 0 || stat->mode == 0) {
        path = (const char *)getauxval(AT_EXECFN); // an address by definition
        if (!path || sj_filestat_get(AT_FDCWD, path, stat) < 0 || stat->mode == 0) {
            return NULL;
        }
    }
    return path;
}

bool sj_tool_is_self(const struct sj_tool *tool)
{
    struct sj_filestat self;
    const char *self_path = find_self(&self);
    if (!self_path) {
        return false;
    }
    if (self.dev == tool->stat.dev && self.ino == tool->stat.ino) {
        return true;
    }
    if (self.size != tool->stat.size) {
        return false;
    }
    SJ_AUTO(sj_auto_close) int fd = open(tool->path, O_RDONLY | O_CLOEXEC);
    struct sj_key key;
    return fd >= 0 && sj_key_of_fd(fd, &key, NULL) == 0 && has_content_of(self_path, &key);
}

bool sj_tool_is_cache(const struct sj_tool *tool)
{
    char target[PATH_MAX];
    if (!final_name(tool->path, target)) {
        return false;
    }
    const char *name = base_name(target);
    return strcmp(name, "ccache") == 0 || strcmp(name, "sccache") == 0;
}

const struct sj_toolchain *sj_tool_claim(const struct sj_tool *tool)
{
    // cc and c++ say nothing of the family: Debian's lead through /etc/alternatives to gcc or
    // clang.
    char target[PATH_MAX];
    const struct sj_toolchain *found = NULL;
    if (final_name(tool->path, target)) {
        found = sj_toolchain_find(target);
    }
    return found ? found : sj_toolchain_find(tool->path);
}
