// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/access.h"

static char root[PATH_MAX];
static char tokens_path[PATH_MAX + 8];
static char spaces_path[PATH_MAX + 8];

static void setup(void)
{
    char made[] = "/tmp/test-access-XXXXXX";
    cr_assert(mkdtemp(made));
    cr_assert(realpath(made, root));
    (void)snprintf(tokens_path, sizeof tokens_path, "%s/tokens", root);
    (void)snprintf(spaces_path, sizeof spaces_path, "%s/spaces", root);
}

static void teardown(void)
{
    (void)sj_tree_remove(root);
}

TestSuite(access, .init = setup, .fini = teardown);

// A file that was last written to some time ago, each time later than the last.
static void put(const char *path, const char *text)
{
    static int age_s = 100000;
    struct timespec now = {.tv_sec = (time_t)(sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S) - age_s--};
    const struct timespec times[2] = {now, now};
    cr_assert_eq(sj_file_write(path, 0600, text, strlen(text)), 0);
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

// A token, and its line for the file.
static char *make(const char *scopes, const char *spaces, int64_t expires_s,
                  char text[SJ_TOKEN_TEXT_SIZE])
{
    struct sj_token token;
    struct sj_buf line = SJ_BUF_INIT(4096);
    cr_assert_eq(sj_token_make(&token, text), 0);
    token.scopes = sj_scopes_parse(sj_str_of(scopes));
    token.spaces = sj_strdup(spaces);
    token.note = sj_strdup("");
    token.expires_s = expires_s;
    sj_token_list_format(&(struct sj_token_list){.items = &token, .count = 1}, &line);
    sj_token_release(&token);
    return line.data;
}

static struct sj_access *open_rules(unsigned anonymous)
{
    struct sj_access *access = NULL;
    struct sj_err err;
    const struct sj_access_options options = {tokens_path, spaces_path, anonymous, 2};
    cr_assert_eq(sj_access_open(&options, &access, &err), 0, "%s", err.text);
    return access;
}

static struct sj_grant judge(struct sj_access *access, const char *token, const char *space)
{
    struct sj_grant grant;
    SJ_AUTO(sj_auto_free) char *header = token ? sj_asprintf("Bearer %s", token) : NULL;
    const struct sj_rules *rules = sj_access_rules(access);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {.s_addr = 1}};
    sj_access_judge(access, rules, header, sj_str_of(space), (const struct sockaddr *)&in, &grant);
    sj_rules_unref(access, rules);
    return grant;
}

static void expect_grant(struct sj_access *access, const char *token, const char *space,
                         unsigned scopes)
{
    struct sj_grant grant = judge(access, token, space);
    cr_expect_eq(grant.scopes, scopes, "%s: %u, not %u", space, grant.scopes, scopes);
    cr_expect_not(grant.is_refused);
    cr_expect_not(grant.is_throttled);
}

Test(access, grants_nothing_without_files)
{
    struct sj_access *access = open_rules(0);
    char text[SJ_TOKEN_TEXT_SIZE];
    free(make("read", "*", 0, text));
    expect_grant(access, NULL, "", 0);
    expect_grant(access, NULL, "main", 0);
    cr_assert(judge(access, text, "main").is_refused);
    sj_access_close(access);
    sj_access_close(NULL);
}

Test(access, grants_what_a_token_says)
{
    char reader[SJ_TOKEN_TEXT_SIZE];
    char writer[SJ_TOKEN_TEXT_SIZE];
    char admin[SJ_TOKEN_TEXT_SIZE];
    char old[SJ_TOKEN_TEXT_SIZE];
    SJ_AUTO(sj_auto_free) char *a = make("read", "main", 0, reader);
    SJ_AUTO(sj_auto_free) char *b = make("read,write", "pr-*,default", INT64_MAX, writer);
    SJ_AUTO(sj_auto_free) char *c = make("admin", "main", 0, admin);
    SJ_AUTO(sj_auto_free) char *d = make("read", "main", 1, old);
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s%s%s%s", a, b, c, d);
    put(tokens_path, file);
    struct sj_access *access = open_rules(0);

    expect_grant(access, reader, "main", SJ_SCOPE_READ);
    expect_grant(access, reader, "pr-1", 0);
    expect_grant(access, reader, "", 0);
    expect_grant(access, writer, "pr-1", SJ_SCOPE_READ | SJ_SCOPE_WRITE);
    expect_grant(access, writer, "", SJ_SCOPE_READ | SJ_SCOPE_WRITE);
    expect_grant(access, writer, "main", 0);
    expect_grant(access, admin, "main", SJ_SCOPE_ADMIN);
    expect_grant(access, admin, "other", SJ_SCOPE_ADMIN);
    cr_assert_eq(memcmp(judge(access, reader, "main").id, reader + 3, 8), 0);

    struct sj_grant grant = judge(access, old, "main");
    cr_assert(grant.is_refused);
    cr_assert_eq(grant.scopes, 0);
    cr_assert_str_eq(grant.id, "");
    sj_access_close(access);
}

