// SPDX-License-Identifier: Apache-2.0
// The dashboard with real records: who sees what, how it is written, what is said when there is
// nothing.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../record/database.h"
#include "base/file.h"
#include "base/mem.h"
#include "dash/dash.h"
#include "dash/kept.h"
#include "dash/mirror.h"
#include "dash/warm.h"

static struct database at;
static struct sj_config config;
static struct sj_dash *dash;

static void setup(void)
{
    struct sj_err err = {0};
    database_make(&at);
    cr_assert_geq(sj_config_load(&config, &err), 0, "%s", err.text);
    cr_assert_eq(sj_config_set(&config, "cache_dir", at.dir, SJ_ORIGIN_ARG, &err), 0);
    const struct sj_dash_options options = {.config = &config};
    cr_assert_eq(sj_dash_open(&options, &dash, &err), 0, "%s", err.text);
}

static void teardown(void)
{
    sj_dash_close(dash);
    sj_config_release(&config);
    database_remove(&at);
}

TestSuite(site, .init = setup, .fini = teardown);

static void build(const char *id, const char *project, const char *labels)
{
    const char *const pairs[] = {"project", project, "branch", "main", "job", "gcc", NULL};
    struct sj_note_pair list[3];
    struct sj_note note = {.kind = SJ_NOTE_BEGIN, .build = id, .pairs = list, .label = labels};
    note.time_ns = DATABASE_START;
    for (size_t i = 0; pairs[2 * i]; i++) {
        list[note.pair_count++] = (struct sj_note_pair){pairs[2 * i], pairs[2 * i + 1]};
    }
    cr_assert_geq(sj_journal_append_note(at.dir, 0, &note), 0);
    const struct sj_record record = {
        .start_ns = DATABASE_START + SECOND,
        .outcome = SJ_OUTCOME_MISS,
        .build = id,
        .user_ns = SECOND,
        .output = id,
        .toolchain = "gcc",
        .label = labels,
    };
    database_append(&at, &record);
    (void)database_ingest(&at);
}

/** Who asks. */
struct reader {
    const char *spaces; // that he may read, each behind a blank
    bool is_admin;
    bool is_signed_in;
};

static bool may_read(struct sj_str space, void *user)
{
    const struct reader *reader = user;
    char word[80];
    (void)snprintf(word, sizeof word, " %.*s ", (int)space.len, space.data);
    return reader->is_admin || strstr(reader->spaces, word);
}

static const struct reader everybody = {.spaces = " one two default "};
static const struct reader nobody = {.spaces = ""};
static const struct reader first = {.spaces = " one ", .is_signed_in = true};
static const struct reader admin = {.spaces = "", .is_admin = true};

// Asks for a page. The answer's body is the caller's.
static struct sj_page_answer ask(const struct reader *reader, const char *path, const char *query,
                                 const char *accept)
{
    const struct sj_page_request request = {
        .path = sj_str_of(path),
        .query = sj_str_of(query),
        .accept = accept,
        .if_none_match = "",
        .host = "build.example:8417",
        .is_signed_in = reader->is_signed_in,
        .is_admin = reader->is_admin,
        .may_see = reader->is_admin || reader->spaces[0],
        .problem = "",
        .token_id = "",
        .form_key = "0123",
        .may_read = may_read,
        .may_read_user = (void *)(uintptr_t)reader,
    };
    struct sj_page_answer answer = {.status = 500, .body = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)};
    sj_dash_answer(&request, &answer, dash);
    return answer;
}

// Status of an answer whose body holds a text, and does not hold another.
static void expect(const struct reader *reader, const char *path, const char *query,
                   unsigned status, const char *has, const char *lacks)
{
    struct sj_page_answer answer = ask(reader, path, query, "");
    cr_expect_eq(answer.status, status, "%s?%s: %u", path, query, answer.status);
    const char *body = sj_buf_text(&answer.body);
    cr_expect(!has || strstr(body, has), "%s?%s lacks '%s': %s", path, query, has, body);
    cr_expect(!lacks || !strstr(body, lacks), "%s?%s has '%s': %s", path, query, lacks, body);
    sj_buf_release(&answer.body);
}

