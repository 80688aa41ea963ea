// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "database.h"
#include "record/ledger.h"

static struct database at;

static void setup(void)
{
    database_make(&at);
}

static void teardown(void)
{
    database_remove(&at);
}

TestSuite(db, .init = setup, .fini = teardown);

static const char commit[] = "0123456789abcdef0123456789abcdef01234567";

static void begin(const char *build, const char *branch, uint64_t time_ns)
{
    const char *const pairs[] = {
        "project",  "host/p",  "commit", commit, "branch", branch, "root",
        "/src",     "machine", "m-1234", "cpus", "8",      "job",  "asan",
        "base_dir", "/src",    "dirty",  "1",    NULL,
    };
    database_note(&at, SJ_NOTE_BEGIN, build, time_ns, pairs);
}

static struct sj_record record_of(const char *build, enum sj_outcome outcome, const char *output)
{
    return (struct sj_record){
        .start_ns = DATABASE_START + SECOND,
        .wall_ns = 2 * SECOND,
        .outcome = outcome,
        .build = build,
        .cwd = "/src/out",
        .source = "../a.c",
        .output = output,
        .language = "c",
        .tool = "/usr/bin/gcc",
        .toolchain = "gcc",
        .args = "-c ../a.c",
        .component = {{{1}}, {{2}}},
    };
}

static struct sj_build *builds(size_t expected)
{
    struct sj_build *list = NULL;
    size_t count = 0;
    cr_assert_eq(sj_db_builds(at.db, &(struct sj_db_filter){0}, &list, &count), 0);
    cr_assert_eq(count, expected, "%zu builds", count);
    return list;
}

static struct sj_sample *samples(uint32_t build, unsigned outcomes, size_t expected)
{
    struct sj_sample *list = NULL;
    size_t count = 0;
    size_t size = 0;
    int status = sj_db_samples(at.db, build, outcomes, &list, &count, &size);
    cr_assert_eq(status, 0, "%d", status);
    cr_assert_eq(count, expected, "%zu samples", count);
    return list;
}

static const char *text(uint32_t number)
{
    return sj_db_text(at.db, number);
}

Test(db, that_nobody_made_is_none)
{
    struct sj_db *db = NULL;
    struct sj_err err;
    char dir[] = "/tmp/test-db-none-XXXXXX";
    cr_assert(mkdtemp(dir));
    cr_expect_eq(sj_db_open(dir, SJ_DB_READ, &db, &err), SJ_DB_NONE);
    SJ_AUTO(sj_auto_free) char *records = sj_asprintf("%s/records", dir);
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/records/data.mdb", dir);
    cr_assert_eq(mkdir(records, 0777), 0);
    cr_assert_eq(sj_file_write(file, 0666, "", 0), 0);
    cr_expect_eq(sj_db_open(dir, SJ_DB_READ, &db, &err), SJ_DB_NONE);
    (void)sj_tree_remove(dir);
}

Test(db, that_is_damaged_is_told)
{
    static const struct {
        const char *bytes;
        size_t len;
    } files[] = {{"no database", 11}, {"\0\0\0\0", 4}};
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/records/data.mdb", at.dir);
    sj_db_close(at.db);
    at.db = NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char page[8192] = {0};
        struct sj_err err = {0};
        memset(page, 'x', sizeof page);
        memcpy(page, files[i].bytes, files[i].len);
        cr_assert_eq(sj_file_write(file, 0666, page, sizeof page), 0);
        cr_expect_eq(sj_db_open(at.dir, SJ_DB_READ, &at.db, &err), -EBADMSG);
        cr_expect(strstr(err.text, "damaged: remove it"), "%s", err.text);
        cr_expect_eq(sj_db_open(at.dir, SJ_DB_WRITE, &at.db, &err), -EBADMSG);
    }
}

Test(db, that_was_cut_is_told)
{
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/records/data.mdb", at.dir);
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    database_append(&at, &record);
    (void)database_ingest(&at);
    sj_db_close(at.db);
    at.db = NULL;
    struct stat st;
    struct sj_err err = {0};
    cr_assert_eq(stat(file, &st), 0);
    cr_assert_eq(truncate(file, st.st_size / 2), 0);
    cr_expect_eq(sj_db_open(at.dir, SJ_DB_READ, &at.db, &err), -EBADMSG);
    SJ_AUTO(sj_auto_free) char *records = sj_asprintf("%s/records", at.dir);
    cr_assert_eq(sj_tree_remove(records), 0);
    database_reopen(&at, SJ_DB_WRITE);
    cr_expect_eq(database_ingest(&at).records, 1, "the journal has it still");
}

