// SPDX-License-Identifier: Apache-2.0
#include "trace/path.h"

#include <string.h>

// Append the parts of a path to an absolute one. ".." of the root is the root.
static void add_parts(const char *path, struct sj_buf *out)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && path[0] == '.' && path[1] == '.') {
            while (out->len > 0 && out->data[--out->len] != '/') {
            }
        } else if (len > 0 && !(len == 1 && path[0] == '.')) {
            sj_buf_addc(out, '/');
            sj_buf_add(out, path, len);
        }
        path += len + (path[len] == '/');
    }
}

void sj_trace_path_full(const char *folder, const char *path, struct sj_buf *out)
{
    sj_buf_clear(out);
    if (*path != '/' && (!folder || *folder != '/')) {
        sj_buf_adds(out, path);
        return;
    }
    if (*path != '/') {
        add_parts(folder, out);
    }
    add_parts(path, out);
    if (out->len == 0) {
        sj_buf_addc(out, '/');
    }
    out->data[out->len] = '\0'; // parts may have gone
}

const char *sj_trace_path_below(const char *root, const char *path)
{
    size_t len = root ? strlen(root) : 0;
    bool is_below = len > 1 && strncmp(root, path, len) == 0 && path[len] == '/' && path[len + 1];
    return is_below ? path + len + 1 : path;
}
