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

// Host and path; a port, of digits, does not count.
static bool add_project(const char *host, size_t host_len, const char *path, struct sj_buf *out)
{
    path += strspn(path, "/");
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    if (len > 4 && memcmp(path + len - 4, ".git", 4) == 0) {
        len -= 4;
    }
    bool is_host = host_len > 0;
    for (size_t i = 0; i < host_len; i++) {
        is_host = is_host && (isalnum((unsigned char)host[i]) || strchr(".-_", host[i]));
    }
    if (!is_host || len == 0) {
        return false;
    }
    for (size_t i = 0; i < host_len; i++) {
        sj_buf_addc(out, (char)tolower((unsigned char)host[i]));
    }
    sj_buf_addc(out, '/');
    sj_buf_add(out, path, len);
    return true;
}

bool sj_ci_project_of_url(const char *url, struct sj_buf *out)
{
    if (!sj_ci_is_text(url) || strpbrk(url, "?#")) {
        return false;
    }
    const char *scheme = strstr(url, "://");
    if (scheme && sj_skip_prefix(url, "file:")) {
        return false;
    }
    const char *host = scheme ? scheme + 3 : url;
    size_t len = strcspn(host, scheme ? "/" : ":/");
    const char *path = host + len;
    // Without a scheme a colon tells the host; a path on this machine has none before its slash.
    if (!scheme && *path != ':') {
        return false;
    }
    path += *path == ':';
    const char *at = memrchr(host, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    const char *port = scheme ? memchr(host, ':', len) : NULL;
    return add_project(host, port ? (size_t)(port - host) : len, path, out);
}