Test(db, keeps_a_build)
{
    begin("b-1", "main", DATABASE_START);
    struct sj_record hit = record_of("b-1", SJ_OUTCOME_HIT, "a.o");
    hit.saved_ns = 1234567891;
    hit.label = "phase=build,x=y";
    database_append(&at, &hit);
    const char *const phase[] = {"name", "build", "exit_status", "2", "wall_ns", "5", NULL};
    database_note(&at, SJ_NOTE_PHASE, "b-1", DATABASE_START + 7, phase);
    const char *const end[] = {"exit_status", "-3",        "wall_ns", "9000000000", "user_ns",
                               "1001",        "system_ns", "11",      NULL};
    database_note(&at, SJ_NOTE_END, "b-1", DATABASE_START + 9 * SECOND, end);
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_eq(done.records, 1);
    cr_expect_eq(done.notes, 3);
    cr_expect_eq(done.refused, 0);

    struct sj_build *build = builds(1);
    cr_expect_str_eq(build->id, "b-1");
    cr_expect_str_eq(build->project, "host/p");
    cr_expect_str_eq(build->branch, "main");
    cr_expect_str_eq(build->machine, "m-1234");
    cr_expect_str_eq(build->job, "asan");
    cr_expect_str_eq(build->root, "/src");
    cr_expect_str_eq(build->pull, "");
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&build->commit, hex);
    cr_expect_str_eq(hex, commit);
    cr_expect_eq(build->cpus, 8);
    cr_expect_eq(build->flags, SJ_BUILD_NOTED | SJ_BUILD_ENDED | SJ_BUILD_DIRTY);
    cr_expect_eq(build->exit_status, -3);
    cr_expect_eq(build->start_ns, DATABASE_START);
    cr_expect_eq(build->wall_ns, 9 * SECOND);
    cr_expect_eq(build->user_ns, 1001);
    cr_expect_eq(build->system_ns, 11);
    cr_expect_eq(build->count[SJ_OUTCOME_HIT], 1);
    cr_expect_eq(build->saved_ns, 1234567891);
    cr_expect_eq(build->units, 1);
    cr_assert_eq(build->phase_count, 1);
    cr_expect_str_eq(build->phases[0].name, "build");
    cr_expect_eq(build->phases[0].start_ns, DATABASE_START + 7);
    cr_expect_eq(build->phases[0].wall_ns, 5);
    cr_expect_eq(build->phases[0].exit_status, 2);
    free(build);
}

Test(db, keeps_samples_exactly)
{
    begin("b", "main", DATABASE_START);
    struct sj_record miss = record_of("b", SJ_OUTCOME_MISS, "a.o");
    miss.user_ns = 1000000007;
    miss.system_ns = 13;
    miss.own_ns = 5;
    miss.peak_rss_bytes = 123456789;
    miss.input_bytes = 77777;
    miss.instructions = 123456789;
    miss.output_bytes = 333;
    miss.input_count = 42;
    miss.flags = SJ_RECORD_STORED | SJ_RECORD_SHARED;
    miss.reason = "new";
    miss.detail = "first.h";
    struct sj_record failed = record_of("b", SJ_OUTCOME_FAILED, "b.o");
    failed.exit_status = -1;
    struct sj_record bypass = record_of("b", SJ_OUTCOME_BYPASS, NULL);
    bypass.source = NULL;
    bypass.start_ns += 1234; // below a microsecond
    database_append(&at, &miss);
    database_append(&at, &failed);
    database_append(&at, &bypass);
    (void)database_ingest(&at);

    struct sj_sample *list = samples(1, SJ_OUTCOME_ANY, 3);
    cr_expect_eq(list[0].outcome, SJ_OUTCOME_BYPASS, "no unit comes first");
    cr_expect_eq(list[0].unit, 0);
    cr_expect_eq(list[0].start_ns, DATABASE_START + SECOND + 1000);
    cr_expect_eq(list[2].exit_status, -1);
    cr_expect_eq(list[2].args, 0);
    struct sj_sample *sample = &list[1];
    cr_expect_eq(sample->build, 1);
    cr_expect_eq(sample->outcome, SJ_OUTCOME_MISS);
    cr_expect_eq(sample->start_ns, DATABASE_START + SECOND);
    cr_expect_eq(sample->wall_ns, 2 * SECOND);
    cr_expect_eq(sample->cpu_ns, 1000000020);
    cr_expect_eq(sample->peak_rss_bytes, 123456789);
    cr_expect_eq(sample->input_bytes, 77777);
    cr_expect_eq(sample->instructions, 123456789);
    cr_expect_eq(sample->output_bytes, 333);
    cr_expect_eq(sample->input_count, 42);
    cr_expect_eq(sample->flags, SJ_RECORD_STORED | SJ_RECORD_SHARED);
    cr_expect_str_eq(text(sample->reason), "new");
    cr_expect_str_eq(text(sample->detail), "first.h");
    cr_expect_str_eq(text(sample->args), "-c ../a.c");
    struct sj_unit unit;
    cr_assert_eq(sj_db_unit(at.db, sample->unit, &unit), 0);
    cr_expect_str_eq(text(unit.name), "out/a.o");
    cr_expect_str_eq(text(unit.source), "a.c");
    cr_expect_str_eq(text(unit.language), "c");
    cr_expect_str_eq(text(unit.project), "host/p");
    cr_expect_eq(unit.first_ns, DATABASE_START + SECOND);
    cr_expect_eq(unit.count[SJ_OUTCOME_MISS], 1);
    cr_expect_eq(unit.cpu_ns, 1000000020);
    cr_expect_eq(unit.last_cpu_ns, 1000000020);
    struct sj_db_config config;
    cr_assert_eq(sj_db_config(at.db, sample->config, &config), 0);
    cr_expect_str_eq(text(config.tool), "/usr/bin/gcc");
    cr_expect_eq(config.component[SJ_COMPONENT_ARGS].bytes[0], 2);
    free(list);
    list = samples(1, SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), 1);
    free(list);
    list = samples(7, SJ_OUTCOME_ANY, 0);
    cr_expect_eq(sj_db_unit(at.db, 99, &unit), -ENOENT);
    cr_expect_eq(sj_db_config(at.db, 99, &config), -ENOENT);
    struct sj_unit *units = NULL;
    size_t count = 0;
    cr_assert_eq(sj_db_units(at.db, "host/p", &units, &count), 0);
    cr_expect_eq(count, 2);
    free(units);
    cr_assert_eq(sj_db_units(at.db, "other", &units, &count), 0);
    cr_expect_eq(count, 0);
}