Test(site, empty)
{
    expect(&everybody, "/dash", "", 200, "SCRUBJAY_REMOTE=http://build.example:8417 scrubjay run",
           NULL);
    expect(&everybody, "/api/v1/builds", "", 200, "{", "<");
    expect(&everybody, "/dash/build/b", "", 404, "scrubjay run", NULL);
    cr_assert_eq(sj_tree_remove(at.dir), 0);
    expect(&everybody, "/dash", "", 200, "scrubjay run", NULL);
}

Test(site, namespaces)
{
    build("build-one", "p", "namespace=one,x=y");
    build("build-two", "p", "namespace=two");
    build("build-here", "p", NULL);
    expect(&everybody, "/api/v1/builds", "", 200, "build-one", "build-here");
    expect(&everybody, "/api/v1/builds", "", 200, "build-two", "build-here");
    expect(&first, "/api/v1/builds", "", 200, "build-one", "build-two");
    expect(&first, "/api/v1/builds", "space=two", 200, NULL, "build-two");
    expect(&everybody, "/api/v1/builds", "space=two", 200, "build-two", "build-one");
    expect(&first, "/dash/build/build-two", "", 404, NULL, "gcc");
    expect(&admin, "/api/v1/builds", "", 200, "build-here", NULL);
    expect(&nobody, "/dash/builds", "", 401, "name=\"token\"", "build-one");
    expect(&nobody, "/api/v1/builds", "", 401, "unauthenticated", "build-one");
    expect(&(const struct reader){.spaces = "", .is_signed_in = true}, "/dash", "", 403, NULL,
           "build-");
    expect(&first, "/dash/tokens", "", 403, NULL, NULL);
}

Test(site, projects)
{
    build("build-p", "host/p", "namespace=one");
    build("build-none", "", "namespace=one");
    build("build-q", "host/q", "namespace=two");
    expect(&first, "/api/v1/builds", "", 200, "build-p", "build-q");
    expect(&first, "/api/v1/builds", "project=host/q", 200, NULL, "build-q");
    expect(&everybody, "/api/v1/builds", "project=host/q", 200, "build-q", "build-p");
}

Test(site, sees_what_came_later)
{
    build("build-1", "p", "namespace=one");
    expect(&first, "/api/v1/builds", "", 200, "build-1", "build-2");
    build("build-2", "p", "namespace=one");
    expect(&first, "/api/v1/builds", "", 200, "build-2", NULL);
    sj_db_close(at.db);
    at.db = NULL;
    char records[80];
    (void)snprintf(records, sizeof records, "%s/records", at.dir);
    cr_assert_eq(sj_tree_remove(records), 0);
    expect(&first, "/dash", "", 200, "No build has left records", NULL);
}

Test(site, wrong_addresses)
{
    static const struct {
        const char *path, *query;
        unsigned status;
        const char *has;
    } cases[] = {
        {"/dash/nope", "", 404, "overview, builds"},
        {"/dash/commit", "", 404, "/dash/commit/COMMIT"},
        {"/dash/builds/x", "", 404, "nothing below"},
        {"/dash/build/no-such", "", 404, NULL},
        {"/dash/compare/no/such", "", 404, "no"},
        {"/dash/compare", "", 200, NULL},
        {"/dash", "no=such", 400, NULL},
        {"/dash", "branch=%ff", 400, NULL},
        {"/dash", "since=soon", 400, "soon"},
        {"/dash/builds", "format=csv&table=nope", 404, "no such table"},
        {"/api/v1/nope", "", 404, "\"code\":\"not_found\""},
    };
    build("b", "p", "namespace=one");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(&first, cases[i].path, cases[i].query, cases[i].status, cases[i].has, NULL);
    }
}

