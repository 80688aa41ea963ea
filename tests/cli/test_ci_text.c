// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "cli/ci_text.h"

Test(ci_text, text_is_printable_utf_8)
{
    static const char *const good[] = {"a", "fix/ü", "日本", "\U0001f426", "a b"};
    static const char *const bad[] = {
        "",
        "a\n",
        "\x1b[2J",
        "\x7f",
        "\xff",
        "\xc3",
        "\xc0\xaf",
        "\xed\xa0\x80",
        "\xc2\x9b"
        "31m",
        "\xe2\x82",
        "a\tb",
        "\xf5\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(sj_ci_is_text(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(sj_ci_is_text(bad[i]), "case %zu", i);
    }
}

Test(ci_text, refs_are_what_git_lets_pass)
{
    static const char *const good[] = {
        "main", "fix/7", "v1.0", "a'b\"c", "x;rm${IFS}-rf", "<b>", "a,b=c", "`id`", "ü", "@",
    };
    static const char *const bad[] = {
        "",   "-x",  "a b", "a..b", "a//b", "/a",   "a/",    "a.",  ".a",     "a/.b",     "a~1",
        "a^", "a:b", "a?",  "a*",   "a[b",  "a\\b", "a@{1}", "a\n", "a.lock", "a.lock/b",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(sj_ci_is_ref(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(sj_ci_is_ref(bad[i]), "'%s'", bad[i]);
    }
}

Test(ci_text, urls_may_be_shown_to_anybody)
{
    static const char *const good[] = {"https://ci.example/run/7?x=1#y", "http://h:8080/"};
    static const char *const bad[] = {
        "",           "ftp://h/",     "https://",      "javascript:alert(1)", "https://u:p@h/",
        "https:///x", "https://h/ x", "https://h/<b>", "https://h/\"",        "https://h/ü",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(sj_ci_is_url(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(sj_ci_is_url(bad[i]), "%s", bad[i]);
    }
}

Test(ci_text, projects_are_named_by_host_and_path)
{
    static const struct {
        const char *url;
        const char *project; // NULL: none
    } cases[] = {
        {"https://github.com/redis/redis.git", "github.com/redis/redis"},
        {"https://user:secret@GitHub.com:443/redis/redis/", "github.com/redis/redis"},
        {"git@github.com:redis/redis.git", "github.com/redis/redis"},
        {"ssh://git@host.example:2222/group/sub/name.git", "host.example/group/sub/name"},
        {"host:path", "host/path"},
        {"git://h/x", "h/x"},
        {"/srv/git/x.git", NULL},
        {"../x", NULL},
        {"file:///srv/x", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"https://h", NULL},
        {"https://h/", NULL},
        {"https://h<b>/x", NULL},
        {"https://h/x?token=1", NULL},
        {"https://h/x\n", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(1000);
        bool is_named = sj_ci_project_of_url(cases[i].url, &out);
        cr_expect_eq(is_named, cases[i].project != NULL, "%s", cases[i].url);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].project ? cases[i].project : "", "%s",
                         cases[i].url);
    }
}
