// SPDX-License-Identifier: Apache-2.0
#include "server/page_target.h"

#include <string.h>

#include "server/pages.h"

#define HTML_ROOT "/dash"
#define API_ROOT  "/api/v1"

// Whether a path is a root or lies below it.
static bool is_below(const char *target, size_t len, const char *root)
{
    size_t root_len = strlen(root);
    return len >= root_len && memcmp(target, root, root_len) == 0 &&
           (len == root_len || target[root_len] == '/' || target[root_len] == '?');
}

bool sj_page_target_is(const char *target, size_t len)
{
    return is_below(target, len, HTML_ROOT) || is_below(target, len, API_ROOT);
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

static bool is_escape(const char *at, const char *end)
{
    return end - at > 2 && is_hex(at[1]) && is_hex(at[2]) && !(at[1] == '0' && at[2] == '0');
}

static bool bytes_are_good(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at <= ' ' || *at > '~' || strchr("\"#<>\\", *at) ||
            (*at == '%' && !is_escape(at, end))) {
            return false;
        }
    }
    return true;
}

// Neither empty nor of dots, which somebody between might take for a way up.
static bool segments_are_good(const char *at, const char *end)
{
    while (at < end) {
        const char *slash = memchr(at + 1, '/', (size_t)(end - at - 1));
        const char *stop = slash ? slash : end;
        size_t len = (size_t)(stop - at - 1);
        if ((len == 0 && slash) || (len > 0 && len < 3 && strncmp(at + 1, "..", len) == 0)) {
            return false;
        }
        at = stop;
    }
    return true;
}

int sj_page_target_parse(const char *target, size_t len, struct sj_route *out)
{
    if (len > SJ_PAGE_TARGET_MAX) {
        return 414;
    }
    const char *end = target + len;
    const char *mark = memchr(target, '?', len);
    const char *path_end = mark ? mark : end;
    if (!bytes_are_good(target, end) || !segments_are_good(target, path_end)) {
        return 400;
    }
    bool is_html = is_below(target, len, HTML_ROOT);
    out->path = (struct sj_str){target, (size_t)(path_end - target)};
    out->path.len -= path_end[-1] == '/';
    out->query =
        mark ? (struct sj_str){mark + 1, (size_t)(end - mark - 1)} : (struct sj_str){"", 0};
    out->protocol = SJ_PROTOCOL_OWN;
    out->resource = SJ_RESOURCE_PAGE;
    out->methods = SJ_METHOD_GET | SJ_METHOD_HEAD | (is_html ? (unsigned)SJ_METHOD_POST : 0);
    return 0;
}

bool sj_page_target_is_next(struct sj_str target)
{
    struct sj_route route;
    return is_below(target.data ? target.data : "", target.len, HTML_ROOT) &&
           sj_page_target_parse(target.data, target.len, &route) == 0 &&
           !sj_str_eq(route.path, sj_str_of(SJ_PAGE_LOGIN)) &&
           !sj_str_eq(route.path, sj_str_of(SJ_PAGE_LOGOUT));
}