// A miss of a.o whose inputs have the contents given, in the order of the path set.
static void append_miss(const struct sj_key *pathset, const char *strong,
                        const char *const *contents)
{
    struct sj_key inputs[8] = {0};
    struct sj_record miss = record_of("b", SJ_OUTCOME_MISS, "a.o");
    for (; contents[miss.inputs_count]; miss.inputs_count++) {
        if (*contents[miss.inputs_count]) {
            inputs[miss.inputs_count] = database_key(contents[miss.inputs_count]);
        }
    }
    miss.inputs = inputs;
    miss.pathset = *pathset;
    miss.strong = database_key(strong);
    database_append(&at, &miss);
}

static const struct sj_input *find_input(const struct sj_input *inputs, size_t count,
                                         const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text(inputs[i].path), path) == 0) {
            return &inputs[i];
        }
    }
    cr_assert_fail("no input %s", path);
    return NULL;
}

static void expect_content(const struct sj_input *input, const char *content)
{
    struct sj_content got;
    struct sj_key key = database_key(content);
    cr_assert_eq(sj_db_content(at.db, input->content, &got), 0);
    cr_expect(sj_key_eq(&got.key, &key), "%s", content);
}

Test(db, keeps_inputs_by_name_and_content)
{
    static const char *const paths[] = {"F../a.c", "F../inc/a.h",  "A./gen.h", "F/usr/include/x.h",
                                        "EHOME",   "F\x01lib/b.h", NULL};
    begin("b", "main", DATABASE_START);
    // Sorted: \x01lib/b.h, ../a.c, ../inc/a.h, ./gen.h, /usr/include/x.h, HOME
    struct sj_key set = database_pathset(&at, paths);
    append_miss(&set, "s1", (const char *const[]){"b1", "c1", "h1", "", "x1", "env", NULL});
    append_miss(&set, "s2", (const char *const[]){"b1", "c1", "h2", "", "x1", "env", NULL});
    struct sj_record hit = record_of("b", SJ_OUTCOME_HIT, "a.o");
    hit.strong = database_key("s1");
    database_append(&at, &hit);
    hit.strong = database_key("s3");
    database_append(&at, &hit);
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_eq(done.without_paths, 0);

    struct sj_sample *list = samples(1, SJ_OUTCOME_ANY, 4);
    uint32_t states[2] = {0};
    for (size_t i = 0, n = 0; i < 4; i++) {
        if (list[i].outcome == SJ_OUTCOME_MISS) {
            states[n++] = list[i].state;
        }
    }
    size_t known = 0;
    for (size_t i = 0; i < 4; i++) {
        known += list[i].outcome == SJ_OUTCOME_HIT && list[i].state == states[0];
    }
    cr_expect_eq(known, 1, "the hit of the known key refers to the miss's inputs");
    free(list);

    const struct sj_input *inputs = NULL;
    size_t count = 0;
    cr_assert_eq(sj_db_inputs(at.db, states[0], &inputs, &count), 0);
    cr_assert_eq(count, 6);
    for (size_t i = 1; i < count; i++) {
        cr_expect_lt(inputs[i - 1].path, inputs[i].path);
    }
    expect_content(find_input(inputs, count, "a.c"), "c1");
    expect_content(find_input(inputs, count, "inc/a.h"), "h1");
    expect_content(find_input(inputs, count, "lib/b.h"), "b1");
    expect_content(find_input(inputs, count, "/usr/include/x.h"), "x1");
    const struct sj_input *absent = find_input(inputs, count, "out/gen.h");
    cr_expect_eq(absent->content, 0);
    cr_expect_eq(absent->need, SJ_NEED_ABSENT);
    cr_expect_eq(find_input(inputs, count, "HOME")->need, SJ_NEED_ENV);
    cr_assert_eq(sj_db_inputs(at.db, states[1], &inputs, &count), 0);
    cr_assert_eq(count, 6);
    expect_content(find_input(inputs, count, "inc/a.h"), "h2");
    expect_content(find_input(inputs, count, "a.c"), "c1");
    cr_expect_eq(sj_db_inputs(at.db, 0, &inputs, &count), -ENOENT);
    cr_expect_eq(sj_db_inputs(at.db, 77, &inputs, &count), -ENOENT);
}

Test(db, counts_misses_whose_path_set_is_gone)
{
    struct sj_key set = database_key("never stored");
    append_miss(&set, "s", (const char *const[]){"x", NULL});
    static const char *const paths[] = {"Fa", "Fb", NULL};
    set = database_pathset(&at, paths);
    append_miss(&set, "t", (const char *const[]){"x", NULL}); // one too few
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_eq(done.records, 2);
    cr_expect_eq(done.without_paths, 2);
    struct sj_sample *list = samples(1, SJ_OUTCOME_ANY, 2);
    cr_expect_eq(list[0].state, 0);
    free(list);
}

