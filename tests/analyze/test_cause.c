// SPDX-License-Identifier: Apache-2.0
// Each cause of a miss, with a real repository, a real journal and a real database.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cause.h"
#include "base/mem.h"
#include "fixture.h"

static struct fixture at;

static void set_up(void)
{
    fixture_make(&at);
}

static void tear_down(void)
{
    fixture_remove(&at);
}

TestSuite(cause, .init = set_up, .fini = tear_down);

static const char *const headers[] = {"a.h", "b.h", NULL};
static const struct fixture_compile unit_x = {.source = "x.c", .output = "x.o", .inputs = headers};

// A first commit with a unit and two headers, and its first build, "1".
static void begin(const struct fixture_compile *unit)
{
    fixture_write(&at, "x.c", "x");
    fixture_write(&at, "a.h", "a");
    fixture_write(&at, "b.h", "b");
    (void)fixture_commit(&at, "first");
    const struct fixture_build build = {.id = "1"};
    fixture_begin(&at, &build);
    (void)fixture_compile(&at, &build, unit);
    fixture_end(&at, &build);
}

static bool build_one(const struct fixture_build *build, const struct fixture_compile *unit)
{
    fixture_begin(&at, build);
    bool is_hit = fixture_compile(&at, build, unit);
    fixture_end(&at, build);
    return is_hit;
}

static void edit(const char *path, const char *text, const char *subject)
{
    fixture_write(&at, path, text);
    (void)fixture_commit(&at, subject);
}

static void describe(const struct sj_blame *cause, struct sj_buf *out)
{
    sj_buf_addf(out, "%s%s%s", out->len ? ", " : "", sj_blame_name(cause->kind),
                cause->is_inferred ? "?" : "");
    if (cause->kind == SJ_BLAME_COMMIT) {
        uint32_t place = at.history ? sj_history_find(at.history, &cause->commit) : SJ_NO_COMMIT;
        size_t count;
        sj_buf_addf(out, " %s",
                    place == SJ_NO_COMMIT ? "(missing)"
                                          : sj_history_commits(at.history, &count)[place].subject);
    }
    const char *via = sj_blame_via_name(cause->via);
    sj_buf_addf(out, "%s%s%s%s", *cause->path ? " " : "", cause->path, via ? " by " : "",
                via ? via : "");
}

// Causes of the last compile of an output in a build; causes of one compile stand in the order of
// their commits' subjects, so that the tests can name them.
static void expect_in(const char *repo, const char *build, const char *output, const char *expected)
{
    struct sj_err err;
    fixture_load(&at, repo, NULL, 0);
    struct sj_pool pool = {0};
    struct sj_causes *causes = sj_causes_open(&at.view, &pool);
    uint32_t index = (uint32_t)fixture_build(&at, build);
    cr_assert_eq(sj_causes_load(causes, &index, 1, &err), 0, "%s", err.text);
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(causes, index, &count);
    const struct sj_sample *sample = NULL;
    for (size_t i = 0; i < count; i++) {
        struct sj_unit unit;
        cr_assert_eq(sj_db_unit(at.db, samples[i].unit, &unit), 0);
        if (strcmp(sj_db_text(at.db, unit.name), output) == 0) {
            sample = &samples[i];
        }
    }
    cr_assert(sample, "no compile of %s in build %s", output, build);
    struct sj_finding found;
    cr_assert_eq(sj_causes_find(causes, index, sample, &found, &err), 0, "%s", err.text);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(1 << 16);
    char *parts[64];
    for (size_t i = 0; i < found.count; i++) {
        struct sj_buf part = SJ_BUF_INIT(1 << 12);
        describe(&found.causes[i], &part);
        size_t place = i;
        while (place > 0 && strcmp(parts[place - 1], sj_buf_text(&part)) > 0) {
            parts[place] = parts[place - 1];
            place--;
        }
        parts[place] = sj_strdup(sj_buf_text(&part));
        sj_buf_release(&part);
    }
    for (size_t i = 0; i < found.count; i++) {
        sj_buf_addf(&text, "%s%s", i ? "; " : "", parts[i]);
        free(parts[i]);
    }
    cr_expect_str_eq(sj_buf_text(&text), expected, "build %s, %s: '%s', not '%s'", build, output,
                     sj_buf_text(&text), expected);
    sj_causes_close(causes);
    sj_pool_release(&pool);
}

