// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "server/token.h"

#define HASH_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH_B "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH_C "a123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int parse(const char *text, struct sj_token_list *out, struct sj_err *err)
{
    return sj_token_list_parse(text, strlen(text), "tokens", out, err);
}

Test(token, reads_its_file)
{
    static const char text[] =
        "# a comment\n\n"
        "00000002 " HASH_B " read main,pr-* 1790000000 1792592000 a note, long\n"
        "00000001 " HASH_A " read,write,admin * 0 -\n"
        "00000003 " HASH_C " admin default 5 6 \n";
    struct sj_token_list list;
    struct sj_err err;
    cr_assert_eq(parse(text, &list, &err), 0, "%s", err.text);
    cr_assert_eq(list.count, 3);
    cr_assert_str_eq(list.items[0].id, "00000001");
    cr_assert_eq(list.items[0].scopes, SJ_SCOPE_READ | SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN);
    cr_assert_eq(list.items[0].expires_s, 0);
    cr_assert_str_eq(list.items[0].note, "");
    cr_assert_str_eq(list.items[1].id, "00000003");
    cr_assert_str_eq(list.items[1].note, "");
    cr_assert_eq(list.items[1].hash[0], 0xa1);
    cr_assert_str_eq(list.items[2].note, "a note, long");
    cr_assert_str_eq(list.items[2].spaces, "main,pr-*");
    cr_assert_eq(list.items[2].created_s, 1790000000);
    cr_assert_eq(list.items[2].expires_s, 1792592000);

    // What is written is read again, and is then the same.
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(4096);
    SJ_AUTO(sj_buf_release) struct sj_buf again = SJ_BUF_INIT(4096);
    sj_token_list_format(&list, &out);
    sj_token_list_release(&list);
    cr_assert_eq(parse(sj_buf_text(&out), &list, &err), 0, "%s", err.text);
    sj_token_list_format(&list, &again);
    sj_token_list_release(&list);
    cr_assert_str_eq(sj_buf_text(&out), sj_buf_text(&again));
}

Test(token, refuses_a_wrong_line)
{
    static const char *const bad[] = {
        "00000001",
        "0000000 " HASH_A " read main 0 -",
        "0000000G " HASH_A " read main 0 -",
        "00000001 " HASH_A "0 read main 0 -",
        "00000001 0123 read main 0 -",
        "00000001  " HASH_A " read main 0 -",
        " 00000001 " HASH_A " read main 0 -",
        "00000001 " HASH_A " - main 0 -",
        "00000001 " HASH_A " read,own main 0 -",
        "00000001 " HASH_A " read, main 0 -",
        "00000001 " HASH_A " ,read main 0 -",
        "00000001 " HASH_A " read Main 0 -",
        "00000001 " HASH_A " read main, 0 -",
        "00000001 " HASH_A " read main,,pr-1 0 -",
        "00000001 " HASH_A " read v1 0 -",
        "00000001 " HASH_A " read ../* 0 -",
        "00000001 " HASH_A " read main - -",
        "00000001 " HASH_A " read main -1 -",
        "00000001 " HASH_A " read main 0 0",
        "00000001 " HASH_A " read main 0 9223372036854775808",
        "00000001 " HASH_A " read main 0 99999999999999999999999999",
        "00000001 " HASH_A " read main 0",
        "00000001 " HASH_A " read main 0 - tab\there",
        "00000001 " HASH_A " read main 0 - \r",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sj_token_list list = {0};
        struct sj_err err = {0};
        SJ_AUTO(sj_auto_free) char *text = sj_asprintf("# 1\n%s\n", bad[i]);
        cr_expect_eq(parse(text, &list, &err), -EINVAL, "%s", bad[i]);
        cr_expect(strncmp(err.text, "tokens:2: ", 10) == 0, "%s: %s", bad[i], err.text);
        cr_expect_eq(list.count, 0);
    }
}

Test(token, refuses_twins_and_half_a_line)
{
    struct sj_token_list list;
    struct sj_err err;
    cr_assert_eq(parse("00000001 " HASH_A " read main 0 -\n00000001 " HASH_B " read main 0 -\n",
                       &list, &err),
                 -EINVAL);
    cr_assert_eq(parse("00000001 " HASH_A " read main 0 -\n00000002 " HASH_A " read main 0 -\n",
                       &list, &err),
                 -EINVAL);
    cr_assert_eq(parse("00000001 " HASH_A " read main 0 -", &list, &err), -EINVAL);
    static const char with_nul[] = "00000001 " HASH_A " read ma\0in 0 -\n";
    cr_assert_eq(sj_token_list_parse(with_nul, sizeof with_nul - 1, "t", &list, &err), -EINVAL);
    cr_assert_eq(sj_token_list_parse("", 0, "t", &list, &err), 0);
    cr_assert_eq(list.count, 0);
    sj_token_list_release(&list);
}

#define MANY 37

struct many {
    struct sj_buf file;
    char texts[MANY][SJ_TOKEN_TEXT_SIZE];
};

