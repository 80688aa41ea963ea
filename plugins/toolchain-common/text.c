// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/text.h"

#include <string.h>

const char *sj_cc_copy(const struct sj_request *request, const char *data, size_t len)
{
    char *copy = request->alloc(request, len + 1);
    memcpy(copy, data, len);
    return copy;
}

const char *sj_cc_join(const struct sj_request *request, const char *head, const char *tail)
{
    size_t head_len = strlen(head);
    size_t tail_len = strlen(tail);
    char *text = request->alloc(request, head_len + tail_len + 1);
    memcpy(text, head, head_len);
    memcpy(text + head_len, tail, tail_len);
    return text;
}

const char *sj_cc_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

const char *sj_cc_with_suffix(const struct sj_request *request, const char *path,
                              const char *suffix)
{
    const char *dot = strrchr(sj_cc_base_name(path), '.');
    size_t len = dot == NULL ? strlen(path) : (size_t)(dot - path);
    return sj_cc_join(request, sj_cc_copy(request, path, len), suffix);
}

bool sj_cc_begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool sj_cc_is_below(const char *path, const char *directory)
{
    size_t len = strlen(directory);
    while (len > 0 && directory[len - 1] == '/') {
        len--;
    }
    return strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0');
}
