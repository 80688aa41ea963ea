// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "server/route.h"

#define HEX24 "0123456789abcdef01234567"
#define HEX32 "89abcdef0123456789abcdef01234567"
#define HEX38 "456789abcdef0123456789abcdef0123456789"
#define HEX40 HEX24 "89abcdef01234567"
#define HEX64 HEX32 HEX32
#define B31   "5ftd3410vb0j7pr2u0irl7kjt7teiqg"

#define GET     SJ_METHOD_GET
#define HEAD    SJ_METHOD_HEAD
#define PUT     SJ_METHOD_PUT
#define POST    SJ_METHOD_POST
#define DELETE  SJ_METHOD_DELETE
#define OPTIONS SJ_METHOD_OPTIONS
#define FIND    SJ_METHOD_PROPFIND
#define READ    (GET | HEAD)
#define VALUE   (GET | HEAD | PUT)

#define IS(protocol, resource) SJ_PROTOCOL_##protocol, SJ_RESOURCE_##resource

struct good {
    const char *target;
    enum sj_protocol protocol;
    enum sj_resource resource;
    const char *space;
    const char *text;
    unsigned methods;
    unsigned writes;
};

// clang-format off
static const struct good goods[] = {
    {"/healthz", IS(OWN, HEALTHZ), "", "", READ, 0},
    {"/readyz", IS(OWN, READYZ), "", "", READ, 0},
    {"/status", IS(OWN, STATUS), "", "", READ, 0},
    {"/metrics", IS(OWN, METRICS), "", "", READ, 0},
    {"/metrics?format=text", IS(OWN, METRICS), "", "", READ, 0},
    {"/team/status", IS(BAZEL, STATUS), "team", "", READ, 0},
    {"/cache/team/status", IS(BAZEL, STATUS), "team", "", READ, 0},

    {"/v1/team", IS(NATIVE, SPACE), "team", "", READ, 0},
    {"/v1/default", IS(NATIVE, SPACE), "", "", READ, 0},
    {"/v1/team/object/" HEX32, IS(NATIVE, OBJECT), "team", "", VALUE, PUT},
    {"/v1/default/result/" HEX32, IS(NATIVE, RESULT), "", "", VALUE, PUT},
    {"/v1/a.b_c-d/pathset/" HEX32, IS(NATIVE, PATHSET), "a.b_c-d", "", VALUE, PUT},
    {"/v1/team/trail/" HEX32, IS(NATIVE, TRAIL), "team", "", VALUE, PUT},
    {"/v1/team/record", IS(NATIVE, RECORD), "team", "", POST, POST},
    {"/v1/team/batch", IS(NATIVE, BATCH), "team", "", POST, 0},
    {"/v1/team/upload", IS(NATIVE, UPLOAD), "team", "", POST, POST},
    {"/v1/team/fetch", IS(NATIVE, FETCH), "team", "", POST, 0},
    {"/v1/team/push/" HEX32, IS(NATIVE, PUSH), "team", "", POST, POST},
    {"/v1/team/push/" HEX32 "?weak=" HEX32, IS(NATIVE, PUSH), "team", "", POST, POST},

    // ccache: subdirs, flat and Bazel's layout, with old keys and new ones.
    {"/cache/96/" B31, IS(CCACHE, ENTRY), "", "ccache/96" B31, VALUE | DELETE, PUT | DELETE},
    {"/96/" B31, IS(CCACHE, ENTRY), "", "ccache/96" B31, VALUE | DELETE, PUT | DELETE},
    {"/cache/96" B31, IS(CCACHE, ENTRY), "", "ccache/96" B31, VALUE | DELETE, PUT | DELETE},
    {"/team/96" B31, IS(CCACHE, ENTRY), "team", "ccache/96" B31, VALUE | DELETE, PUT | DELETE},
    {"/team/vv/" B31, IS(CCACHE, ENTRY), "team", "ccache/vv" B31, VALUE | DELETE, PUT | DELETE},
    {"/01/23" HEX38 , 0, 0, NULL, NULL, 0, 0},
    {"/96/" HEX38, IS(CCACHE, ENTRY), "", "ccache/96" HEX38, VALUE | DELETE, PUT | DELETE},
    {"/cache/team/96/" HEX38, IS(CCACHE, ENTRY), "team", "ccache/96" HEX38, VALUE | DELETE,
     PUT | DELETE},
    {"/96" HEX38, IS(CCACHE, ENTRY), "", "ccache/96" HEX38, VALUE | DELETE, PUT | DELETE},
    {"/cache/ac/" HEX40 HEX24, IS(CCACHE, ENTRY), "", "ccache/" HEX40, VALUE | DELETE,
     PUT | DELETE},
    {"/team/ac/" HEX40 HEX24, IS(CCACHE, ENTRY), "team", "ccache/" HEX40, VALUE | DELETE,
     PUT | DELETE},
    {"/" HEX40, IS(CCACHE, ENTRY), "", "ccache/" HEX40, VALUE | DELETE, PUT | DELETE},

    // sccache.
    {"/.sccache_check", IS(SCCACHE, ENTRY), "", "sccache/.sccache_check",
     VALUE | FIND | OPTIONS, PUT},
    {"/team/.sccache_check", IS(SCCACHE, ENTRY), "team", "sccache/.sccache_check",
     VALUE | FIND | OPTIONS, PUT},
    {"/team/pre/Fix/.sccache_check", IS(SCCACHE, ENTRY), "team", "sccache/pre/Fix/.sccache_check",
     VALUE | FIND | OPTIONS, PUT},
    {"/8/9/a/" HEX64, IS(SCCACHE, ENTRY), "", "sccache/" HEX64, VALUE | FIND | OPTIONS, PUT},
    {"/team/8/9/a/" HEX64, IS(SCCACHE, ENTRY), "team", "sccache/" HEX64,
     VALUE | FIND | OPTIONS, PUT},
    {"/cache/team/a/b/c/d/8/9/a/" HEX64, IS(SCCACHE, ENTRY), "team", "sccache/a/b/c/d/" HEX64,
     VALUE | FIND | OPTIONS, PUT},
    {"/", IS(SCCACHE, COLLECTION), "", "", FIND | SJ_METHOD_MKCOL | OPTIONS, SJ_METHOD_MKCOL},
    {"/cache/", IS(SCCACHE, COLLECTION), "", "", FIND | SJ_METHOD_MKCOL | OPTIONS,
     SJ_METHOD_MKCOL},
    {"/8/9/a/", IS(SCCACHE, COLLECTION), "", "", FIND | SJ_METHOD_MKCOL | OPTIONS,
     SJ_METHOD_MKCOL},
    {"/team/", IS(SCCACHE, COLLECTION), "team", "", FIND | SJ_METHOD_MKCOL | OPTIONS,
     SJ_METHOD_MKCOL},
    {"/team/pre/8/9/a/", IS(SCCACHE, COLLECTION), "team", "", FIND | SJ_METHOD_MKCOL | OPTIONS,
     SJ_METHOD_MKCOL},

    // Bazel and moon.
    {"/ac/" HEX64, IS(BAZEL, ENTRY), "", "bazel/ac/" HEX64, VALUE, PUT},
    {"/cache/ac/" HEX64, IS(BAZEL, ENTRY), "", "bazel/ac/" HEX64, VALUE, PUT},
    {"/team/ac/" HEX64, IS(BAZEL, ENTRY), "team", "bazel/ac/" HEX64, VALUE, PUT},
    {"/default/ac/" HEX64, IS(BAZEL, ENTRY), "", "bazel/ac/" HEX64, VALUE, PUT},
    {"/team/x/ac/" HEX64, IS(BAZEL, ENTRY), "team", "bazel/x/ac/" HEX64, VALUE, PUT},
    {"/default/x/ac/" HEX64, IS(BAZEL, ENTRY), "", "bazel/x/ac/" HEX64, VALUE, PUT},
    {"/cache/team/1/2/3/4/ac/" HEX64, IS(BAZEL, ENTRY), "team", "bazel/1/2/3/4/ac/" HEX64, VALUE,
     PUT},
    {"/team/x/ac/" HEX40 HEX24, IS(BAZEL, ENTRY), "team", "bazel/x/ac/" HEX40 HEX24, VALUE, PUT},
    {"/cas/" HEX64, IS(BAZEL, CAS), "", "cas/" HEX64, VALUE, PUT},
    {"/team/x/y/cas/" HEX64, IS(BAZEL, CAS), "team", "cas/" HEX64, VALUE, PUT},

    {"/cache/" HEX32, IS(GRADLE, ENTRY), "", "gradle/" HEX32, VALUE, PUT},
    {"/" HEX32, IS(GRADLE, ENTRY), "", "gradle/" HEX32, VALUE, PUT},
    {"/cache/team/" HEX32, IS(GRADLE, ENTRY), "team", "gradle/" HEX32, VALUE, PUT},

    // Turborepo.
    {"/v8/artifacts/status", IS(TURBO, TURBO_STATUS), "", "", READ | OPTIONS, 0},
    {"/v8/artifacts/status?slug=team", IS(TURBO, TURBO_STATUS), "team", "", READ | OPTIONS, 0},
    {"/v8/artifacts/events?teamId=team", IS(TURBO, TURBO_EVENTS), "team", "", POST | OPTIONS, 0},
    {"/v8/artifacts?teamId=team", IS(TURBO, TURBO_QUERY), "team", "", POST | OPTIONS, 0},
    {"/v8/artifacts/0123456789abcdef?slug=team", IS(TURBO, ENTRY), "team",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/v8/artifacts/0123456789abcdef?teamId=team_aZ9&slug=team", IS(TURBO, ENTRY), "team",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/v8/artifacts/0123456789abcdef?teamId=team_aZ9", IS(TURBO, ENTRY), "",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/v8/artifacts/0123456789abcdef?slug=v8", IS(TURBO, ENTRY), "",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/v8/artifacts/0123456789abcdef?slug=", IS(TURBO, ENTRY), "",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/team/v8/artifacts/0123456789abcdef?slug=other", IS(TURBO, ENTRY), "team",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/default/v8/artifacts/0123456789abcdef?slug=other", IS(TURBO, ENTRY), "",
     "turbo/0123456789abcdef", VALUE | OPTIONS, PUT},
    {"/v2/user", IS(TURBO, TURBO_USER), "", "", READ | OPTIONS, 0},
    {"/v2/teams", IS(TURBO, TURBO_USER), "", "", READ | OPTIONS, 0},
    {"/v2/teams?limit=100", IS(TURBO, TURBO_USER), "", "", READ | OPTIONS, 0},
    {"/v5/user/tokens/current", IS(TURBO, TURBO_USER), "", "", READ | OPTIONS, 0},

    // Pages.
    {"/dash", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/dash/", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/dash?branch=a/b", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/dash/commit/HEAD~1?since=90d", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/dash/unit/src%2Fa%20b.c", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/dash/unit/%c3%A4;a=b,c!$'()*@:+", IS(OWN, PAGE), "", "", READ | POST, 0},
    {"/api/v1/builds?max=3", IS(OWN, PAGE), "", "", READ, 0},
    {"/api/v1", IS(OWN, PAGE), "", "", READ, 0},

    {"/v1/cache/17538737755577900734", IS(NX, ENTRY), "", "nx/17538737755577900734", VALUE, PUT},
    {"/v1/cache/Az_-9", IS(NX, ENTRY), "", "nx/Az_-9", VALUE, PUT},
    {"/team/v1/cache/17538737755577900734", IS(NX, ENTRY), "team", "nx/17538737755577900734",
     VALUE, PUT},
};
// clang-format on

static bool understands(const struct good *good)
{
    struct sj_route route;
    int status = sj_route_parse(good->target, strlen(good->target), &route);
    if (!good->space) {
        return status == 404;
    }
    bool is_right = status == 0 && route.protocol == good->protocol &&
                    route.resource == good->resource && route.methods == good->methods &&
                    route.writes == good->writes &&
                    sj_str_eq(route.space, sj_str_of(good->space)) &&
                    route.text_len == strlen(good->text) && strcmp(route.text, good->text) == 0;
    if (!is_right) {
        (void)fprintf(stderr, "%s: status %d, %s, resource %d, space '%.*s', text '%s'\n",
                      good->target, status, sj_protocol_name(route.protocol), (int)route.resource,
                      (int)route.space.len, route.space.data, route.text);
    }
    return is_right;
}

Test(route, understands_every_client)
{
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        wrong += !understands(&goods[i]);
    }
    cr_assert_eq(wrong, 0);
}