static void expect(const char *build, const char *output, const char *expected)
{
    expect_in(NULL, build, output, expected);
}

Test(cause, the_first_build_is_cold)
{
    begin(&unit_x);
    expect("1", "x.o", "cold by new");
}

Test(cause, one_commit_that_changed_a_header)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    cr_assert_not(build_one(&(struct fixture_build){.id = "2"}, &unit_x));
    expect("2", "x.o", "commit edit a a.h by input");
}

Test(cause, all_commits_that_changed_what_it_reads_and_no_other)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    edit("unread.h", "u", "edit something else");
    fixture_write(&at, "a.h", "a3");
    edit("b.h", "b3", "edit both");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    expect(
        "2", "x.o",
        "commit edit a a.h by input; commit edit both a.h by input; commit edit both b.h by input");
}

Test(cause, what_was_changed_and_changed_back_has_no_part_in_it)
{
    begin(&unit_x);
    edit("a.h", "a2", "try a");
    edit("a.h", "a", "revert a");
    edit("b.h", "b2", "edit b");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    expect("2", "x.o", "commit edit b b.h by input");
    edit("a.h", "a2", "try a again");
    edit("a.h", "a", "revert a again");
    edit("a.h", "a4", "edit a");
    build_one(&(struct fixture_build){.id = "3"}, &unit_x);
    expect("3", "x.o", "commit edit a a.h by input");
}

Test(cause, a_build_is_compared_with_its_nearest_ancestor)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    fixture_git(&at, "branch side HEAD~1");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    fixture_git(&at, "checkout -q side");
    edit("b.h", "b2", "edit b on the side");
    build_one(&(struct fixture_build){.id = "3", .branch = "side"}, &unit_x);
    expect("3", "x.o", "commit edit b on the side b.h by input");
}

Test(cause, a_merge_is_one_commit)
{
    begin(&unit_x);
    fixture_git(&at, "checkout -q -b side");
    edit("a.h", "a2", "edit a");
    edit("a.h", "a3", "edit a more");
    fixture_git(&at, "checkout -q main");
    edit("unread.h", "u", "go on");
    fixture_git(&at, "merge -q --no-ff -m 'merge side' side");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    expect("2", "x.o", "commit merge side a.h by input");
}

Test(cause, a_new_unit_is_its_commits)
{
    begin(&unit_x);
    edit("y.c", "y", "add y");
    edit("y.c", "y2", "edit y");
    const struct fixture_compile unit = {.source = "y.c", .output = "y.o"};
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "y.o", "commit add y y.c by new");
}

Test(cause, a_renamed_unit_is_the_old_one)
{
    begin(&unit_x);
    fixture_git(&at, "mv x.c y.c");
    (void)fixture_commit(&at, "rename x");
    edit("b.h", "b2", "edit b");
    const struct fixture_compile unit = {.source = "y.c", .output = "y.o", .inputs = headers};
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "y.o", "commit edit b b.h by input; commit rename x y.c by rename");
}

Test(cause, a_unit_of_old_files_is_the_build_descriptions)
{
    begin(&unit_x);
    fixture_write(&at, "y.c", "y");
    (void)fixture_commit(&at, "add y, unbuilt");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    edit("meson.build", "executable", "build y");
    const struct fixture_compile unit = {.source = "y.c", .output = "y.o"};
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "y.o", "commit? build y meson.build by new");
    edit("z.c", "z", "add z, unbuilt");
    build_one(&(struct fixture_build){.id = "4"}, &unit_x);
    const struct fixture_compile late = {.source = "z.c", .output = "z.o"};
    edit("unread.h", "u", "go on");
    build_one(&(struct fixture_build){.id = "5"}, &late);
    expect("5", "z.o", "cold z.c by new");
}

Test(cause, flags_are_the_build_descriptions)
{
    begin(&unit_x);
    fixture_write(&at, "src/Makefile", "-O3");
    edit("other.c", "o", "-O3");
    struct fixture_compile unit = unit_x;
    unit.args = "-O3 -c x.c -o x.o";
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "commit? -O3 src/Makefile by args");
    unit.args = "-O1 -c x.c -o x.o";
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "x.o", "arguments by args");
}

