// SPDX-License-Identifier: Apache-2.0
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Set once at start-up by the program, read-only from then on.
static sj_oom_hook *oom_hook;

void sj_oom_set_hook(sj_oom_hook *hook)
{
    oom_hook = hook;
}

void sj_oom(void)
{
    if (oom_hook) {
        oom_hook();
    }
    abort();
}

void *sj_calloc(size_t count, size_t size_bytes)
{
    void *pointer = calloc(count ? count : 1, size_bytes ? size_bytes : 1);
    if (!pointer) {
        sj_oom();
    }
    return pointer;
}

void *sj_realloc(void *pointer, size_t count, size_t size_bytes)
{
    if (size_bytes && count > SIZE_MAX / size_bytes) {
        sj_oom();
    }
    size_t total = count * size_bytes;
    void *moved = realloc(pointer, total ? total : 1);
    if (!moved) {
        sj_oom();
    }
    return moved;
}

char *sj_strdup(const char *text)
{
    return sj_strndup(text, strlen(text));
}

char *sj_strndup(const char *data, size_t len)
{
    char *copy = sj_calloc(len + 1, 1);
    memcpy(copy, data, len);
    return copy;
}

char *sj_asprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int used = vasprintf(&text, format, args);
    va_end(args);
    if (used < 0 || !text) {
        sj_oom();
    }
    return text;
}
