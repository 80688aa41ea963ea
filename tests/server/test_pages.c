// SPDX-License-Identifier: Apache-2.0
// What pages ask of a reader's headers and forms, and what is sent back.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "server/form.h"
#include "server/page_desk.h"
#include "server/page_send.h"
#include "server/page_target.h"

Test(pages, forms)
{
    static const struct {
        const char *form, *value;
        int status;
    } cases[] = {
        {"", NULL, -ENOENT},
        {"token", NULL, -ENOENT},
        {"token=", "", 0},
        {"token=a", "a", 0},
        {"x=1&token=a+b%20c&y=2", "a b c", 0},
        {"token=%C3%a4%26%3D", "\xc3\xa4&=", 0},
        {"tokens=a&xtoken=b", NULL, -ENOENT},
        {"token=a&token=b", NULL, -EINVAL},
        {"token=%", NULL, -EINVAL},
        {"token=%4", NULL, -EINVAL},
        {"token=%zz", NULL, -EINVAL},
        {"token=a%00b", NULL, -EINVAL},
        {"token=12345678901234567", NULL, -EINVAL},
        {"&&token=a&&", "a", 0},
        {"token=a=b", "a=b", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(16);
        int status = sj_form_value(sj_str_of(cases[i].form), "token", &out);
        cr_expect_eq(status, cases[i].status, "%s: %d", cases[i].form, status);
        cr_expect(status < 0 || strcmp(sj_buf_text(&out), cases[i].value) == 0, "%s: '%s'",
                  cases[i].form, sj_buf_text(&out));
    }
}

Test(pages, cookies)
{
    static const struct {
        const char *header, *value;
        bool is_shown;
    } cases[] = {
        {NULL, "", false},
        {"", "", false},
        {"scrubjay=sj_1-A", "sj_1-A", true},
        {"a=b; scrubjay=x; c=d", "x", true},
        {"a=b;scrubjay=x", "x", true},
        {"scrubjay=first; scrubjay=second", "first", true},
        {"scrubjay=", "", true},
        {"scrubjay", "", false},
        {"xscrubjay=a; scrubjays=b", "", false},
        {"scrubjay=\"x\"", "", true},
        {"scrubjay=a b", "", true},
        {"scrubjay=a\r\nb", "", true},
        {"scrubjay=0123456789012345678901234567890123456789012345678901234567890123", "", true},
        {"; ;;  ", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char value[SJ_COOKIE_SIZE] = "?";
        bool is_shown = sj_cookie_read(cases[i].header, "scrubjay", value);
        cr_expect_eq(is_shown, cases[i].is_shown, "%s", cases[i].header);
        cr_expect_str_eq(value, cases[i].value, "%s", cases[i].header);
    }
    char name[SJ_COOKIE_NAME_SIZE];
    sj_cookie_name(false, "127.0.0.1:80", name);
    cr_expect_str_eq(name, "scrubjay");
    sj_cookie_name(true, "[::1]:4567", name);
    cr_expect_str_eq(name, "scrubjay-4567");
    sj_cookie_name(true, "localhost", name);
    cr_expect_str_eq(name, "scrubjay");
}

Test(pages, forms_of_other_sites)
{
    static const struct {
        const char *site, *origin;
        bool is_own;
    } cases[] = {
        {NULL, NULL, false},
        {NULL, "null", false},
        {NULL, "", false},
        {NULL, "http://host:80", true},
        {NULL, "https://HOST:80", true},
        {NULL, "http://host", false},
        {NULL, "http://host:81", false},
        {NULL, "http://evil/host:80", false},
        {NULL, "http://host:80.evil", false},
        {"same-origin", "http://proxy", true},
        {"same-origin", NULL, true},
        {"same-site", "http://host:80", false},
        {"cross-site", "http://host:80", false},
        {"none", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_form_is_own(cases[i].site, cases[i].origin, "host:80"), cases[i].is_own,
                     "%s %s", cases[i].site, cases[i].origin);
    }
    cr_expect_not(sj_form_is_own(NULL, "http://", ""));
}

Test(pages, hosts)
{
    static const struct {
        const char *host;
        bool is_good, is_loopback;
    } cases[] = {
        {NULL, false, false},
        {"", false, false},
        {"localhost", true, true},
        {"LOCALHOST:80", true, true},
        {"127.0.0.1:65535", true, true},
        {"[::1]:1", true, true},
        {"127.0.0.1.evil.example", true, false},
        {"localhost.evil", true, false},
        {"localhost:80:80", true, false},
        {"build.example.com:8417", true, false},
        {"<script>", false, false},
        {"a b", false, false},
        {"host\"", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_host_is_good(cases[i].host), cases[i].is_good, "%s", cases[i].host);
        cr_expect_eq(cases[i].host && sj_host_is_loopback(cases[i].host), cases[i].is_loopback,
                     "%s", cases[i].host);
    }
}

Test(pages, keys)
{
    struct sj_err err = {0};
    struct sj_desk *desk = NULL;
    const struct sj_server_options short_key = {.page_key = "0123"};
    cr_expect_eq(sj_desk_new(&short_key, &desk, &err), -EINVAL);
    const struct sj_server_options options = {.page_key = "0123456789abcdef0123456789abcdef"};
    cr_assert_eq(sj_desk_new(&options, &desk, &err), 0);
    cr_expect(sj_desk_is_local(desk));
    cr_expect(sj_desk_knows(desk, "0123456789abcdef0123456789abcdef"));
    cr_expect_not(sj_desk_knows(desk, "0123456789abcdef0123456789abcdee"));
    cr_expect_not(sj_desk_knows(desk, ""));
    char one[SJ_FORM_KEY_SIZE];
    char again[SJ_FORM_KEY_SIZE];
    char other[SJ_FORM_KEY_SIZE];
    sj_desk_form_key(desk, "a", one);
    sj_desk_form_key(desk, "a", again);
    sj_desk_form_key(desk, "", other);
    cr_expect_str_eq(one, again);
    cr_expect_str_neq(one, other);
    cr_expect(sj_form_key_eq(one, again));
    cr_expect_not(sj_form_key_eq(one, other));
    cr_expect_not(sj_form_key_eq(one, ""));
    struct sj_desk *second = NULL;
    const struct sj_server_options open = {.page_key = NULL};
    cr_assert_eq(sj_desk_new(&open, &second, &err), 0);
    cr_expect_not(sj_desk_is_local(second));
    cr_expect_not(sj_desk_knows(second, ""));
    sj_desk_form_key(second, "a", other);
    cr_expect_str_neq(one, other, "another process, another key");
    sj_desk_free(desk);
    sj_desk_free(second);
}

Test(pages, where_to_go_on)
{
    static const struct {
        const char *next;
        bool is_good;
    } cases[] = {
        {"/dash", true},
        {"/dash/", true},
        {"/dash/commit/abc?since=90d", true},
        {"", false},
        {"/", false},
        {"dash", false},
        {"//evil/dash", false},
        {"/dash//evil", false},
        {"/\\evil", false},
        {"/dash\r\nSet-Cookie: a=b", false},
        {"http://evil/dash", false},
        {"/dash/login", false},
        {"/dash/logout", false},
        {"/dash/login?next=/dash/login", false},
        {"/api/v1/builds", false},
        {"/v1/default", false},
        {"/dash/../v1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_page_target_is_next(sj_str_of(cases[i].next)), cases[i].is_good, "%s",
                     cases[i].next);
    }
    cr_expect_not(sj_page_target_is_next((struct sj_str){NULL, 0}));
}

Test(pages, compression)
{
    static const struct {
        const char *header;
        bool takes;
    } accepted[] = {
        {NULL, false},        {"", false},
        {"gzip", true},       {"deflate, GZIP;q=0.5, br", true},
        {"gzip;q=0", false},  {"br, gzip; q=0.000", false},
        {"gzip;q=0.1", true}, {"x-gzip", false},
        {"gzipped", false},   {"identity, gzip", true},
        {",,,gzip", true},    {"*", false},
    };
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        cr_expect_eq(sj_takes_gzip(accepted[i].header), accepted[i].takes, "%s",
                     accepted[i].header);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf raw = SJ_BUF_INIT(1u << 20);
    SJ_AUTO(sj_buf_release) struct sj_buf packed = SJ_BUF_INIT(1u << 20);
    SJ_AUTO(sj_buf_release) struct sj_buf again = SJ_BUF_INIT(1u << 20);
    for (unsigned i = 0; i < 20000; i++) {
        sj_buf_addf(&raw, "%u,", i * 2654435761u % 1000);
    }
    cr_assert_eq(sj_gzip(raw.data, raw.len, &packed), 0);
    cr_expect_lt(packed.len, raw.len);
    cr_assert_eq(sj_gunzip(packed.data, packed.len, &again), 0);
    cr_assert_eq(again.len, raw.len);
    cr_expect_eq(memcmp(again.data, raw.data, raw.len), 0);
    SJ_AUTO(sj_buf_release) struct sj_buf small = SJ_BUF_INIT(1000);
    cr_expect_eq(sj_gunzip(packed.data, packed.len, &small), -EFBIG);
    SJ_AUTO(sj_buf_release) struct sj_buf cut = SJ_BUF_INIT(1u << 20);
    cr_expect_eq(sj_gunzip(packed.data, packed.len / 2, &cut), -EBADMSG);
    SJ_AUTO(sj_buf_release) struct sj_buf junk = SJ_BUF_INIT(1u << 20);
    cr_expect_eq(sj_gunzip("no gzip at all", 14, &junk), -EBADMSG);
}