Test(site, formats)
{
    static const struct {
        const char *path, *query, *accept, *type;
    } cases[] = {
        {"/dash/builds", "", "text/html,application/json", "text/html; charset=utf-8"},
        {"/dash/builds", "", "application/json", "application/json"},
        {"/dash/builds", "", "text/csv", "text/csv; charset=utf-8"},
        {"/dash/builds", "format=json", "text/html", "application/json"},
        {"/dash/builds", "format=csv", "text/html", "text/csv; charset=utf-8"},
        {"/api/v1/builds", "", "text/html", "application/json"},
        {"/dash/login", "", "text/html", "text/html; charset=utf-8"},
    };
    build("b", "p", "namespace=one");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_page_answer answer = ask(&first, cases[i].path, cases[i].query, cases[i].accept);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(answer.type, cases[i].type, "%s?%s %s", cases[i].path, cases[i].query,
                         cases[i].accept);
        sj_buf_release(&answer.body);
    }
}

static off_t kept(void)
{
    struct stat file;
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/records/pages", at.dir);
    return stat(path, &file) == 0 ? file.st_size : 0;
}

// What a page works out it adds to what is kept: one that was made ahead adds nothing.
static void expect_ready(const struct reader *reader, const char *path, bool is_ready)
{
    off_t before = kept();
    expect(reader, path, "", 200, NULL, NULL);
    cr_expect_eq(kept() == before, is_ready, "%s: %ld bytes, then %ld", path, (long)before,
                 (long)kept());
}

Test(site, pages_are_made_ahead)
{
    static const char *const pages[] = {"/dash", "/dash/misses", "/dash/commits"};
    struct sj_err err = {0};
    build("b-one", "p", "namespace=one");
    expect_ready(&admin, "/dash", false);
    sj_dash_close(dash);
    const struct sj_dash_options options = {.config = &config, .is_eager = true};
    cr_assert_eq(sj_dash_open(&options, &dash, &err), 0, "%s", err.text);
    sj_dash_settle(dash);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        expect_ready(&admin, pages[i], true);
    }
    build("b-two", "p", "namespace=two");
    build("b-other", "q", "namespace=two");
    sj_dash_settle(dash);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        expect_ready(&admin, pages[i], true);
    }
    // Whoever sees less has other causes.
    build("b-three", "p", "namespace=one");
    sj_dash_settle(dash);
    expect_ready(&first, "/dash", false);
}

Test(site, slow_pages_are_made_again_for_who_asked)
{
    const struct sj_dash_options options = {.config = &config};
    const struct sj_page_request request = {
        .path = sj_str_of("/dash/misses"),
        .query = sj_str_of("project=p"),
        .may_read = may_read,
        .may_read_user = (void *)(uintptr_t)&first,
    };
    struct sj_err err = {0};
    build("b-one", "p", "namespace=one");
    build("b-two", "p", "namespace=two");
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/records/pages", at.dir);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, SJ_DASH_CACHE_MAX);
    struct sj_dash_ground ground = {0};
    cr_assert_eq(sj_dash_ground_init(&options, &ground, &err), 0);
    cr_assert_eq(sj_dash_ground_refresh(&ground, &err), 0, "%s", err.text);
    struct sj_warmer *warmer = sj_warmer_new(&options, cache);
    cr_assert_not_null(warmer);
    sj_warmer_note(warmer, &ground, &request);
    sj_dash_ground_release(&ground);
    build("b-three", "p", "namespace=one");
    sj_warmer_settle(warmer);
    sj_warmer_free(warmer);
    sj_dash_cache_free(cache);
    expect_ready(&first, "/dash/misses", true);
    expect_ready(&admin, "/dash/misses", true);
}

static void reopen(const struct sj_dash_options *options)
{
    struct sj_err err = {0};
    sj_dash_close(dash);
    cr_assert_eq(sj_dash_open(options, &dash, &err), 0, "%s", err.text);
}