Test(db, goes_on_where_it_was)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    for (int round = 1; round <= 5; round++) {
        for (int i = 0; i < 3; i++) {
            record.start_ns += SECOND;
            cr_assert_geq(sj_journal_append(at.dir, 500, &record), 0);
        }
        cr_expect_eq(database_ingest(&at).records, 3);
        cr_expect_eq(database_ingest(&at).records, 0);
        database_reopen(&at, SJ_DB_WRITE);
        struct sj_build *build = builds(1);
        cr_expect_eq(build->count[SJ_OUTCOME_HIT], 3 * (uint64_t)round);
        cr_expect_eq(build->units, 1);
        free(build);
        free(samples(1, SJ_OUTCOME_ANY, 3 * (size_t)round));
    }
    struct sj_db_ingested ever;
    cr_assert_eq(sj_db_ingested_ever(at.db, &ever), 0);
    cr_expect_eq(ever.records, 15);
    cr_expect_eq(ever.damaged_bytes, 0);
}

Test(db, reads_a_journal_that_was_begun_anew)
{
    SJ_AUTO(sj_auto_free) char *journal = sj_asprintf("%s/journal", at.dir);
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    database_append(&at, &record);
    database_append(&at, &record);
    cr_expect_eq(database_ingest(&at).records, 2);
    cr_assert_eq(sj_tree_remove(journal), 0);
    cr_expect_eq(database_ingest(&at).records, 0);
    record.start_ns += SECOND;
    for (int i = 0; i < 3; i++) {
        database_append(&at, &record);
    }
    cr_expect_eq(database_ingest(&at).records, 3);
    struct sj_build *build = builds(1);
    cr_expect_eq(build->count[SJ_OUTCOME_HIT], 5);
    free(build);
}

Test(db, files_records_of_no_build_by_day)
{
    struct sj_record record = record_of(NULL, SJ_OUTCOME_HIT, "/src/out/a.o");
    database_append(&at, &record);
    record.start_ns += 24 * 3600 * SECOND;
    record.build = "";
    database_append(&at, &record);
    record.label = "namespace=pr-7,x=1";
    database_append(&at, &record);
    cr_expect_eq(database_ingest(&at).without_build, 3);
    struct sj_build *build = builds(3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_eq(build[i].id, "");
        cr_expect_str_eq(build[i].project, "");
    }
    cr_expect_str_eq(build[2].labels, "namespace=pr-7,x=1");
    free(build);
    struct sj_unit *units = NULL;
    size_t count = 0;
    cr_assert_eq(sj_db_units(at.db, NULL, &units, &count), 0);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(text(units[0].name), "${cwd}/a.o", "no root is known");
    free(units);
}

