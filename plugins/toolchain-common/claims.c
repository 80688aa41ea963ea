// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/claims.h"

#include <string.h>

// The part of name that ends at *end and begins behind the last dash before it.
static const char *last_part(const char *name, const char *end)
{
    const char *start = end;
    while (start > name && start[-1] != '-') {
        start--;
    }
    return start;
}

static bool is_version(const char *start, const char *end)
{
    return start < end && strspn(start, "0123456789.") >= (size_t)(end - start);
}

// Which threads a MinGW compiler is made for.
static bool is_thread_model(const char *start, const char *end)
{
    size_t len = (size_t)(end - start);
    return (len == 5 && memcmp(start, "posix", len) == 0) ||
           (len == 5 && memcmp(start, "win32", len) == 0);
}

bool sj_cc_claims(const char *name, const char *const *names, size_t name_count)
{
    const char *end = name + strlen(name);
    const char *start = last_part(name, end);
    while (start > name && (is_version(start, end) || is_thread_model(start, end))) {
        end = start - 1;
        start = last_part(name, end);
    }

    size_t len = (size_t)(end - start);
    for (size_t i = 0; i < name_count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], start, len) == 0) {
            return true;
        }
    }
    return false;
}