Test(access, lets_the_anonymous_do_what_a_section_says)
{
    char reader[SJ_TOKEN_TEXT_SIZE];
    SJ_AUTO(sj_auto_free) char *file = make("write", "open,closed", 0, reader);
    put(tokens_path, file);
    put(spaces_path, "[open]\nanonymous = read\n[closed]\nanonymous = none\n[plain]\n");
    struct sj_access *access = open_rules(SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN);
    expect_grant(access, NULL, "open", SJ_SCOPE_READ | SJ_SCOPE_ADMIN);
    expect_grant(access, NULL, "closed", SJ_SCOPE_ADMIN);
    expect_grant(access, NULL, "plain", SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN);
    expect_grant(access, NULL, "", SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN);
    expect_grant(access, reader, "open", SJ_SCOPE_READ | SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN);
    // Who shows a wrong token is told, even where none is needed.
    struct sj_grant grant = judge(access, "sj_wrong", "open");
    cr_assert(grant.is_refused);
    cr_assert_eq(grant.scopes, 0);
    sj_access_close(access);
}

Test(access, reads_files_again)
{
    char text[SJ_TOKEN_TEXT_SIZE];
    struct sj_err err;
    SJ_AUTO(sj_auto_free) char *file = make("read", "main", 0, text);
    struct sj_access *access = open_rules(0);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    put(tokens_path, file);
    cr_assert_eq(sj_access_reload(access, &err), 1);
    expect_grant(access, text, "main", SJ_SCOPE_READ);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    put(tokens_path, file);
    cr_assert_eq(sj_access_reload(access, &err), 0, "the same text is nothing new");

    put(spaces_path, "[main]\nanonymous = read\n");
    cr_assert_eq(sj_access_reload(access, &err), 1);
    expect_grant(access, NULL, "main", SJ_SCOPE_READ);

    put(tokens_path, "");
    cr_assert_eq(sj_access_reload(access, &err), 1);
    cr_assert(judge(access, text, "main").is_refused);
    sj_access_close(access);
}

Test(access, keeps_old_rules_when_a_file_is_wrong)
{
    char text[SJ_TOKEN_TEXT_SIZE];
    struct sj_err err;
    SJ_AUTO(sj_auto_free) char *file = make("read", "main", 0, text);
    put(tokens_path, file);
    struct sj_access *access = open_rules(0);
    file[strlen(file) - 3] = '\0';
    put(tokens_path, file);
    cr_assert_eq(sj_access_reload(access, &err), -EINVAL);
    cr_assert(strstr(err.text, tokens_path));
    expect_grant(access, text, "main", SJ_SCOPE_READ);
    cr_assert_eq(sj_access_reload(access, &err), 0, "one state of a file is complained about once");

    // The other file is read all the same.
    put(spaces_path, "[main]\nanonymous = write\n");
    cr_assert_eq(sj_access_reload(access, &err), 1);
    expect_grant(access, text, "main", SJ_SCOPE_READ | SJ_SCOPE_WRITE);
    put(spaces_path, "[main\n");
    cr_assert_eq(sj_access_reload(access, &err), -EINVAL);
    expect_grant(access, text, "main", SJ_SCOPE_READ | SJ_SCOPE_WRITE);
    sj_access_close(access);
}