Test(db, filters_builds)
{
    begin("b-1", "main", DATABASE_START);
    begin("b-2", "topic", DATABASE_START + SECOND);
    begin("b-3", "main", DATABASE_START + 2 * SECOND);
    (void)database_ingest(&at);
    static const struct {
        struct sj_db_filter filter;
        size_t expected;
    } cases[] = {
        {{0}, 3},
        {{.branch = "main"}, 2},
        {{.branch = "topic", .job = "asan"}, 1},
        {{.job = "other"}, 0},
        {{.job = ""}, 0},
        {{.project = "host/p"}, 3},
        {{.id = "b-2"}, 1},
        {{.since_ns = DATABASE_START + 1}, 2},
        {{.until_ns = DATABASE_START + SECOND}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_build *list = NULL;
        size_t count = 0;
        cr_assert_eq(sj_db_builds(at.db, &cases[i].filter, &list, &count), 0);
        cr_expect_eq(count, cases[i].expected, "case %zu: %zu", i, count);
        for (size_t j = 1; j < count; j++) {
            cr_expect_leq(list[j - 1].start_ns, list[j].start_ns);
        }
        free(list);
    }
}

Test(db, says_what_it_left_out_or_found_odd)
{
    begin("b", "main", DATABASE_START);
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    record.start_ns = DATABASE_START - 100 * SECOND; // before its build
    database_append(&at, &record);
    record.start_ns = DATABASE_START + UINT64_C(2000000000) * SECOND; // years to come
    database_append(&at, &record);
    record = record_of("b", SJ_OUTCOME_MISS, "a.o");
    record.user_ns = UINT64_MAX;
    record.system_ns = 5;
    database_append(&at, &record);
    record.user_ns = 0;
    record.wall_ns = UINT64_MAX;
    database_append(&at, &record);
    database_note(&at, SJ_NOTE_END, "b", DATABASE_START + 9 * SECOND, NULL);
    record = record_of("b", SJ_OUTCOME_HIT, "late.o");
    database_append(&at, &record);
    database_note(&at, SJ_NOTE_TRACE, NULL, 1, NULL);
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_eq(done.records, 3);
    cr_expect_eq(done.skewed, 2);
    cr_expect_eq(done.late, 1);
    cr_expect_eq(done.refused, 3);
    cr_expect(strstr(done.refused_why, "CPU time"), "%s", done.refused_why);
    struct sj_build *build = builds(1);
    cr_expect_eq(build->start_ns, DATABASE_START);
    cr_expect(build->flags & SJ_BUILD_SKEWED);
    free(build);
}

Test(db, notes_that_contradict_each_other_are_told)
{
    begin("same", "main", DATABASE_START);
    begin("same", "main", DATABASE_START); // uploaded twice
    begin("clash", "main", DATABASE_START);
    begin("clash", "other", DATABASE_START + SECOND);
    (void)database_ingest(&at);
    struct sj_build *build = builds(2);
    cr_expect_not(build[0].flags & SJ_BUILD_CLASH);
    cr_expect(build[1].flags & SJ_BUILD_CLASH);
    cr_expect_str_eq(build[1].branch, "main");
    free(build);
}

Test(db, tells_namespaces_apart)
{
    struct sj_record record = record_of("42", SJ_OUTCOME_HIT, "a.o");
    record.label = "namespace=a";
    database_append(&at, &record);
    record.label = "namespace=b,phase=test";
    database_append(&at, &record);
    record.label = "namespace=b,phase=link";
    database_append(&at, &record);
    (void)database_ingest(&at);
    struct sj_build *build = builds(2);
    cr_expect_str_eq(build[0].labels, "namespace=a");
    cr_expect_str_eq(build[1].labels, "namespace=b");
    cr_expect_eq(build[1].count[SJ_OUTCOME_HIT], 2);
    free(build);
}

Test(db, reader_stays_where_it_was_until_refreshed)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    database_append(&at, &record);
    (void)database_ingest(&at);
    database_append(&at, &record);
    sj_db_close(at.db);
    at.db = NULL;
    database_reopen(&at, SJ_DB_READ);
    struct sj_db_ingested done;
    struct sj_err err;
    const struct sj_db_intake intake = {.dir = at.dir};
    cr_expect_eq(sj_db_ingest(at.db, &intake, &done, &err), -EROFS);
    free(samples(1, SJ_OUTCOME_ANY, 1));
    pid_t child = fork();
    if (child == 0) {
        struct sj_db *writer = NULL;
        _exit(sj_db_open(at.dir, SJ_DB_WRITE, &writer, &err) == 0 &&
                      sj_db_ingest(writer, &intake, &done, &err) == 0
                  ? 0
                  : 1);
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    free(samples(1, SJ_OUTCOME_ANY, 1));
    cr_assert_eq(sj_db_refresh(at.db), 0);
    free(samples(1, SJ_OUTCOME_ANY, 2));
}

// A process has one environment however many handles it has: LMDB's locks go with the first one
// that is closed, and with them whatever keeps writers off what is read.
Test(db, has_several_handles_in_one_process)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    database_append(&at, &record);
    (void)database_ingest(&at);
    struct sj_err err = {0};
    struct sj_db *writer = NULL;
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {.dir = at.dir};
    for (size_t i = 1; i < 4; i++) {
        cr_assert_eq(sj_db_refresh(at.db), 0);
        free(samples(1, SJ_OUTCOME_ANY, i));
        database_append(&at, &record);
        cr_assert_eq(sj_db_open(at.dir, SJ_DB_WRITE, &writer, &err), 0, "%s", err.text);
        cr_assert_eq(sj_db_ingest(writer, &intake, &done, &err), 0, "%s", err.text);
        sj_db_close(writer);
        free(samples(1, SJ_OUTCOME_ANY, i)); // the first one stays where it was
    }
    struct sj_db *reader = NULL;
    cr_assert_eq(sj_db_open(at.dir, SJ_DB_READ, &reader, &err), 0, "%s", err.text);
    sj_db_close(at.db);
    at.db = reader;
    free(samples(1, SJ_OUTCOME_ANY, 4));
    cr_expect_eq(sj_db_open(at.dir, SJ_DB_WRITE, &writer, &err), 0, "%s", err.text);
    sj_db_close(writer);
    database_reopen(&at, SJ_DB_READ);
    cr_expect_eq(sj_db_open(at.dir, SJ_DB_WRITE, &writer, &err), -EBUSY);
}