// Asks for a page and compares it with what was there before.
static void expect_page(const struct reader *reader, const char *path, const char *query,
                        struct sj_buf *wanted, bool is_same)
{
    struct sj_page_answer answer = ask(reader, path, query, "");
    cr_expect_eq(answer.status, 200);
    cr_expect_eq(strcmp(sj_buf_text(&answer.body), sj_buf_text(wanted)) == 0, is_same, "%s?%s",
                 path, query);
    sj_buf_release(wanted);
    *wanted = answer.body;
}

// Each change is seen at once, though pages are kept; what has not changed is the same.
Test(site, pages_that_are_kept_are_never_out_of_date)
{
    const struct sj_dash_options options = {.config = &config, .slow_ns = 1};
    SJ_AUTO(sj_buf_release) struct sj_buf page = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf lesser = {0};
    reopen(&options);
    build("b-one", "p", "namespace=one");
    build("b-two", "p", "namespace=two");
    expect_page(&admin, "/dash/misses", "", &page, false);
    off_t size = kept();
    expect_page(&admin, "/dash/misses", "", &page, true);
    expect_page(&first, "/dash/misses", "", &lesser, false);
    cr_expect_gt(kept(), size, "who sees less has a page of his own");
    size = kept();
    reopen(&options);
    expect_page(&admin, "/dash/misses", "", &page, true);
    expect_page(&first, "/dash/misses", "", &lesser, true);
    expect_page(&first, "/dash/misses", "since=36500d", &lesser, false);
    expect_page(&first, "/dash/misses", "", &lesser, false);
    // One more record of a build that was there.
    build("b-one", "p", "namespace=one");
    expect_page(&first, "/dash/misses", "", &lesser, false);
    expect_page(&admin, "/dash/misses", "", &page, false);
    build("b-three", "p", "namespace=two");
    expect_page(&first, "/dash/misses", "", &lesser, true);
    expect_page(&admin, "/dash/misses", "", &page, false);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/records/pages", at.dir);
    cr_assert_eq(truncate(path, kept() / 2), 0);
    reopen(&options);
    expect_page(&admin, "/dash/misses", "", &page, true);
    expect_page(&first, "/dash/misses", "", &lesser, true);
}

static struct sj_key key_at(const char *query_text, uint64_t now_ns)
{
    SJ_AUTO(sj_dash_query_release) struct sj_dash_query query = {0};
    struct sj_err err = {0};
    const struct sj_dash_ground ground = {0};
    const struct sj_page_request request = {.path = {0}};
    const struct sj_dash_site site = {.config = &config, .now_ns = now_ns};
    cr_assert_eq(
        sj_dash_query_read(sj_str_of("/dash/headers"), sj_str_of(query_text), now_ns, &query, &err),
        0, "%s", err.text);
    const struct sj_dash_call call = {
        .site = &site,
        .query = &query,
        .request = &request,
        .filter = {.project = "p", .since_ns = query.since_ns, .until_ns = query.until_ns}};
    return sj_kept_key(&ground, &call);
}

