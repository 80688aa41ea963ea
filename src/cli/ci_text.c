// SPDX-License-Identifier: Apache-2.0
#include "cli/ci_text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

// Length of the UTF-8 character at `at`, which ends at the NUL; 0: it is none.
static size_t character(const unsigned char *at)
{
    /** By length: bits that mark the first byte, and the least value that needs so many. */
    static const struct {
        unsigned char mask;
        unsigned char mark;
        uint32_t least;
    } lengths[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if ((at[0] & lengths[i].mask) != lengths[i].mark) {
            continue;
        }
        uint32_t value = at[0] & (unsigned char)~lengths[i].mask;
        for (size_t j = 1; j <= i; j++) {
            if ((at[j] & 0xc0) != 0x80) {
                return 0;
            }
            value = value << 6 | (at[j] & 0x3f);
        }
        bool is_right = value >= lengths[i].least && value <= 0x10ffff &&
                        (value < 0xd800 || value > 0xdfff) && value >= 0x20 &&
                        (value < 0x7f || value > 0x9f);
        return is_right ? i + 1 : 0;
    }
    return 0;
}

bool sj_ci_is_text(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t len = character(at);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return *text != '\0';
}

bool sj_ci_is_ref(const char *name)
{
    size_t len = strlen(name);
    if (!sj_ci_is_text(name) || name[0] == '-' || name[len - 1] == '.' || name[len - 1] == '/' ||
        strpbrk(name, " ~^:?*[\\") || strstr(name, "..") || strstr(name, "@{")) {
        return false;
    }
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += part > name;
        size_t part_len = strcspn(part, "/");
        bool is_lock = part_len >= 5 && memcmp(part + part_len - 5, ".lock", 5) == 0;
        if (part_len == 0 || part[0] == '.' || is_lock) {
            return false;
        }
    }
    return true;
}

bool sj_ci_is_url(const char *url)
{
    const char *rest = sj_skip_prefix(url, "https://");
    rest = rest ? rest : sj_skip_prefix(url, "http://");
    if (!rest || !*rest) {
        return false;
    }
    for (const char *at = rest; *at; at++) {
        if (!isgraph((unsigned char)*at) || strchr("\"'<>\\^`{|}", *at)) {
            return false;
        }
    }
    size_t host_len = strcspn(rest, "/?#");
    return host_len > 0 && !memchr(rest, '@', host_len);
}

bool sj_ci_is_project(const char *name)
{
    size_t host_len = strcspn(name, "/");
    for (size_t i = 0; i < host_len; i++) {
        if (!isalnum((unsigned char)name[i]) && !strchr(".-_:[]", name[i])) {
            return false;
        }
    }
    return host_len > 0 && name[host_len] && sj_ci_is_text(name) && !strpbrk(name, " \"'<>?#\\`");
}