struct bad {
    const char *target;
    int status;
};

// clang-format off
static const struct bad bads[] = {
    // What no client sends.
    {"", 400},
    {"*", 400},
    {"healthz", 400},
    {"http://evil/a", 400},
    {"http://evil/ac/" HEX64, 400},
    {"//evil/ac/" HEX64, 400},
    {"/a/../../etc/passwd", 400},
    {"/dash/../../etc/passwd", 400},
    {"/dash/.", 400},
    {"/dash//evil", 400},
    {"/dash///", 400},
    {"/dash/a%2", 400},
    {"/dash/a%", 400},
    {"/dash/a%zz", 400},
    {"/dash/a%00b", 400},
    {"/dash/a\x7f", 400},
    {"/dash/\xc3\xa4", 400},
    {"/dash/<script>", 400},
    {"/dash?a=\"b\"", 400},
    {"/dash?a#b", 400},
    {"/dash/a\\b", 400},
    {"/dash?a=b c", 400},
    {"/a/%2e%2e/%00b", 400},
    {"/ac/%61" HEX64, 400},
    {"/team/./ac/" HEX64, 400},
    {"/team/../ac/" HEX64, 400},
    {"/..", 400},
    {"/.", 400},
    {"/.git/config", 400},
    {"/...", 400},
    {"/team//ac/" HEX64, 400},
    {"/team/ac//" HEX64, 400},
    {"/team//", 400},
    {"/team/ac/" HEX64 "#x", 400},
    {"/team/ac/" HEX64 ";x", 400},
    {"/team\\ac\\" HEX64, 400},
    {"/team/a c/" HEX64, 400},
    {"/team/a\tc/" HEX64, 400},
    {"/team/\r\nX: y", 400},
    {"/\xc3\xa4m/ac/" HEX64, 400},
    {"/team/\x7f", 400},
    {"/team/<script>", 400},
    {"/v1/team/push/" HEX32 "?weak=xyz", 400},
    {"/v1/team/push/" HEX32 "?weak=", 400},
    {"/v8/artifacts/0123?slug=a%20b", 400},
    {"/v8/artifacts/0123?slug=a/b", 400},
    {"/v8/artifacts/0123?slug=a?b", 400},
    {"/ac/" HEX64 "?x=y", 400},
    {"/cache/" HEX32 "?", 400},
    {"/?x", 400},
    {"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/..", 400},

    // What leads nowhere.
    {"/team", 404},
    {"/cache", 404},
    {"/favicon.ico", 404},
    {"/v1", 404},
    {"/v1/", 404},
    {"/v1/cache", 404},
    {"/v1/cache/", 404},
    {"/v1/cache/a.b", 404},
    {"/v1/Team", 404},
    {"/v1/team/object", 404},
    {"/v1/team/object/" HEX64, 404},
    {"/v1/team/object/0123456789ABCDEF0123456789ABCDEF", 404},
    {"/v1/team/blob/" HEX32, 404},
    {"/v1/team/object/" HEX32 "/x", 404},
    {"/team/v1/team/object/" HEX32, 404},
    {"/cache/v1/team/object/" HEX32, 404},
    {"/team/healthz", 404},
    {"/cache/metrics", 404},
    {"/v8", 404},
    {"/v8/artifacts/", 404},
    {"/v8/artifacts/a.b", 404},
    {"/Team/ac/" HEX64, 404},
    {"/Team/", 404},
    {"/a/ac/" HEX64, 404},
    {"/96/ac/" HEX64, 404},
    {"/ac/" HEX32, 404},
    {"/ac/" HEX64 "00", 404},
    {"/ac/0123456789ABCDEF" "0123456789ABCDEF" HEX32, 404},
    {"/team/1/2/3/4/5/ac/" HEX64, 404},
    {"/team/a/b/c/d/e/f/g/h/i/ac/" HEX64, 404},
    {"/team/1/2/3/4/5/8/9/a/" HEX64, 404},
    {"/team/8/9/b/" HEX64, 404},
    {"/8/9/" HEX64, 404},
    {"/" HEX64, 404},
    {"/x/.sccache_check/y", 404},
    {"/96/" HEX32, 404},
    {"/zz/" B31, 404},
    {"/team/zz/" B31, 404},
    {"/cache/b/" HEX40, 404},
    {"/api/v2/builds", 404},
    {"/dashboard", 404},
    {"/cache/cache/ac/" HEX64, 404},
};
// clang-format on