static void make_many(struct many *many, struct sj_token_list *out)
{
    struct sj_token tokens[MANY];
    struct sj_err err;
    many->file = SJ_BUF_INIT(1 << 16);
    for (size_t i = 0; i < MANY; i++) {
        cr_assert_eq(sj_token_make(&tokens[i], many->texts[i]), 0);
        tokens[i].spaces = sj_strdup("main");
        tokens[i].note = sj_strdup("");
        tokens[i].scopes = SJ_SCOPE_READ;
        tokens[i].expires_s = i % 3 ? 0 : 1000;
    }
    sj_token_list_format(&(struct sj_token_list){.items = tokens, .count = MANY}, &many->file);
    for (size_t i = 0; i < MANY; i++) {
        sj_token_release(&tokens[i]);
    }
    cr_assert_eq(parse(sj_buf_text(&many->file), out, &err), 0, "%s", err.text);
    cr_assert_eq(out->count, MANY);
}

Test(token, finds_each_one_until_it_expires)
{
    struct many many;
    struct sj_token_list list;
    make_many(&many, &list);
    for (size_t i = 0; i < MANY; i++) {
        struct sj_str shown = sj_str_of(many.texts[i]);
        const struct sj_token *token = sj_token_find(&list, shown, 999);
        cr_assert(token);
        cr_assert_eq(memcmp(many.texts[i] + 3, token->id, 8), 0);
        cr_assert_eq(sj_token_find(&list, shown, 1000) == NULL, i % 3 == 0);
        many.texts[i][20] ^= 1;
        cr_assert_null(sj_token_find(&list, shown, 0));
        many.texts[i][20] ^= 1;
        cr_assert_null(sj_token_find(&list, (struct sj_str){shown.data, shown.len - 1}, 0));
    }
    cr_assert_null(sj_token_find(&list, sj_str_of(""), 0));
    cr_assert_null(sj_token_find(&list, (struct sj_str){NULL, 0}, 0));
    sj_token_list_release(&list);
    sj_buf_release(&many.file);
}

Test(token, finds_none_in_an_empty_list)
{
    struct sj_token token;
    char text[SJ_TOKEN_TEXT_SIZE];
    struct sj_token_list list = {0};
    struct sj_err err;
    cr_assert_eq(sj_token_make(&token, text), 0);
    cr_assert_null(sj_token_find(&list, sj_str_of(text), 0));
    cr_assert_eq(parse("# none\n", &list, &err), 0);
    cr_assert_null(sj_token_find(&list, sj_str_of(text), 0));
    sj_token_list_release(&list);
}

Test(token, takes_no_weak_secret_that_was_hashed_by_hand)
{
    // SHA-256 of "password".
    static const char text[] = "00000001 "
                               "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
                               " read * 0 -\n";
    struct sj_token_list list;
    struct sj_err err;
    cr_assert_eq(parse(text, &list, &err), 0);
    cr_assert_null(sj_token_find(&list, sj_str_of("password"), 0));
    sj_token_list_release(&list);
}

Test(token, makes_each_another)
{
    struct sj_token tokens[2];
    char texts[2][SJ_TOKEN_TEXT_SIZE];
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(sj_token_make(&tokens[i], texts[i]), 0);
        cr_assert_eq(strlen(texts[i]), 44);
        cr_assert_eq(memcmp(texts[i], "sj_", 3), 0);
        cr_assert_eq(texts[i][11], '_');
        cr_assert_eq(strspn(texts[i] + 12, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789-_"),
                     32);
    }
    cr_assert_str_neq(texts[0] + 12, texts[1] + 12);
    cr_assert_neq(memcmp(tokens[0].hash, tokens[1].hash, 32), 0);
}

Test(token, fits_patterns)
{
    static const struct {
        const char *pattern;
        const char *name;
        bool fits;
    } cases[] = {
        {"main", "main", true},
        {"main", "mai", false},
        {"main", "mainx", false},
        {"*", "main", true},
        {"*", "", true},
        {"pr-*", "pr-1", true},
        {"pr-*", "pr-", true},
        {"pr-*", "apr-1", false},
        {"*-pr", "a-pr-pr", true},
        {"*-pr", "a-pr-p", false},
        {"a*b*c", "aXbXbXc", true},
        {"a*b*c", "aXcXb", false},
        {"**", "x", true},
        {"a**", "a", true},
        {"", "", true},
        {"", "x", false},
        {"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_pattern_fits(sj_str_of(cases[i].pattern), sj_str_of(cases[i].name)),
                     cases[i].fits, "%s, %s", cases[i].pattern, cases[i].name);
    }
}

Test(token, is_for_namespaces)
{
    char spaces[] = "main,pr-*,default";
    struct sj_token token = {.spaces = spaces};
    cr_assert(sj_token_fits(&token, sj_str_of("main")));
    cr_assert(sj_token_fits(&token, sj_str_of("pr-7")));
    cr_assert(sj_token_fits(&token, sj_str_of("")));
    cr_assert(sj_token_fits(&token, sj_str_of("default")));
    cr_assert_not(sj_token_fits(&token, sj_str_of("mai")));
    cr_assert_not(sj_token_fits(&token, sj_str_of("other")));
    spaces[0] = '\0';
    cr_assert_not(sj_token_fits(&token, sj_str_of("")));
}
