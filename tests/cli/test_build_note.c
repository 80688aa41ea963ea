// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "cli/build_note.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddd"

// What is checked out, what the system says, and what is to be noted: NAME=VALUE.
struct story {
    const char *title;
    const char *commit; // NULL: no repository; "": no commit yet
    const char *parents[2];
    const char *branch;
    const char *repo_project;
    const char *system;
    bool is_merge;
    bool is_dirty;
    const char *backfill;
    const char *told[8];
    const char *noted[12];
};

static const struct story stories[] = {
    {.title = "a person's checkout",
     .commit = A,
     .branch = "main",
     .repo_project = "h/p",
     .noted = {"commit=" A, "branch=main", "project=h/p", "dirty=0"}},
    {.title = "a dirty one, detached",
     .commit = A,
     .is_dirty = true,
     .noted = {"commit=" A, "dirty=1"}},
    {.title = "no commit yet", .commit = "", .branch = "main", .noted = {"branch=main", "dirty=0"}},
    {.title = "no repository", .noted = {NULL}},
    {.title = "no repository at hand, but CI tells",
     .system = "gitlab",
     .told = {"commit=" A, "branch=main", "project=h/p", "job=gcc"},
     .noted = {"commit=" A, "branch=main", "project=h/p", "job=gcc", "system=gitlab"}},
    {.title = "CI, detached as usual",
     .commit = A,
     .repo_project = "h/p",
     .system = "gitlab",
     .told = {"commit=" A, "branch=main", "project=h/p"},
     .noted = {"commit=" A, "branch=main", "project=h/p", "system=gitlab", "dirty=0"}},
    {.title = "a merge that the system made; parents known",
     .commit = A,
     .parents = {B, C},
     .system = "github",
     .is_merge = true,
     .told = {"commit=" A, "branch=fix", "pull=7", "target=main", "head=" D, "base=" D},
     .noted = {"commit=" A, "branch=fix", "pull=7", "target=main", "head=" C, "base=" B,
               "system=github", "dirty=0", "synthetic=1"}},
    {.title = "… and a clone that has cut them off",
     .commit = A,
     .system = "github",
     .is_merge = true,
     .told = {"commit=" A, "branch=fix", "pull=7", "head=" C, "base=" B},
     .noted = {"commit=" A, "branch=fix", "pull=7", "head=" C, "base=" B, "system=github",
               "dirty=0", "synthetic=1"}},
    {.title = "the pull request's tip is checked out instead",
     .commit = C,
     .parents = {D, B},
     .system = "github",
     .is_merge = true,
     .told = {"commit=" A, "branch=fix", "pull=7", "head=" C},
     .noted = {"commit=" C, "ci_commit=" A, "branch=fix", "pull=7", "system=github", "dirty=0"}},
    {.title = "no merge was made",
     .commit = A,
     .parents = {B, C},
     .system = "buildkite",
     .told = {"commit=" A, "branch=fix", "pull=7"},
     .noted = {"commit=" A, "branch=fix", "pull=7", "system=buildkite", "dirty=0"}},
    {.title = "another branch was checked out by hand",
     .commit = B,
     .branch = "release",
     .system = "github",
     .told = {"commit=" A, "branch=fix", "pull=7", "target=main"},
     .noted = {"commit=" B, "ci_commit=" A, "branch=release", "system=github", "dirty=0"}},
    {.title = "another repository",
     .commit = B,
     .repo_project = "h/other",
     .system = "github",
     .told = {"commit=" A, "branch=fix", "pull=7", "project=h/p", "run=5"},
     .noted = {"commit=" B, "ci_commit=" A, "project=h/other", "system=github", "run=5",
               "dirty=0"}},
    {.title = "a repository without a remote is no other one",
     .commit = B,
     .repo_project = "work",
     .system = "github",
     .told = {"commit=" A, "branch=fix", "project=h/p"},
     .noted = {"commit=" B, "ci_commit=" A, "branch=fix", "project=h/p", "system=github",
               "dirty=0"}},
    {.title = "backfill in a CI job",
     .commit = B,
     .system = "github",
     .backfill = "main",
     .told = {"commit=" A, "branch=main", "pull=7"},
     .noted = {"commit=" B, "ci_commit=" A, "branch=main", "system=github", "dirty=0",
               "backfill=1"}},
    {.title = "backfill of no branch",
     .commit = B,
     .system = "github",
     .backfill = "-",
     .told = {"commit=" A, "branch=main"},
     .noted = {"commit=" B, "ci_commit=" A, "system=github", "dirty=0", "backfill=1"}},
};