Test(route, refuses_the_rest)
{
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        struct sj_route route;
        int status = sj_route_parse(bads[i].target, strlen(bads[i].target), &route);
        if (status != bads[i].status || route.text_len != 0 || route.methods != 0) {
            (void)fprintf(stderr, "%s: %d\n", bads[i].target, status);
            wrong++;
        }
    }
    cr_assert_eq(wrong, 0);
}

Test(route, stops_at_no_terminator_inside)
{
    static const char target[] = "/cache/\0/ac/" HEX64;
    struct sj_route route;
    cr_assert_eq(sj_route_parse(target, sizeof target - 1, &route), 400);
}

Test(route, bounds_a_target)
{
    char target[SJ_TARGET_MAX + 2] = "/cas/" HEX64;
    struct sj_route route;
    memset(target, 'a', SJ_TARGET_MAX + 1);
    target[0] = '/';
    cr_assert_eq(sj_route_parse(target, SJ_TARGET_MAX + 1, &route), 414);
    cr_assert_eq(sj_route_parse(target, SJ_TARGET_MAX, &route), 404);
    // A text that would be longer than its target has no room.
    static const char end[] = "/ac/" HEX64;
    size_t len = sizeof end - 1;
    memcpy(target + SJ_TARGET_MAX - len, end, len);
    memcpy(target, "/x/", 3);
    cr_assert_eq(sj_route_parse(target, SJ_TARGET_MAX, &route), 414);
}