Test(cause, flags_show_against_a_hit_by_stamp)
{
    begin(&unit_x);
    edit("unread.h", "u", "go on");
    struct fixture_compile unit = unit_x;
    unit.way = FIXTURE_FAST;
    cr_assert(build_one(&(struct fixture_build){.id = "2"}, &unit));
    edit("CMakeLists.txt", "-O3", "-O3");
    unit.way = FIXTURE_BY_KEY;
    unit.args = "-O3 -c x.c -o x.o";
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "x.o", "commit? -O3 CMakeLists.txt by args");
}

Test(cause, another_compiler_is_no_list_of_sources)
{
    begin(&unit_x);
    edit("meson.build", "y.c", "list y");
    struct fixture_compile unit = unit_x;
    unit.tool = "gcc 13";
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "toolchain /usr/bin/gcc by tool");
    edit("ci/Dockerfile", "gcc 14", "gcc 14");
    unit.tool = "gcc 14";
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "x.o", "commit? gcc 14 ci/Dockerfile by tool");
}

Test(cause, variables_are_the_environment)
{
    static const char *const inputs[] = {"=MODE", NULL};
    struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    begin(&unit);
    unit.environment = "fast";
    edit("unread.h", "u", "go on");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "environment MODE by env; environment by env");
}

Test(cause, flags_and_inputs_both_count)
{
    begin(&unit_x);
    edit("Makefile", "-O3", "-O3");
    edit("a.h", "a2", "edit a");
    struct fixture_compile unit = unit_x;
    unit.args = "-O3 -c x.c -o x.o";
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "commit edit a a.h by input; commit? -O3 Makefile by args");
}

Test(cause, a_header_that_comes_first_on_the_path_is_a_cause)
{
    static const char *const inputs[] = {"first/a.h", "a.h", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    begin(&unit);
    edit("first/a.h", "shadow", "shadow a");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "commit shadow a first/a.h by input");
}

Test(cause, what_a_changed_file_includes_follows_from_it)
{
    begin(&unit_x);
    edit("new.h", "n", "add a header");
    edit("x.c", "x with new.h", "include it");
    static const char *const inputs[] = {"a.h", "b.h", "new.h", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "commit include it x.c by input");
}

Test(cause, a_submodule_that_moved)
{
    fixture_git(&at, "init -q -b main ../lib");
    fixture_write(&at, "../lib/l.h", "l");
    fixture_git(&at, "-C ../lib add l.h");
    fixture_git(&at, "-C ../lib commit -q -m one");
    fixture_git(&at, "-c protocol.file.allow=always submodule -q add ../lib lib");
    static const char *const inputs[] = {"lib/l.h", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    begin(&unit);
    fixture_write(&at, "lib/l.h", "l2");
    fixture_git(&at, "-C lib commit -q -a -m two");
    (void)fixture_commit(&at, "bump lib");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "commit bump lib lib by submodule");
    fixture_write(&at, "lib/l.h", "l3");
    build_one(&(struct fixture_build){.id = "3", .is_dirty = true}, &unit);
    expect("3", "x.o", "uncommitted lib/l.h by submodule");
}

Test(cause, generated_files)
{
    static const char *const inputs[] = {"out/release.h", "out/config.h", "out/rpc.pb.h", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    fixture_write(&at, ".gitignore", "out/\n");
    fixture_write(&at, "rpc.proto", "1");
    fixture_write(&at, "out/release.h", "1");
    fixture_write(&at, "out/config.h", "1");
    fixture_write(&at, "out/rpc.pb.h", "1");
    begin(&unit);
    fixture_write(&at, "out/release.h", "2");
    edit("unread.h", "u", "go on");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "generated out/release.h by generated");
    fixture_write(&at, "out/rpc.pb.h", "2");
    edit("rpc.proto", "2", "edit the protocol");
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "x.o", "commit? edit the protocol rpc.proto by generated");
    fixture_write(&at, "out/config.h", "2");
    edit("configure.ac", "2", "look for more");
    build_one(&(struct fixture_build){.id = "4"}, &unit);
    expect("4", "x.o", "commit? look for more configure.ac by generated");
}