static const char *find(const char *const *list, const char *name)
{
    size_t len = strlen(name);
    for (; *list; list++) {
        if (strncmp(*list, name, len) == 0 && (*list)[len] == '=') {
            return *list + len + 1;
        }
    }
    return "";
}

static struct sj_oid oid(const char *text)
{
    struct sj_oid oid = {0};
    if (text && *text) {
        cr_assert_eq(sj_oid_parse(text, &oid), 0);
    }
    return oid;
}

static void tell(const struct story *story, struct sj_build_note *note)
{
    struct sj_ci ci = {.system = story->system, .is_merge = story->is_merge};
    for (int i = 0; i < SJ_CI_FIELD_COUNT; i++) {
        (void)snprintf(ci.text[i], sizeof ci.text[i], "%s",
                       find(story->told, sj_ci_field_name((enum sj_ci_field)i)));
    }
    SJ_AUTO(sj_buf_release) struct sj_buf branch = SJ_BUF_INIT(100);
    sj_buf_adds(&branch, story->branch ? story->branch : "");
    const struct sj_repo_head head = {
        .commit = oid(story->commit),
        .parents = {oid(story->parents[0]), oid(story->parents[1])},
        .branch = branch,
        .is_dirty = story->is_dirty,
    };
    const struct sj_build_source source = {
        .ci = &ci,
        .head = story->commit ? &head : NULL,
        .repo_project = story->repo_project,
        .backfill = story->backfill,
    };
    sj_build_note_begin(&source, note);
}

Test(build_note, what_is_checked_out_counts)
{
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        const struct story *story = &stories[i];
        SJ_AUTO(sj_build_note_release) struct sj_build_note note = {0};
        tell(story, &note);
        uint32_t wanted = 0;
        while (story->noted[wanted]) {
            wanted++;
        }
        cr_expect_eq(note.count, wanted, "%s: %u pairs", story->title, note.count);
        for (uint32_t j = 0; j < note.count; j++) {
            cr_expect_str_eq(note.pairs[j].value, find(story->noted, note.pairs[j].name), "%s: %s",
                             story->title, note.pairs[j].name);
        }
    }
}

Test(build_note, settings_overrule)
{
    struct sj_ci ci = {.system = "github", .refused = "branch"};
    memcpy(ci.text[SJ_CI_PROJECT], "h/p", 4);
    memcpy(ci.text[SJ_CI_JOB], "build", 6);
    const struct sj_build_source source = {
        .ci = &ci,
        .project = "name",
        .job = "gcc",
        .machine = "m-01234567",
        .cpus = 2,
        .root = "/w",
        .base_dir = "/b",
    };
    SJ_AUTO(sj_build_note_release) struct sj_build_note note = {0};
    sj_build_note_begin(&source, &note);
    const struct sj_note as = {.pairs = note.pairs, .pair_count = note.count};
    cr_expect_str_eq(sj_note_value(&as, "project"), "name");
    cr_expect_str_eq(sj_note_value(&as, "job"), "gcc");
    cr_expect_str_eq(sj_note_value(&as, "machine"), "m-01234567");
    cr_expect_str_eq(sj_note_value(&as, "cpus"), "2");
    cr_expect_str_eq(sj_note_value(&as, "root"), "/w");
    cr_expect_str_eq(sj_note_value(&as, "base_dir"), "/b");
    cr_expect_str_eq(sj_note_value(&as, "refused"), "branch");
}
