// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "database.h"

static struct database at;

static void setup(void)
{
    database_make(&at);
}

static void teardown(void)
{
    database_remove(&at);
}

TestSuite(ingest, .init = setup, .fini = teardown);

static void end(uint64_t time_s, const char *wall_ns, const char *status)
{
    const char *const pairs[] = {"exit_status", status,      "wall_ns", wall_ns, "user_ns",
                                 "30",          "system_ns", "7",       NULL};
    database_note(&at, SJ_NOTE_END, "b", DATABASE_START + time_s * SECOND, pairs);
}

static void begin(uint64_t time_s)
{
    const char *const pairs[] = {"project", "p", NULL};
    database_note(&at, SJ_NOTE_BEGIN, "b", DATABASE_START + time_s * SECOND, pairs);
}

static struct sj_build only_build(void)
{
    struct sj_build *list = NULL;
    size_t count = 0;
    (void)database_ingest(&at);
    cr_assert_eq(sj_db_builds(at.db, NULL, &list, &count), 0);
    cr_assert_eq(count, 1);
    struct sj_build build = *list;
    free(list);
    return build;
}

Test(ingest, steps_of_one_job_add_up)
{
    begin(0);
    end(10, "10000000000", "0");
    begin(20);
    end(25, "5000000000", "2");
    begin(30);
    end(31, "1000000000", "0");
    struct sj_build build = only_build();
    cr_expect_eq(build.wall_ns, 16 * SECOND);
    cr_expect_eq(build.user_ns, 90);
    cr_expect_eq(build.system_ns, 21);
    cr_expect_eq(build.exit_status, 2, "the first that failed");
    cr_expect_eq(build.flags & SJ_BUILD_CLASH, 0);
}

Test(ingest, the_same_end_twice_counts_once)
{
    begin(0);
    end(10, "10000000000", "0");
    end(10, "10000000000", "0");
    struct sj_build build = only_build();
    cr_expect_eq(build.wall_ns, 10 * SECOND);
    cr_expect_eq(build.flags & SJ_BUILD_CLASH, 0);
}

Test(ingest, ends_at_the_same_time_contradict)
{
    begin(0);
    end(10, "10000000000", "0");
    end(12, "9000000000", "0");
    struct sj_build build = only_build();
    cr_expect_eq(build.wall_ns, 10 * SECOND);
    cr_expect_neq(build.flags & SJ_BUILD_CLASH, 0);
}

static void append(const char *build, const char *label, const char *output,
                   const struct sj_key *pathset, const struct sj_key *input)
{
    const struct sj_record record = {
        .start_ns = DATABASE_START,
        .outcome = SJ_OUTCOME_MISS,
        .build = build,
        .label = label,
        .cwd = "/src",
        .output = output,
        .strong = sj_key_of(output, strlen(output)),
        .pathset = *pathset,
        .inputs = input,
        .inputs_count = 1,
    };
    database_append(&at, &record);
}

Test(ingest, path_sets_lie_in_the_namespace_of_the_record)
{
    static const char *const paths[] = {"Fa.c", NULL};
    struct sj_key input = database_key("a");
    cr_assert_eq(sj_store_use(at.store, "team"), 0);
    struct sj_key set = database_pathset(&at, paths);
    cr_assert_eq(sj_store_use(at.store, ""), 0);
    append("near", NULL, "b.o", &set, &input);
    append("elsewhere", "namespace=other", "c.o", &set, &input);
    append("nameless", "namespace=default", "d.o", &set, &input);
    append("far", "namespace=team", "a.o", &set, &input);
    // Once it is known it serves all: the key is that of its bytes.
    append("after", NULL, "e.o", &set, &input);
    cr_expect_eq(database_ingest(&at).without_paths, 3);
    cr_expect_str_eq(sj_store_namespace(at.store), "");
}

static int read_pathset(const char *space, const struct sj_key *key, struct sj_buf *out, void *user)
{
    struct database *database = user;
    if (strcmp(space, "team") != 0 && *space) {
        return -1;
    }
    return sj_store_blob_read(database->store, SJ_BLOB_PATHSET, key, out);
}

Test(ingest, path_sets_may_be_read_by_the_caller)
{
    static const char *const paths[] = {"Fa.c", NULL};
    struct sj_key input = database_key("a");
    struct sj_key set = database_pathset(&at, paths);
    append("elsewhere", "namespace=other", "c.o", &set, &input);
    append("nameless", "namespace=default", "d.o", &set, &input);
    append("far", "namespace=team", "a.o", &set, &input);
    const struct sj_db_intake intake = {.dir = at.dir, .pathsets = read_pathset, .user = &at};
    struct sj_db_ingested done;
    cr_assert_eq(sj_db_ingest(at.db, &intake, &done, NULL), 0);
    cr_expect_eq(done.records, 3);
    cr_expect_eq(done.without_paths, 1);
}

static bool is_over(void *user)
{
    int *asked = user;
    ++*asked;
    return true;
}

Test(ingest, ends_when_it_is_told_and_goes_on_later)
{
    static const char *const paths[] = {"Fa.c", NULL};
    struct sj_key set = database_pathset(&at, paths);
    // More than one batch of states.
    for (int i = 0; i < 20000; i++) {
        char output[16];
        (void)snprintf(output, sizeof output, "%d.o", i);
        struct sj_key input = database_key(output);
        append("b", NULL, output, &set, &input);
    }
    int asked = 0;
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {
        .dir = at.dir, .store = at.store, .is_over = is_over, .user = &asked};
    cr_assert_eq(sj_db_ingest(at.db, &intake, &done, NULL), 0);
    cr_expect_gt(done.records, 0);
    cr_expect_lt(done.records, 20000);
    cr_expect_eq(asked, 1);
    cr_expect_eq(done.records + database_ingest(&at).records, 20000);
}
