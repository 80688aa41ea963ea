// SPDX-License-Identifier: Apache-2.0
#include "record/db_paths.h"

#include <string.h>

#include "record/pathset.h"

static bool is_absolute(const char *path)
{
    return path && path[0] == '/';
}

// Appends the components of a path. A ".." takes one away again, but nothing before the floor.
static void add_components(const char *path, size_t floor, struct sj_buf *out)
{
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");
        const char *end = out->data + out->len;
        if (len == 2 && at[0] == '.' && at[1] == '.') {
            const char *slash = memrchr(out->data + floor, '/', out->len - floor);
            bool is_named = slash && strcmp(slash, "/..") != 0;
            if (is_named) {
                out->len -= (size_t)(end - slash);
                out->data[out->len] = '\0';
            } else if (floor > 0) {
                sj_buf_adds(out, "/.."); // above what the name in front stands for
            }
        } else if (len > 0 && !(len == 1 && at[0] == '.')) {
            sj_buf_addc(out, '/');
            sj_buf_add(out, at, len);
        }
        at += len;
        at += strspn(at, "/");
    }
}

// Whether a path is a directory or lies below it: where the rest begins; NULL: it does not.
static const char *below(const char *path, const char *dir)
{
    size_t len = is_absolute(dir) ? strlen(dir) : 0;
    while (len > 0 && dir[len - 1] == '/') {
        len--;
    }
    if (len == 0 || strncmp(path, dir, len) != 0 || (path[len] != '/' && path[len] != '\0')) {
        return NULL;
    }
    return path + len;
}

static void cut_front(struct sj_buf *out, size_t len)
{
    memmove(out->data, out->data + len, out->len - len + 1);
    out->len -= len;
}

static void put_front(struct sj_buf *out, const char *text)
{
    size_t len = strlen(text);
    if (sj_buf_reserve(out, len)) {
        memmove(out->data + len, out->data, out->len + 1);
        memcpy(out->data, text, len);
        out->len += len;
    }
}

// The path without what it lies below.
static void shorten(const struct sj_db_place *place, struct sj_buf *out)
{
    const char *rest = below(out->data, place->root);
    if (rest) {
        cut_front(out, (size_t)(rest - out->data) + (*rest == '/'));
        if (out->len == 0) {
            sj_buf_addc(out, '.');
        }
        return;
    }
    rest = below(out->data, place->cwd);
    if (rest) {
        cut_front(out, (size_t)(rest - out->data));
        put_front(out, "${cwd}");
    }
}

void sj_db_path(const struct sj_db_place *place, const char *path, struct sj_buf *out)
{
    const char *dir = place->cwd;
    const char *name = "${cwd}";
    if (path[0] == SJ_BASE_MARK) {
        path++;
        dir = place->base_dir;
        name = "${base}";
    } else if (path[0] == '/') {
        dir = "/";
    }
    sj_buf_clear(out);
    sj_buf_adds(out, "");
    if (!is_absolute(dir)) {
        sj_buf_adds(out, name);
        add_components(path, out->len, out);
        return;
    }
    add_components(dir, 0, out);
    add_components(path, 0, out);
    if (out->len == 0) {
        sj_buf_addc(out, '/');
    }
    shorten(place, out);
}

const char *sj_db_place_within(const struct sj_db_place *place)
{
    return is_absolute(place->cwd) ? below(place->cwd, place->root) : NULL;
}