Test(cause, a_generator_that_was_recorded_tells_more)
{
    static const char *const inputs[] = {"out/table.h", NULL};
    static const char *const sources[] = {"table.csv", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    const struct fixture_compile generator = {
        .source = "make-table", .output = "out/table.h", .inputs = sources};
    fixture_write(&at, ".gitignore", "out/\n");
    fixture_write(&at, "make-table", "1");
    fixture_write(&at, "table.csv", "1");
    fixture_write(&at, "x.c", "x");
    fixture_write(&at, "out/table.h", "1");
    (void)fixture_commit(&at, "first");
    const struct fixture_build first = {.id = "1"};
    fixture_begin(&at, &first);
    (void)fixture_compile(&at, &first, &generator);
    (void)fixture_compile(&at, &first, &unit);
    fixture_end(&at, &first);
    edit("table.csv", "2", "edit the table");
    fixture_write(&at, "out/table.h", "2");
    const struct fixture_build second = {.id = "2"};
    fixture_begin(&at, &second);
    (void)fixture_compile(&at, &second, &generator);
    (void)fixture_compile(&at, &second, &unit);
    fixture_end(&at, &second);
    expect("2", "x.o", "commit edit the table table.csv by generated");
}

Test(cause, files_outside_the_repository)
{
    static const char *const inputs[] = {"/usr/include/stdio.h", NULL};
    const struct fixture_compile unit = {.source = "x.c", .output = "x.o", .inputs = inputs};
    fixture_write(&at, "../system/usr/include/stdio.h", "1");
    begin(&unit);
    fixture_write(&at, "../system/usr/include/stdio.h", "2");
    edit("meson.build", "m", "list something");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "system /usr/include/stdio.h by input");
    fixture_write(&at, "../system/usr/include/stdio.h", "3");
    edit(".github/workflows/ci.yml", "image: new", "new image");
    build_one(&(struct fixture_build){.id = "3", .system = "github"}, &unit);
    expect("3", "x.o", "commit? new image .github/workflows/ci.yml by tool");
    // Another system's jobs are not described there.
    fixture_write(&at, "../system/usr/include/stdio.h", "4");
    edit(".github/workflows/ci.yml", "image: newer", "newer image");
    build_one(&(struct fixture_build){.id = "4", .system = "gitlab"}, &unit);
    expect("4", "x.o", "system /usr/include/stdio.h by input");
}

Test(cause, uncommitted_changes)
{
    begin(&unit_x);
    fixture_write(&at, "a.h", "a2");
    build_one(&(struct fixture_build){.id = "2", .is_dirty = true}, &unit_x);
    expect("2", "x.o", "uncommitted a.h by input");
    fixture_write(&at, "b.h", "b2");
    (void)fixture_commit(&at, "edit a and b");
    fixture_write(&at, "b.h", "b3");
    build_one(&(struct fixture_build){.id = "3", .is_dirty = true}, &unit_x);
    expect("3", "x.o", "commit edit a and b b.h by input; uncommitted b.h by input");
    fixture_write(&at, "b.h", "b2");
    edit("a.h", "a", "a as it was");
    build_one(&(struct fixture_build){.id = "4"}, &unit_x);
    expect("4", "x.o", "commit a as it was a.h by input; uncommitted b.h by input");
}

Test(cause, a_new_file_that_is_in_no_commit)
{
    begin(&unit_x);
    edit("unread.h", "u", "go on");
    fixture_write(&at, "y.c", "y");
    const struct fixture_compile unit = {.source = "y.c", .output = "y.o"};
    build_one(&(struct fixture_build){.id = "2", .is_dirty = true}, &unit);
    expect("2", "y.o", "uncommitted y.c by new");
}

Test(cause, evicted_not_shared_raced_and_asked)
{
    begin(&unit_x);
    edit("unread.h", "u", "go on");
    struct fixture_compile again = unit_x;
    again.way = FIXTURE_MISS;
    build_one(&(struct fixture_build){.id = "2"}, &again);
    expect("2", "x.o", "evicted");
    build_one(&(struct fixture_build){.id = "3", .machine = "host-2"}, &again);
    expect("3", "x.o", "not-shared");
    again.reason = "recache";
    build_one(&(struct fixture_build){.id = "4"}, &again);
    expect("4", "x.o", "asked");
    edit("a.h", "a2", "edit a");
    again.reason = NULL;
    again.cpu_ns = 5 * FIXTURE_HOUR;
    build_one(&(struct fixture_build){.id = "5"}, &again);
    expect("5", "x.o", "commit edit a a.h by input");
    build_one(&(struct fixture_build){.id = "6", .machine = "host-2"}, &again);
    expect("6", "x.o", "race");
    expect("5", "x.o", "commit edit a a.h by input");
}

Test(cause, compiled_before_but_not_stored)
{
    struct fixture_compile unit = unit_x;
    unit.is_unstored = true;
    unit.reason = "time";
    begin(&unit);
    edit("unread.h", "u", "go on");
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "not-stored");
}