// How often a header changes is told by the days that are asked for, which may grow and shrink.
Test(site, a_page_is_kept_as_long_as_its_time_is_as_long)
{
    static const struct {
        const char *query;
        bool is_same; // five days later
    } cases[] = {
        {"", true},
        {"since=all", true},
        {"since=30d", true},
        {"until=2025-11-20", true},
        {"since=2025-11-01&until=2025-11-20", true},
        {"since=2025-11-01", false},
        {"since=30d&until=2025-11-20", false},
        {"since=2025-11-01&until=2025-11-29", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        // 25 November 2025
        struct sj_key now = key_at(cases[i].query, DATABASE_START);
        struct sj_key later = key_at(cases[i].query, DATABASE_START + 5 * 86400 * SECOND);
        cr_expect_eq(sj_key_eq(&now, &later), cases[i].is_same, "%s", cases[i].query);
    }
}

// It is the administrator's to know, on each page, and no build tells of it.
Test(site, what_made_no_sense_is_told_on_pages_that_are_kept)
{
    const struct sj_dash_options options = {.config = &config, .slow_ns = 1};
    const struct sj_record record = {.start_ns = DATABASE_START + SECOND,
                                     .outcome = SJ_OUTCOME_MISS,
                                     .build = "b-one",
                                     .output = "a.o",
                                     .user_ns = UINT64_MAX / 2};
    static const char told[] = "1 records made no sense";
    reopen(&options);
    build("b-one", "p", "namespace=one");
    expect(&admin, "/dash/misses", "", 200, NULL, told);
    database_append(&at, &record);
    cr_assert_eq(database_ingest(&at).refused, 1);
    expect(&admin, "/dash/misses", "", 200, told, NULL);
    expect(&first, "/dash/misses", "", 200, NULL, told);
}

static struct sj_key print_now(void)
{
    const struct sj_dash_options options = {.config = &config};
    struct sj_err err = {0};
    struct sj_dash_ground ground = {0};
    cr_assert_eq(sj_dash_ground_init(&options, &ground, &err), 0);
    cr_assert_eq(sj_dash_ground_refresh(&ground, &err), 0, "%s", err.text);
    cr_assert_eq(ground.build_count, 1);
    struct sj_key print = ground.print;
    sj_dash_ground_release(&ground);
    return print;
}

// Records that were lost are taken in again, with others: the build is as young as it was.
Test(site, what_was_lost_and_comes_again_is_another)
{
    const struct sj_record more = {.start_ns = DATABASE_START + 2 * SECOND,
                                   .outcome = SJ_OUTCOME_MISS,
                                   .build = "b-one",
                                   .user_ns = SECOND,
                                   .output = "more.o",
                                   .label = "namespace=one"};
    SJ_AUTO(sj_auto_free) char *records = sj_asprintf("%s/records", at.dir);
    build("b-one", "p", "namespace=one");
    struct sj_key before = print_now();
    database_append(&at, &more);
    sj_db_close(sj_steal(at.db));
    cr_assert_eq(sj_tree_remove(records), 0);
    database_reopen(&at, SJ_DB_WRITE);
    (void)database_ingest(&at);
    struct sj_key after = print_now();
    cr_expect_not(sj_key_eq(&before, &after));
}

// Whatever is under way, the end is not waited for.
Test(site, it_ends_while_pages_are_made)
{
    const struct sj_dash_options options = {.config = &config, .is_eager = true};
    build("b-one", "p", "namespace=one");
    for (int i = 0; i < 20; i++) {
        reopen(&options);
    }
}

Test(site, lists_of_repositories)
{
    static const struct {
        const char *text;
        size_t count;
        const char *path, *project; // of the last
    } cases[] = {
        {NULL, 0, NULL, NULL},
        {"  ", 0, NULL, NULL},
        {"/srv/a.git", 1, "/srv/a.git", NULL},
        {" /srv/a=b.git\t host/p=/srv/c.git ", 2, "/srv/c.git", "host/p"},
        {"p=rel", 1, "rel", "p"},
    };
    struct sj_err err;
    struct sj_mirrors mirrors;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(sj_mirrors_read(cases[i].text, &mirrors, &err), 0);
        cr_assert_eq(mirrors.count, cases[i].count, "%s", cases[i].text);
        if (mirrors.count > 0) {
            const struct sj_mirror *last = &mirrors.items[mirrors.count - 1];
            cr_expect_str_eq(last->path, cases[i].path);
            cr_expect(!last->project == !cases[i].project &&
                      (!last->project || strcmp(last->project, cases[i].project) == 0));
        }
        sj_mirrors_release(&mirrors);
    }
    cr_expect_lt(sj_mirrors_read("=/srv/a", &mirrors, &err), 0);
    cr_expect_lt(sj_mirrors_read("p=", &mirrors, &err), 0);
}
