// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>

#include "base/clock.h"
#include "dash/query.h"

#define NOW (UINT64_C(1764072000) * SJ_NS_PER_S) // 2025-11-25 12:00
#define DAY (UINT64_C(86400) * SJ_NS_PER_S)

static int read_query(const char *path, const char *query, struct sj_dash_query *out,
                      struct sj_err *err)
{
    return sj_dash_query_read(sj_str_of(path), sj_str_of(query), NOW, out, err);
}

static void assert_text(const char *is, const char *wanted, const char *path)
{
    cr_assert_str_eq(is ? is : "-", wanted ? wanted : "-", "%s", path);
}

Test(query, paths)
{
    static const struct {
        const char *path, *page, *first, *second;
        enum sj_dash_format format;
    } cases[] = {
        {"/dash", "overview", NULL, NULL, SJ_DASH_HTML},
        {"/dash/", "overview", NULL, NULL, SJ_DASH_HTML},
        {"/dash/builds", "builds", NULL, NULL, SJ_DASH_HTML},
        {"/dash/unit/src%2Fa.o/", "unit", "src/a.o", NULL, SJ_DASH_HTML},
        {"/dash/compare/abc/def", "compare", "abc", "def", SJ_DASH_HTML},
        {"/dash//compare//a+b//%c3%A4", "compare", "a+b", "\xc3\xa4", SJ_DASH_HTML},
        {"/api/v1/headers", "headers", NULL, NULL, SJ_DASH_JSON},
        {"/api/v1", "overview", NULL, NULL, SJ_DASH_JSON},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_dash_query query;
        struct sj_err err = {0};
        cr_assert_eq(read_query(cases[i].path, "", &query, &err), 0, "%s", err.text);
        assert_text(query.page, cases[i].page, cases[i].path);
        assert_text(query.subject[0], cases[i].first, cases[i].path);
        assert_text(query.subject[1], cases[i].second, cases[i].path);
        cr_assert_eq(query.format, cases[i].format);
        sj_dash_query_release(&query);
    }
}

Test(query, parameters_and_times)
{
    static const struct {
        const char *query;
        uint64_t since_ns, until_ns, max;
        enum sj_dash_format format;
    } cases[] = {
        {"", 0, 0, 0, SJ_DASH_HTML},
        {"since=90d", NOW - 90 * DAY, 0, 0, SJ_DASH_HTML},
        {"since=all&max=20", 0, 0, 20, SJ_DASH_HTML},
        {"since=2025-11-01", NOW - 24 * DAY - DAY / 2, 0, 0, SJ_DASH_HTML},
        {"since=2025-11-01&until=2025-11-01", NOW - 24 * DAY - DAY / 2, NOW - 23 * DAY - DAY / 2, 0,
         SJ_DASH_HTML},
        {"until=2025-11-24", 0, NOW - DAY / 2, 0, SJ_DASH_HTML},
        {"since=90000d", 0, 0, 0, SJ_DASH_HTML}, // longer than time
        {"format=csv&&max=", 0, 0, 0, SJ_DASH_CSV},
        {"format=json", 0, 0, 0, SJ_DASH_JSON},
        {"format=chart", 0, 0, 0, SJ_DASH_HTML},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_dash_query query;
        struct sj_err err = {0};
        cr_assert_eq(read_query("/dash", cases[i].query, &query, &err), 0, "%s", err.text);
        cr_assert_eq(query.since_ns, cases[i].since_ns, "%s", cases[i].query);
        cr_assert_eq(query.until_ns, cases[i].until_ns, "%s", cases[i].query);
        cr_assert_eq(query.max, cases[i].max, "%s", cases[i].query);
        cr_assert_eq(query.format, cases[i].format, "%s", cases[i].query);
        sj_dash_query_release(&query);
    }
}

Test(query, what_is_wrong_is_said)
{
    static const struct {
        const char *path, *query, *said;
    } cases[] = {
        {"/elsewhere", "", "below /dash"},
        {"/dashboard", "", "below /dash"},
        {"/dash/a/b/c/d", "", "%2F"},
        {"/dash/%", "", "%25"},
        {"/dash/%4", "", "%25"},
        {"/dash/%g0", "", "%25"},
        {"/dash/%00", "", "no text"},
        {"/dash/%ff", "", "no text"},
        {"/dash/%0a", "", "no text"},
        {"/dash/%ed%a0%80", "", "no text"},
        {"/dash", "colour=red", "unknown parameter 'colour'; known are a, b, branch"},
        {"/dash", "branch=a&branch=b", "twice"},
        {"/dash", "format=json&format=csv", "twice"},
        {"/dash", "format=xml", "none of html, json, csv"},
        {"/dash", "since=soon", "a span such as 90d"},
        {"/dash", "since=2025-02-30", "neither"},
        {"/dash", "until=90d", "no day"},
        {"/dash", "since=2025-11-02&until=2025-11-01", "before since"},
        {"/dash", "max=0", "from 1"},
        {"/dash", "max=-1", "from 1"},
        {"/dash", "max=1000000", "from 1"},
        {"/dash", "branch=%ff", "no text"},
        {"/dash", "%62ranch=%", "%25"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_dash_query query;
        struct sj_err err = {0};
        cr_assert_eq(read_query(cases[i].path, cases[i].query, &query, &err), -EINVAL, "%s?%s",
                     cases[i].path, cases[i].query);
        cr_assert(strstr(err.text, cases[i].said), "%s", err.text);
    }
}

Test(query, a_part_that_is_too_long_is_refused)
{
    char path[1200] = "/dash/";
    struct sj_dash_query query;
    struct sj_err err = {0};
    memset(path + 6, 'a', 1000);
    cr_assert_eq(read_query(path, "", &query, &err), -EINVAL);
    cr_assert(strstr(err.text, "longer"), "%s", err.text);
}

// A link says what it was made from, whatever bytes that holds.
Test(query, links_are_read_back)
{
    static const struct {
        const char *page, *first, *second, *link;
    } cases[] = {
        {NULL, NULL, NULL, "/dash?branch=a%26b%20c&since=90d"},
        {"overview", NULL, NULL, "/dash?branch=a%26b%20c&since=90d"},
        {"unit", "src/<a>.o", NULL, "/dash/unit/src%2F%3Ca%3E.o?branch=a%26b%20c&since=90d"},
        {"compare", "a", "\xc3\xa4", "/dash/compare/a/%C3%A4?branch=a%26b%20c&since=90d"},
        {"compare", "", "b", "/dash/compare?branch=a%26b%20c&since=90d"},
    };
    struct sj_dash_query query;
    cr_assert_eq(read_query("/dash/builds", "sort=-cpu&branch=a%26b+c&since=90d", &query, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *link = sj_dash_link(&query, cases[i].page, cases[i].first, cases[i].second);
        cr_assert_str_eq(link, cases[i].link);
        free(link);
    }
    char *link = sj_dash_link(NULL, "builds", NULL, NULL);
    cr_assert_str_eq(link, "/dash/builds");
    free(link);
    link = sj_dash_link_with(&query, SJ_DASH_SORT, "wall");
    cr_assert_str_eq(link, "/dash/builds?branch=a%26b%20c&since=90d&sort=wall");
    free(link);
    link = sj_dash_link_with(&query, SJ_DASH_BRANCH, NULL);
    cr_assert_str_eq(link, "/dash/builds?since=90d&sort=-cpu");
    free(link);
    sj_dash_query_release(&query);
    sj_dash_query_release(NULL);
}