Test(db, drops_samples_and_keeps_sums)
{
    static const char *const paths[] = {"Fa", "Fb", NULL};
    struct sj_key set = database_pathset(&at, paths);
    struct sj_key inputs[2] = {database_key("a1"), database_key("b1")};
    struct sj_record miss = record_of("old", SJ_OUTCOME_MISS, "a.o");
    miss.pathset = set;
    miss.inputs = inputs;
    miss.inputs_count = 2;
    for (int i = 0; i < 10; i++) {
        char strong[16];
        (void)snprintf(strong, sizeof strong, "s%d", i);
        inputs[1] = database_key(strong);
        miss.strong = database_key(strong);
        miss.user_ns = 5;
        miss.build = i < 6 ? "old" : "new";
        miss.start_ns = DATABASE_START + (uint64_t)(i < 6 ? i : 100 + i) * SECOND;
        database_append(&at, &miss);
    }
    struct sj_note trace = {.kind = SJ_NOTE_TRACE, .build = "old"};
    cr_assert_geq(sj_journal_append_note(at.dir, 0, &trace), 0);
    (void)database_ingest(&at);
    struct sj_sample *list = samples(2, SJ_OUTCOME_ANY, 4);
    uint32_t kept = list[0].state;
    free(list);

    uint64_t removed = 0;
    cr_assert_eq(sj_db_expire(at.db, DATABASE_START + 50 * SECOND, &removed), 0);
    cr_expect_eq(removed, 6);
    free(samples(1, SJ_OUTCOME_ANY, 0));
    free(samples(2, SJ_OUTCOME_ANY, 4));
    struct sj_build *build = builds(2);
    cr_expect(build[0].flags & SJ_BUILD_EXPIRED);
    cr_expect_eq(build[0].count[SJ_OUTCOME_MISS], 6);
    cr_expect_eq(build[0].cpu_ns[SJ_OUTCOME_MISS], 30);
    cr_expect_not(build[1].flags & SJ_BUILD_EXPIRED);
    free(build);
    const struct sj_input *input = NULL;
    size_t count = 0;
    cr_expect_eq(sj_db_inputs(at.db, kept, &input, &count), 0, "what is told by others that went");
    cr_expect_eq(count, 2);
    cr_assert_eq(sj_db_expire(at.db, DATABASE_START + 50 * SECOND, &removed), 0);
    cr_expect_eq(removed, 0);

    // All but the unit's latest state goes with the rest.
    cr_assert_eq(sj_db_expire(at.db, UINT64_MAX, &removed), 0);
    cr_expect_eq(removed, 4);
    struct sj_unit unit;
    cr_assert_eq(sj_db_unit(at.db, 1, &unit), 0);
    cr_expect_eq(unit.count[SJ_OUTCOME_MISS], 10);
    cr_expect_eq(sj_db_inputs(at.db, unit.last_state, &input, &count), 0);

    // The build gets more: it is no longer without samples.
    miss.start_ns = DATABASE_START + 500 * SECOND;
    database_append(&at, &miss);
    (void)database_ingest(&at);
    free(samples(2, SJ_OUTCOME_ANY, 1));
    cr_assert_eq(sj_db_expire(at.db, UINT64_MAX, &removed), 0);
    cr_expect_eq(removed, 1);
}

Test(db, remembers_what_was_worked_out_until_the_build_changes)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    char large[5000];
    memset(large, 'x', sizeof large);
    database_append(&at, &record);
    (void)database_ingest(&at);
    cr_assert_eq(sj_db_memo_put(at.db, 1, "bill/1", large, sizeof large), 0);
    cr_assert_eq(sj_db_memo_put(at.db, 2, "bill/1", "2", 1), 0);
    cr_assert_eq(sj_db_memo_put(at.db, 1, "empty", NULL, 0), 0);
    cr_assert_eq(sj_db_refresh(at.db), 0);
    cr_assert_eq(sj_db_memo_get(at.db, 1, "bill/1", &out), 0);
    cr_expect_eq(out.len, sizeof large);
    cr_expect_eq(memcmp(out.data, large, sizeof large), 0);
    cr_expect_eq(sj_db_memo_get(at.db, 1, "empty", &out), 0);
    cr_expect_eq(sj_db_memo_get(at.db, 1, "bill/2", &out), SJ_DB_NONE);
    database_append(&at, &record);
    (void)database_ingest(&at);
    cr_expect_eq(sj_db_memo_get(at.db, 1, "bill/1", &out), SJ_DB_NONE);
    cr_expect_eq(sj_db_memo_get(at.db, 2, "bill/1", &out), 0, "another build's");
    struct sj_note blobs = {.kind = SJ_NOTE_BLOBS};
    cr_assert_geq(sj_journal_append_note(at.dir, 0, &blobs), 0);
    (void)database_ingest(&at);
    cr_expect_eq(sj_db_memo_get(at.db, 2, "bill/1", &out), SJ_DB_NONE);
    sj_buf_release(&out);
}

struct visits {
    size_t count;
    char text[256];
};

static int visit_unnamed(const char *path, const struct sj_key *content, void *user)
{
    struct visits *visits = user;
    struct sj_key expected = database_key(path);
    cr_expect(sj_key_eq(content, &expected), "%s", path);
    visits->count++;
    return 0;
}

static int stop(const char *path, const struct sj_key *content, void *user)
{
    (void)path;
    (void)content;
    (void)user;
    return 7;
}

Test(db, tells_which_contents_have_no_name_in_git)
{
    static const char *const paths[] = {"F../a.c", "F../b.h", "F../c.h", "F/usr/x.h", NULL};
    struct sj_key set = database_pathset(&at, paths);
    begin("b", "main", DATABASE_START);
    append_miss(&set, "s", (const char *const[]){"a.c", "b.h", "c.h", "/usr/x.h", NULL});
    (void)database_ingest(&at);
    struct visits visits = {0};
    cr_assert_eq(sj_db_unnamed(at.db, 1, visit_unnamed, &visits), 0);
    cr_expect_eq(visits.count, 3, "what lies outside the repository is not asked for");
    cr_expect_eq(sj_db_unnamed(at.db, 1, stop, NULL), 7);
    const struct sj_note_blob blobs[] = {
        {database_key("a.c"), {{1}}}, {database_key("b.h"), {{0}}}, {database_key("other"), {{2}}}};
    struct sj_note note = {.kind = SJ_NOTE_BLOBS, .build = "b", .blobs = blobs, .blob_count = 3};
    cr_assert_geq(sj_journal_append_note(at.dir, 0, &note), 0);
    cr_expect_eq(database_ingest(&at).refused, 0);
    visits = (struct visits){0};
    cr_assert_eq(sj_db_unnamed(at.db, 1, visit_unnamed, &visits), 0);
    cr_expect_eq(visits.count, 1);

    struct sj_sample *list = samples(1, SJ_OUTCOME_ANY, 1);
    const struct sj_input *inputs = NULL;
    size_t count = 0;
    struct sj_content content;
    cr_assert_eq(sj_db_inputs(at.db, list[0].state, &inputs, &count), 0);
    cr_assert_eq(sj_db_content(at.db, find_input(inputs, count, "a.c")->content, &content), 0);
    cr_expect_eq(content.blob.bytes[0], 1);
    cr_expect_not(content.is_untracked);
    cr_assert_eq(sj_db_content(at.db, find_input(inputs, count, "b.h")->content, &content), 0);
    cr_expect(content.is_untracked);
    cr_expect_eq(sj_db_content(at.db, 999, &content), -ENOENT);
    free(list);

    // Another name for the same bytes does not replace the first one.
    const struct sj_note_blob other = {database_key("a.c"), {{9}}};
    note.blobs = &other;
    note.blob_count = 1;
    cr_assert_geq(sj_journal_append_note(at.dir, 0, &note), 0);
    cr_expect_eq(database_ingest(&at).refused, 1);
}

