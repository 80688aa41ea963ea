// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "server/space.h"
#include "server/token.h"

static int parse(const char *text, struct sj_space_list *out, struct sj_err *err)
{
    return sj_space_list_parse(text, strlen(text), "spaces", out, err);
}

static void must_parse(const char *text, struct sj_space_list *out)
{
    struct sj_err err;
    cr_assert_eq(parse(text, out, &err), 0, "%s", err.text);
}

Test(space, reads_every_key)
{
    struct sj_space_list list;
    must_parse("# comment\n; another\n\n[main]\nquota = 20GiB\n\tmax_entry=1MiB \nimmutable = yes\n"
               "validate_ac = on\ndiscard = true\nanonymous = read,write\r\n[pr-*]\n"
               "overlay = main\nanonymous = none\n[*]\n",
               &list);
    cr_assert_eq(list.count, 3);
    const struct sj_space_rule *rule = sj_space_find(&list, sj_str_of("main"));
    cr_assert_str_eq(rule->pattern, "main");
    cr_assert_eq(rule->quota, UINT64_C(20) << 30);
    cr_assert_eq(rule->max_entry, 1 << 20);
    cr_assert(rule->is_immutable && rule->validates_ac && rule->discards && rule->has_anonymous);
    cr_assert_eq(rule->anonymous, SJ_SCOPE_READ | SJ_SCOPE_WRITE);
    cr_assert_null(rule->overlay);
    rule = sj_space_find(&list, sj_str_of("pr-1"));
    cr_assert_str_eq(rule->overlay, "main");
    cr_assert(rule->has_anonymous);
    cr_assert_eq(rule->anonymous, 0);
    rule = sj_space_find(&list, sj_str_of(""));
    cr_assert_str_eq(rule->pattern, "*");
    cr_assert_not(rule->has_anonymous);
    sj_space_list_release(&list);
}

Test(space, has_no_rules_without_a_section)
{
    struct sj_space_list list;
    must_parse("[main]\nquota = 1\n", &list);
    const struct sj_space_rule *rule = sj_space_find(&list, sj_str_of("other"));
    cr_assert_null(rule->pattern);
    cr_assert_eq(rule->quota, 0);
    sj_space_list_release(&list);
    cr_assert_null(sj_space_find(&list, sj_str_of("main"))->overlay);
}

Test(space, counts_the_first_that_fits)
{
    struct sj_space_list list;
    must_parse("[pr-1]\nquota = 1\n[pr-*]\nquota = 2\n[pr-2]\nquota = 3\n[default]\nquota = 4\n",
               &list);
    cr_assert_eq(sj_space_find(&list, sj_str_of("pr-1"))->quota, 1);
    cr_assert_eq(sj_space_find(&list, sj_str_of("pr-2"))->quota, 2);
    cr_assert_eq(sj_space_find(&list, sj_str_of(""))->quota, 4);
    cr_assert_eq(sj_space_find(&list, sj_str_of("default"))->quota, 4);
    sj_space_list_release(&list);
}

Test(space, refuses_what_is_wrong)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"quota = 1\n", "spaces:1: 'quota' stands before"},
        {"[main]\nquoat = 1\n", "spaces:2: the keys are anonymous, discard, immutable, "},
        {"[main]\nquota 1\n", "spaces:2: a line is"},
        {"[main]\nquota = much\n", "spaces:2: 'quota' takes a size"},
        {"[main]\nquota =\n", "spaces:2: 'quota' takes a size"},
        {"[main]\nquota = 1\nquota = 2\n", "spaces:3: 'quota' is there twice"},
        {"[main]\n[main]\n", "spaces:2: [main] is there twice"},
        {"[main\n", "spaces:1: a section is"},
        {"[]\n", "spaces:1: a section is"},
        {"[\n", "spaces:1: a section is"},
        {"[v1]\n", "spaces:1: a section is"},
        {"[Main]\n", "spaces:1: a section is"},
        {"[main]\nimmutable = perhaps\n", "spaces:2: 'immutable' takes true or false"},
        {"[main]\nanonymous = admin\n", "spaces:2: 'anonymous' takes none"},
        {"[main]\nanonymous = read,none\n", "spaces:2: 'anonymous' takes none"},
        {"[main]\nanonymous =\n", "spaces:2: 'anonymous' takes none"},
        {"[a-*]\noverlay = pr-*\n", "spaces:2: 'overlay' takes one namespace"},
        {"[a-*]\noverlay = v8\n", "spaces:2: 'overlay' takes one namespace"},
        {"[main]\noverlay = main\n", "spaces: [main]: its overlays come back to 'main'"},
        {"[*]\noverlay = main\n", "spaces: [*]: its overlays come back to 'main'"},
        {"[one]\noverlay = two\n[two]\noverlay = one\n", "overlays come back to 'two'"},
        {"[one]\noverlay = two\n[two]\noverlay = three\n[three]\noverlay = four\n"
         "[four]\noverlay = five\n",
         "spaces: [one]: its overlays are more than 4 namespaces deep"},
        {"[main]\nquota = 1", "spaces: its last line has no end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_space_list list = {0};
        struct sj_err err = {0};
        cr_expect_eq(parse(cases[i].text, &list, &err), -EINVAL, "%s", cases[i].text);
        cr_expect(strstr(err.text, cases[i].says), "%s: %s", cases[i].text, err.text);
        cr_expect_eq(list.count, 0);
    }
}

Test(space, looks_into_what_it_overlays)
{
    struct sj_space_list list;
    struct sj_str chain[SJ_OVERLAY_MAX];
    must_parse("[stack-*]\noverlay = pr-1\n[pr-*]\noverlay = main\n[main]\noverlay = default\n"
               "[other]\n",
               &list);
    static const struct {
        const char *space;
        size_t count;
        const char *names[SJ_OVERLAY_MAX];
    } cases[] = {
        {"stack-1", 4, {"stack-1", "pr-1", "main", ""}},
        {"pr-2", 3, {"pr-2", "main", ""}},
        {"main", 2, {"main", ""}},
        {"", 1, {""}},
        {"default", 1, {""}},
        {"other", 1, {"other"}},
        {"nowhere", 1, {"nowhere"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(sj_space_chain(&list, sj_str_of(cases[i].space), chain), cases[i].count, "%s",
                     cases[i].space);
        for (size_t k = 0; k < cases[i].count; k++) {
            cr_expect(sj_str_eq(chain[k], sj_str_of(cases[i].names[k])), "%s, %zu", cases[i].space,
                      k);
        }
    }
    sj_space_list_release(&list);
}
