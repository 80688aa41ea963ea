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
        ("\xc2\x9b"
         "31m"),
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

Test(ci_text, projects_are_host_and_path)
{
    static const char *const good[] = {"github.com/redis/redis", "h/x", "h_1/ü/x,y"};
    static const char *const bad[] = {
        "", "name", "/x", "h<b>/x", "h/x?token=1", "h/x#y", "h/a b", "h/x\n", "h/<b>", "h/`id`",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(sj_ci_is_project(good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(sj_ci_is_project(bad[i]), "%s", bad[i]);
    }
}