static int visit_note(const struct sj_note *note, void *user)
{
    struct visits *visits = user;
    cr_assert_eq(note->span_count, 1);
    (void)strncat(visits->text, note->spans[0].name, 16);
    visits->count++;
    return 0;
}

Test(db, keeps_traces)
{
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        struct sj_note_span span = {.name = names[i], .wall_ns = 5};
        struct sj_note note = {.kind = SJ_NOTE_TRACE, .spans = &span, .span_count = 1};
        note.build = i < 2 ? "one" : "two";
        cr_assert_geq(sj_journal_append_note(at.dir, 0, &note), 0);
    }
    (void)database_ingest(&at);
    struct visits visits = {0};
    cr_assert_eq(sj_db_notes(at.db, 1, SJ_NOTE_TRACE, visit_note, &visits), 0);
    cr_expect_str_eq(visits.text, "ab");
    cr_assert_eq(sj_db_notes(at.db, 0, SJ_NOTE_TRACE, visit_note, &visits), 0);
    cr_expect_str_eq(visits.text, "ababc");
    cr_assert_eq(sj_db_notes(at.db, 1, SJ_NOTE_EDGES, visit_note, &visits), 0);
    cr_expect_eq(visits.count, 5);
}

Test(db, passes_over_garbage_and_says_how_much)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    SJ_AUTO(sj_auto_free) char *part = sj_asprintf("%s/journal/00000001", at.dir);
    database_append(&at, &record);
    int fd = open(part, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(sj_fd_write(fd, "SJN1 garbage SJR1", 17), 0);
    cr_expect_eq(database_ingest(&at).records, 1);
    database_append(&at, &record);
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_eq(done.records, 1);
    (void)close(fd);
    struct sj_db_ingested ever;
    cr_assert_eq(sj_db_ingested_ever(at.db, &ever), 0);
    cr_expect_eq(ever.damaged_bytes, 17);
    struct stat st;
    cr_assert_eq(stat(part, &st), 0);
    cr_expect_eq(ever.bytes, (uint64_t)st.st_size);
}

Test(db, counts_parts_that_were_folded_before_they_were_read)
{
    struct sj_record record = record_of("b", SJ_OUTCOME_HIT, "a.o");
    for (int i = 0; i < 12; i++) {
        cr_assert_geq(sj_journal_append(at.dir, 500, &record), 0);
    }
    // Parts of an hour ago.
    for (int i = 1; i <= 6; i++) {
        SJ_AUTO(sj_auto_free) char *part = sj_asprintf("%s/journal/%08d", at.dir, i);
        const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
        if (utimensat(AT_FDCWD, part, times, 0) < 0) {
            break;
        }
    }
    struct sj_err err;
    cr_assert_eq(sj_ledger_fold(at.dir, 1200, NULL, &err), 0, "%s", err.text);
    struct sj_db_ingested done = database_ingest(&at);
    cr_expect_gt(done.gone_parts, 0);
    cr_expect_lt(done.records, 12);
    uint64_t gone = done.gone_parts;
    cr_assert_eq(sj_ledger_fold(at.dir, 0, NULL, &err), 0, "%s", err.text);
    for (int i = 0; i < 3; i++) {
        cr_assert_geq(sj_journal_append(at.dir, 500, &record), 0);
    }
    done = database_ingest(&at);
    cr_expect_eq(done.gone_parts, 0, "what was read before it went is not missed");
    cr_expect_eq(done.records, 3);
    struct sj_db_ingested ever;
    cr_assert_eq(sj_db_ingested_ever(at.db, &ever), 0);
    cr_expect_eq(ever.gone_parts, gone);
}

// Whatever is asked of a database that lies there damaged, the answer is an answer.
static void ask_everything(void)
{
    struct sj_db *db = NULL;
    struct sj_err err;
    if (sj_db_open(at.dir, SJ_DB_READ, &db, &err) != 0) {
        return;
    }
    struct sj_build *list = NULL;
    struct sj_sample *all = NULL;
    struct sj_unit *units = NULL;
    size_t count = 0;
    size_t size = 0;
    size_t unit_count = 0;
    (void)sj_db_builds(db, NULL, &list, &count);
    free(list);
    (void)sj_db_units(db, NULL, &units, &unit_count);
    free(units);
    count = 0;
    (void)sj_db_samples(db, 1, SJ_OUTCOME_ANY, &all, &count, &size);
    for (size_t i = 0; i < count; i++) {
        const struct sj_input *inputs = NULL;
        size_t length = 0;
        (void)sj_db_inputs(db, all[i].state, &inputs, &length);
    }
    free(all);
    struct visits visits = {0};
    (void)sj_db_unnamed(db, 1, stop, &visits);
    sj_db_close(db);
}