Test(access, waits_for_a_file_to_be_whole)
{
    struct sj_err err;
    struct sj_access *access = open_rules(SJ_SCOPE_READ);
    // Just written: it counts once it is at rest.
    static const char half[] = "[closed]\nanonymous = none\n";
    cr_assert_eq(sj_file_write(spaces_path, 0600, half, sizeof half - 1), 0);
    int status = 0;
    uint64_t end = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    while (status == 0 && sj_clock_ns(CLOCK_MONOTONIC) < end) {
        status = sj_access_reload(access, &err);
    }
    cr_assert_eq(status, 1);
    expect_grant(access, NULL, "closed", 0);

    // A file that has just gone may come back: the rules must not fall in between.
    cr_assert_eq(unlink(spaces_path), 0);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    expect_grant(access, NULL, "closed", 0);
    put(spaces_path, half);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    expect_grant(access, NULL, "closed", 0);
    cr_assert_eq(unlink(spaces_path), 0);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    cr_assert_eq(sj_access_reload(access, &err), 1);
    expect_grant(access, NULL, "closed", SJ_SCOPE_READ);
    cr_assert_eq(sj_access_reload(access, &err), 0);
    sj_access_close(access);
}

Test(access, is_not_opened_with_a_wrong_file)
{
    struct sj_access *access = NULL;
    struct sj_err err;
    const struct sj_access_options options = {.tokens_path = tokens_path,
                                              .spaces_path = spaces_path};
    put(tokens_path, "nonsense\n");
    cr_assert_eq(sj_access_open(&options, &access, &err), -EINVAL);
    cr_assert_null(access);
    cr_assert_eq(unlink(tokens_path), 0);
    cr_assert_eq(mkdir(tokens_path, 0700), 0);
    cr_assert_eq(sj_access_open(&options, &access, &err), -EISDIR);
    cr_assert_null(access);
}

Test(access, keeps_rules_while_a_request_holds_them)
{
    char text[SJ_TOKEN_TEXT_SIZE];
    struct sj_err err;
    SJ_AUTO(sj_auto_free) char *file = make("read", "main", 0, text);
    put(tokens_path, file);
    struct sj_access *access = open_rules(0);
    const struct sj_rules *before = sj_access_rules(access);
    put(tokens_path, "");
    cr_assert_eq(sj_access_reload(access, &err), 1);
    const struct sj_rules *after = sj_access_rules(access);
    cr_assert_neq(before, after);
    cr_assert_eq(before->tokens.count, 1);
    cr_assert_eq(after->tokens.count, 0);
    sj_rules_unref(access, before);
    sj_rules_unref(access, after);
    sj_rules_unref(access, NULL);
    cr_assert_eq(sj_access_rules(access), after);
    sj_access_close(access);
}

Test(access, brakes_who_guesses)
{
    char text[SJ_TOKEN_TEXT_SIZE];
    SJ_AUTO(sj_auto_free) char *file = make("read", "main", 0, text);
    put(tokens_path, file);
    struct sj_access *access = open_rules(SJ_SCOPE_READ);
    for (int i = 0; i < 4; i++) {
        struct sj_grant grant =
            judge(access, "sj_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "main");
        cr_assert(grant.is_refused);
        cr_assert_eq(grant.is_throttled, i >= 2);
        cr_assert_eq(grant.scopes, 0);
    }
    // Neighbours behind the same address keep their cache.
    expect_grant(access, text, "main", SJ_SCOPE_READ);
    expect_grant(access, NULL, "main", SJ_SCOPE_READ);
    sj_access_close(access);
}

struct race {
    struct sj_access *access;
    const char *token;
    atomic_bool is_over;
    atomic_uint wrong;
};

static void *ask(void *user)
{
    struct race *race = user;
    while (!atomic_load(&race->is_over)) {
        struct sj_grant grant = judge(race->access, race->token, "main");
        if (grant.scopes != SJ_SCOPE_READ && grant.scopes != SJ_SCOPE_WRITE) {
            atomic_fetch_add(&race->wrong, 1);
        }
    }
    return NULL;
}

Test(access, changes_under_requests)
{
    char text[SJ_TOKEN_TEXT_SIZE];
    SJ_AUTO(sj_auto_free) char *reads = make("read", "main", 0, text);
    char *at = strstr(reads, " read ");
    cr_assert(at);
    SJ_AUTO(sj_auto_free)
    char *writes = sj_asprintf("%.*s write %s", (int)(at - reads), reads, at + 6);
    put(tokens_path, reads);
    struct race race = {.access = open_rules(0), .token = text};
    pthread_t threads[2];
    struct sj_err err;
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, ask, &race), 0);
    }
    for (int i = 0; i < 200; i++) {
        put(tokens_path, i % 2 ? reads : writes);
        cr_assert_eq(sj_access_reload(race.access, &err), 1);
    }
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    cr_assert_eq(atomic_load(&race.wrong), 0);
    sj_access_close(race.access);
}
