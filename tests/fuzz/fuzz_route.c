// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "server/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

// Where an entry's text is asked for again, in its plainest form, the text is the same.
static void check_again(const struct sj_route *route)
{
    static const struct {
        const char *tag;
        const char *target;
    } forms[] = {
        {"ccache/", "/default/"},  {"gradle/", "/default/"},     {"bazel/", "/default/"},
        {"cas/", "/default/cas/"}, {"turbo/", "/v8/artifacts/"}, {"nx/", "/v1/cache/"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *key = sj_skip_prefix(route->text, forms[i].tag);
        if (!key) {
            continue;
        }
        SJ_AUTO(sj_auto_free) char *target = sj_asprintf("%s%s", forms[i].target, key);
        struct sj_route again;
        if (sj_route_parse(target, strlen(target), &again) == 414) {
            return; // the prefix of this form made it too long
        }
        require(strcmp(again.text, route->text) == 0 && sj_key_eq(&again.key, &route->key));
        require(again.protocol == route->protocol && again.resource == route->resource);
        return;
    }
    require(sj_skip_prefix(route->text, "sccache/") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *target = sj_calloc(size + 1, 1);
    if (size > 0) {
        memcpy(target, data, size);
    }
    struct sj_route route;
    int status = sj_route_parse(target, size, &route);
    require(status == 0 || status == 400 || status == 404 || status == 414);
    require(route.text_len < sizeof route.text && route.text[route.text_len] == '\0');
    require(strlen(route.text) == route.text_len);
    require(route.space.len == 0 || sj_space_is_name(route.space));
    require(!sj_str_eq(route.space, sj_str_of("default")));
    require(route.space.len == 0 ||
            (route.space.data >= target && route.space.data + route.space.len <= target + size));
    require((route.writes & ~route.methods) == 0);
    bool is_entry = route.resource == SJ_RESOURCE_ENTRY || route.resource == SJ_RESOURCE_CAS;
    require(status == 0 ? is_entry == (route.text_len > 0) : route.methods == 0);
    require(status != 0 || (route.methods != 0 && size <= SJ_TARGET_MAX &&
                            (route.resource == SJ_RESOURCE_PAGE || !memchr(data, '%', size))));
    require((status == 0 && route.resource == SJ_RESOURCE_PAGE) == (route.path.len > 0));
    require(route.path.len + route.query.len <= size);
    if (status == 0 && is_entry) {
        check_again(&route);
    }
    free(target);
    return 0;
}