Test(db, that_is_damaged_anywhere_ends_no_reader)
{
    static const char *const paths[] = {"F../a.c", "F../b.h", NULL};
    struct sj_key set = database_pathset(&at, paths);
    char strong[32];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(strong, sizeof strong, "s%d", i);
        append_miss(&set, strong, (const char *const[]){"a.c", strong, NULL});
    }
    (void)database_ingest(&at);
    append_miss(&set, "later", (const char *const[]){"a.c", "later", NULL});
    sj_db_close(at.db);
    at.db = NULL;
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/records/data.mdb", at.dir);
    SJ_AUTO(sj_buf_release) struct sj_buf whole = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, file, &whole), 0);
    unsigned state = 33;
    for (size_t page = 2 * 4096; page < whole.len; page += 4096) {
        SJ_AUTO(sj_auto_free) char *bytes = sj_calloc(whole.len, 1);
        memcpy(bytes, whole.data, whole.len);
        for (int i = 0; i < 40; i++) {
            state = state * 1664525u + 1013904223u;
            bytes[page + (state >> 8) % (i % 2 ? 4096 : 64)] ^= (char)(state >> 24 | 1);
        }
        cr_assert_eq(sj_file_write(file, 0666, bytes, whole.len), 0);
        // What a condemned database holds stays until the process ends: one of its own.
        pid_t child = fork();
        if (child == 0) {
            ask_everything();
            _exit(0);
        }
        int status = 1;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "page %zu: status %d", page / 4096, status);
    }
    SJ_AUTO(sj_auto_free) char *records = sj_asprintf("%s/records", at.dir);
    cr_assert_eq(sj_tree_remove(records), 0);
    database_reopen(&at, SJ_DB_WRITE);
    cr_expect_eq(database_ingest(&at).records, 301, "the journal has them still");
}

Test(db, a_hit_that_does_not_tell_is_compiled_as_its_miss_was)
{
    static const char *const paths[] = {"F../a.c", NULL};
    struct sj_key set = database_pathset(&at, paths);
    append_miss(&set, "s", (const char *const[]){"a.c", NULL});
    (void)database_ingest(&at);
    struct sj_record hit = record_of("b", SJ_OUTCOME_HIT, "a.o");
    memset(hit.component, 0, sizeof hit.component);
    hit.strong = database_key("s");
    database_append(&at, &hit);
    hit.strong = database_key("other");
    hit.start_ns += SECOND;
    database_append(&at, &hit);
    (void)database_ingest(&at);
    struct sj_sample *miss = samples(1, SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), 1);
    struct sj_sample *hits = samples(1, SJ_OUTCOME_BIT(SJ_OUTCOME_HIT), 2);
    cr_expect_eq(hits[0].config, miss->config);
    cr_expect_eq(hits[0].state, miss->state);
    cr_expect_neq(hits[1].config, miss->config);
    free(miss);
    free(hits);
}

// The same file, compiled by the same command, where another repository begins.
Test(db, inputs_are_named_where_they_stand)
{
    static const char *const paths[] = {"F../a.c", NULL};
    static const char *const other[] = {"project", "host/q",   "commit", commit,
                                        "root",    "/src/out", NULL};
    struct sj_key set = database_pathset(&at, paths);
    begin("b", "main", DATABASE_START);
    append_miss(&set, "s", (const char *const[]){"a.c", NULL});
    database_note(&at, SJ_NOTE_BEGIN, "q", DATABASE_START, other);
    struct sj_record hit = record_of("q", SJ_OUTCOME_HIT, "a.o");
    hit.strong = database_key("s");
    database_append(&at, &hit);
    struct sj_key content = database_key("a.c");
    struct sj_record miss = record_of("q", SJ_OUTCOME_MISS, "a.o");
    miss.strong = hit.strong;
    miss.pathset = set;
    miss.inputs = &content;
    miss.inputs_count = 1;
    miss.start_ns += SECOND;
    database_append(&at, &miss);
    (void)database_ingest(&at);

    struct sj_sample *first = samples(1, SJ_OUTCOME_ANY, 1);
    struct sj_sample *second = samples(2, SJ_OUTCOME_ANY, 2);
    const struct sj_input *inputs = NULL;
    size_t count = 0;
    cr_expect_eq(second[0].outcome, SJ_OUTCOME_HIT);
    cr_expect_eq(second[0].state, 0, "nobody has said what it is called there");
    cr_expect_neq(second[1].state, first->state);
    cr_assert_eq(sj_db_inputs(at.db, first->state, &inputs, &count), 0);
    (void)find_input(inputs, count, "a.c");
    cr_assert_eq(sj_db_inputs(at.db, second[1].state, &inputs, &count), 0);
    (void)find_input(inputs, count, "/src/a.c");
    free(first);
    free(second);
}