Test(cause, bound_to_another_directory)
{
    begin(&unit_x);
    edit("unread.h", "u", "go on");
    struct fixture_compile again = unit_x;
    build_one(&(struct fixture_build){.id = "2", .root = "/elsewhere"}, &again);
    expect("2", "x.o", "place by place");
}

Test(cause, lost_and_unknown_inputs_are_said_to_be_so)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    struct fixture_compile unit = unit_x;
    unit.is_untraced = true;
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "untraced");
}

Test(cause, what_is_no_miss_has_lines_of_its_own)
{
    begin(&unit_x);
    struct fixture_compile unit = unit_x;
    unit.outcome = SJ_OUTCOME_BYPASS;
    unit.reason = "link";
    build_one(&(struct fixture_build){.id = "2"}, &unit);
    expect("2", "x.o", "bypassed");
    unit.outcome = SJ_OUTCOME_FAILED;
    build_one(&(struct fixture_build){.id = "3"}, &unit);
    expect("3", "x.o", "failed");
    unit.outcome = SJ_OUTCOME_ERROR;
    build_one(&(struct fixture_build){.id = "4"}, &unit);
    expect("4", "x.o", "error");
    unit = unit_x;
    unit.way = FIXTURE_HIT;
    unit.flags = SJ_RECORD_AUDIT;
    build_one(&(struct fixture_build){.id = "5"}, &unit);
    expect("5", "x.o", "audit");
}

Test(cause, a_synthetic_merge_has_two_sides)
{
    begin(&unit_x);
    fixture_git(&at, "checkout -q -b pull");
    edit("a.h", "a2", "pull a");
    const char *head = fixture_name(&at, "HEAD");
    fixture_git(&at, "checkout -q main");
    edit("b.h", "b2", "main b");
    const char *base = fixture_name(&at, "HEAD");
    fixture_git(&at, "checkout -q --detach");
    fixture_git(&at, "merge -q --no-ff -m 'synthetic' pull");
    const struct fixture_build build = {.id = "2", .base = base, .head = head, .branch = "pull"};
    build_one(&build, &unit_x);
    fixture_git(&at, "checkout -q main");
    expect("2", "x.o", "commit main b b.h by input; commit pull a a.h by input");
}

Test(cause, a_pull_request_that_was_not_fetched_is_one_commit)
{
    begin(&unit_x);
    const char *base = fixture_name(&at, "HEAD");
    fixture_git(&at, "clone -q --bare . ../before.git");
    edit("a.h", "a2", "pull a");
    const char *head = fixture_name(&at, "HEAD");
    build_one(&(struct fixture_build){.id = "2", .base = base, .head = head}, &unit_x);
    SJ_AUTO(sj_auto_free) char *before = sj_asprintf("%s/before.git", at.dir);
    expect_in(before, "2", "x.o", "commit (missing) a.h by input");
}

Test(cause, shallow_and_partial_clones)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    edit("b.h", "b2", "edit b");
    build_one(&(struct fixture_build){.id = "2"}, &unit_x);
    fixture_git(&at, "config uploadpack.allowFilter true");
    fixture_git(&at, "clone -q --bare --depth 2 file://$PWD ../shallow.git");
    fixture_git(&at, "clone -q --bare --filter=blob:none file://$PWD ../partial.git");
    SJ_AUTO(sj_auto_free) char *shallow = sj_asprintf("%s/shallow.git", at.dir);
    SJ_AUTO(sj_auto_free) char *partial = sj_asprintf("%s/partial.git", at.dir);
    expect_in(shallow, "2", "x.o", "beyond-history a.h by input; beyond-history b.h by input");
    expect_in(partial, "2", "x.o", "commit edit a a.h by input; commit edit b b.h by input");
    expect_in("", "2", "x.o", "unplaced a.h by input; unplaced b.h by input");
}

Test(cause, a_build_without_a_commit_is_said_to_have_none)
{
    begin(&unit_x);
    edit("a.h", "a2", "edit a");
    build_one(&(struct fixture_build){.id = "2", .commit = ""}, &unit_x);
    expect("2", "x.o", "unplaced a.h by input");
    edit("a.h", "a3", "edit a again");
    build_one(&(struct fixture_build){.id = "3", .commit = ""}, &unit_x);
    expect("3", "x.o", "unplaced a.h by input");
}
