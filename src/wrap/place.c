// SPDX-License-Identifier: Apache-2.0
#include "wrap/place.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "record/pathset.h"
#include "wrap/link.h"

// What follows a directory in a path that lies below it ("" or "/…"); NULL when it does not.
static const char *below(const char *path, const char *dir)
{
    const char *rest = dir ? sj_skip_prefix(path, dir) : NULL;
    return rest && (*rest == '/' || *rest == '\0') ? rest : NULL;
}

void sj_place_fold(const struct sj_place *place, const char *path, struct sj_buf *out)
{
    const char *rest = below(path, place->base_dir);
    if (rest) {
        sj_buf_addc(out, SJ_BASE_MARK);
        path = rest;
    }
    sj_buf_adds(out, path);
}

int sj_place_unfold(const struct sj_place *place, const char *folded, struct sj_buf *out)
{
    sj_buf_clear(out);
    if (folded[0] == SJ_BASE_MARK) {
        if (!place->base_dir) {
            return -EINVAL;
        }
        sj_buf_adds(out, place->base_dir);
        folded++;
    }
    sj_buf_adds(out, folded);
    return 0;
}

// Bytes of the part of a directory that tells users and projects apart: its first component, and
// below /home its first two.
static size_t root_len(const char *dir)
{
    const char *end = strchrnul(dir + 1, '/');
    if (*end && (size_t)(end - dir) == strlen("/home") && strncmp(dir, "/home", 5) == 0) {
        end = strchrnul(end + 1, '/');
    }
    return (size_t)(end - dir);
}

const char *sj_path_next(const char **at, size_t *len)
{
    while (*at) {
        const char *dir = *at;
        const char *end = strchrnul(dir, ':');
        *at = *end ? end + 1 : NULL;
        *len = (size_t)(end - dir);
        const char *link = sj_link_origin(dir);
        if (!link || link > end) {
            return dir;
        }
    }
    return NULL;
}

bool sj_place_searches(const struct sj_place *place, const char *path)
{
    const char *search = place->path;
    size_t dir_len = (size_t)(strrchr(path, '/') - path);
    size_t len;
    for (const char *dir; (dir = sj_path_next(&search, &len));) {
        if (len == dir_len && strncmp(dir, path, dir_len) == 0) {
            return true;
        }
    }
    return false;
}

bool sj_place_binds(const struct sj_place *place, const char *path)
{
    if (path[0] != '/' || below(path, place->base_dir)) {
        return false;
    }
    size_t len = root_len(place->cwd);
    if (strncmp(path, place->cwd, len) != 0 || (path[len] != '/' && path[len] != '\0')) {
        return false;
    }
    return !sj_place_searches(place, path);
}

static bool holds(const char *data, size_t len, const char *name)
{
    // "/" and "/x" stand in too many objects by chance to tell anything; they never separate two
    // checkouts either.
    return strlen(name) > 2 && memmem(data, len, name, strlen(name)) != NULL;
}

bool sj_place_is_named(const struct sj_place *place, const char *data, size_t len)
{
    // $PWD may be another name of the working directory, and is what compilers write down.
    const char *const names[] = {place->base_dir, place->cwd, place->pwd};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i] && holds(data, len, names[i])) {
            return true;
        }
    }
    return false;
}