Test(route, gives_three_layouts_of_a_key_one_text)
{
    static const char *const targets[] = {
        "/team/01/"
        "23456789abcdef0123456789abcdef01234567",
        "/team/" HEX40,
        "/cache/team/ac/" HEX40 HEX24,
    };
    struct sj_route first;
    cr_assert_eq(sj_route_parse(targets[0], strlen(targets[0]), &first), 0);
    for (size_t i = 1; i < 3; i++) {
        struct sj_route route;
        cr_assert_eq(sj_route_parse(targets[i], strlen(targets[i]), &route), 0);
        cr_assert_str_eq(route.text, first.text);
        cr_assert(sj_key_eq(&route.key, &first.key));
        cr_assert_eq(route.protocol, SJ_PROTOCOL_CCACHE);
    }
}

Test(route, reads_keys)
{
    static const char push[] =
        "/v1/team/push/" HEX32 "?x=1&weak=000102030405060708090a0b0c0d0e0f&y=2";
    struct sj_route route;
    cr_assert_eq(sj_route_parse(push, sizeof push - 1, &route), 0);
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&route.key, hex);
    cr_assert_str_eq(hex, HEX32);
    for (unsigned i = 0; i < SJ_KEY_SIZE; i++) {
        cr_assert_eq(route.weak.bytes[i], i);
    }

    static const char cas[] = "/cas/" HEX64;
    cr_assert_eq(sj_route_parse(cas, sizeof cas - 1, &route), 0);
    cr_assert_arr_eq(route.sha256, route.sha256 + 16, 16);
    cr_assert_eq(route.sha256[0], 0x89);
    cr_assert_eq(route.sha256[31], 0x67);
    struct sj_key key = sj_key_of(route.text, route.text_len);
    cr_assert(sj_key_eq(&route.key, &key));
}

Test(route, knows_names_of_namespaces)
{
    static const struct {
        const char *name;
        bool is_name;
    } cases[] = {
        {"main", true},     {"pr-17", true},    {"a.b_c-d", true}, {"0day", true},
        {"default", true},  {"zz", true},       {"g", true},       {"team-ac", true},
        {"", false},        {"A", false},       {"-a", false},     {".a", false},
        {"_a", false},      {"a b", false},     {"a/b", false},    {"a", false},
        {"7", false},       {"ci", false},      {"v0", false},     {HEX32, false},
        {HEX40, false},     {HEX64, false},     {"ac", false},     {"cas", false},
        {"cache", false},   {"v1", false},      {"v2", false},     {"v5", false},
        {"v8", false},      {"api", false},     {"status", false}, {"metrics", false},
        {"healthz", false}, {"readyz", false},  {"dash", false},   {"p*", false},
        {HEX32 "x", true},  {HEX64 "x", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_space_is_name(sj_str_of(cases[i].name)), cases[i].is_name, "%s",
                     cases[i].name);
    }
}

Test(route, knows_methods)
{
    cr_assert_eq(sj_method_of("GET"), SJ_METHOD_GET);
    cr_assert_eq(sj_method_of("MKCOL"), SJ_METHOD_MKCOL);
    cr_assert_eq(sj_method_of("get"), 0);
    cr_assert_eq(sj_method_of(""), 0);
    cr_assert_eq(sj_method_of("CONNECT"), 0);
}
