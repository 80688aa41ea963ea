// SPDX-License-Identifier: Apache-2.0
// Repositories that nobody made by git commit: what is wrong in them is counted, and nothing
// crashes.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "repo/worktree.h"

TestSuite(hostile, .init = fixture_init, .fini = fixture_fini);

// Objects may say anything; their names are right.
static const char helpers[] = "object() { git hash-object -t \"$1\" --literally -w --stdin; };"
                              "commit() { printf 'tree %s\\nauthor a <a@x> 1 +0000\\ncommitter a "
                              "<a@x> 1 +0000\\n\\nx\\n' $1 | "
                              "object commit; };";

static void make(const char *script)
{
    sh("git init -q r; cd r; echo 1 >a; git add .; git commit -qm base; %s %s", helpers, script);
}

struct outcome {
    int status;
    size_t count;
    size_t change_count;
    struct sj_history_update update;
};

static struct outcome take(const char *tip)
{
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = NULL;
    struct sj_err err = {0};
    struct sj_oid id;
    struct outcome out = {0};
    char *hex = sh_text("cat r/%s", tip);
    cr_assert_eq(sj_oid_parse(hex, &id), 0, "%s", hex);
    free(hex);
    cr_assert_eq(sj_history_open(repo, NULL, &history, &err), 0);
    out.status = sj_history_take(history, &id, &out.update, &err);
    (void)sj_history_commits(history, &out.count);
    (void)sj_history_changes(history, &out.change_count);
    for (uint32_t i = 0; i < out.count; i++) {
        uint32_t from;
        for (uint32_t path = 0; path < 20; path++) {
            (void)sj_history_renamed(history, i, path, &from);
        }
    }
    sj_history_close(history);
    sj_repo_close(repo);
    return out;
}

Test(hostile, trees_that_are_none_are_counted)
{
    static const char *const trees[] = {
        "printf x",                                                  // cut off
        "printf '100644 a'",                                         // no object
        "printf '100644 a\\0123'",                                   // half of one
        "printf '999 a\\0'; head -c 20 /dev/zero",                   // no mode
        "printf ' a\\0'; head -c 20 /dev/zero",                      // none at all
        "printf '1006441006441 a\\0'; head -c 20 /dev/zero",         // too long a mode
        "printf '100644 \\0'; head -c 20 /dev/zero",                 // no name
        "printf '100644 a/b\\0'; head -c 20 /dev/zero | tr '\\0' x", // a path for a name
        "printf '100644 ..\\0'; head -c 20 /dev/zero | tr '\\0' x",
        "printf '40000 sub\\0'; head -c 20 /dev/zero | tr '\\0' x", // a tree that is not there
        "printf '100644 b\\0'; head -c 20 /dev/zero | tr '\\0' x;"
        "printf '100644 a\\0'; head -c 20 /dev/zero | tr '\\0' x", // out of order
        "printf '100644 a\\0'; head -c 20 /dev/zero | tr '\\0' x;"
        "printf '100644 a\\0'; head -c 20 /dev/zero | tr '\\0' y", // twice
    };
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        sh("rm -rf r");
        SJ_AUTO(sj_buf_release) struct sj_buf script = SJ_BUF_INIT(65536);
        sj_buf_addf(&script, "tree=$({ %s; } | object tree); commit $tree >tip", trees[i]);
        make(sj_buf_text(&script));
        struct outcome out = take("tip");
        cr_expect_eq(out.status, 0, "%s", trees[i]);
        cr_expect_eq(out.count, 1);
        cr_expect_eq(out.update.partial, 1, "%s", trees[i]);
        sh("rm -rf wt");
        struct sj_repo *repo = open_repo("r");
        struct sj_tree *tree = NULL;
        struct sj_oid id;
        char *hex = sh_text("cat r/tip");
        cr_assert_eq(sj_oid_parse(hex, &id), 0);
        free(hex);
        cr_assert_eq(sj_tree_open(repo, "wt", &tree, NULL), 0);
        (void)sj_tree_move(tree, &id, NULL);
        (void)sj_tree_clean(tree, NULL);
        sj_tree_close(tree);
        sj_repo_close(repo);
    }
}

Test(hostile, commits_that_are_none_are_refused)
{
    static const char *const commits[] = {
        "printf ''",
        "printf 'tree 123\\n'",
        "printf 'tree %040d' 0",
        "printf 'parent %040d\\n' 0",
        "head -c 100 /dev/zero",
    };
    for (size_t i = 0; i < sizeof commits / sizeof *commits; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf script = SJ_BUF_INIT(65536);
        sh("rm -rf r");
        sj_buf_addf(&script,
                    "bad=$({ %s; } | object commit); echo $bad >bad; tree=$(git write-tree);"
                    "printf 'tree %%s\\nparent %%s\\nauthor\\ncommitter x <\\n' $tree $bad |"
                    "object commit >tip",
                    commits[i]);
        make(sj_buf_text(&script));
        cr_expect_lt(take("bad").status, 0, "%s", commits[i]);
        // As a parent it is where history ends.
        struct outcome out = take("tip");
        cr_expect_eq(out.status, 0, "%s", commits[i]);
        cr_expect_eq(out.count, 1);
        cr_expect(out.update.is_shallow);
    }
    cr_expect_eq(take("../r/bad").status, -EBADMSG);
    sh("git -C r hash-object -w a >r/blob; git -C r write-tree >r/tree; printf %%040d 7 >r/none");
    cr_expect_eq(take("blob").status, -EBADMSG);
    cr_expect_eq(take("tree").status, -EBADMSG);
    cr_expect_eq(take("none").status, -ENOENT);
}

Test(hostile, odd_commits_are_read)
{
    make("tree=$(git write-tree); { printf 'tree %s\\n' $tree; for i in $(seq 300); do"
         " printf 'parent %s\\n' $(git rev-parse HEAD); done; printf 'author <><> x\\ncommitter "
         "99999999999999999999999 <a> 99999999999999999999 +9999999\\ngpgsig -\\n x\\n y\\n'; "
         "head -c 100000 /dev/zero | tr '\\0' x; printf '\\n\\n\\n  \\n\\0 subject\\0more'; "
         "head -c 100000 /dev/zero | tr '\\0' y; } | object commit >tip");
    struct outcome out = take("tip");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.count, 2);
    cr_expect_eq(out.update.partial, 0);
}

Test(hostile, deep_and_wide_trees_have_limits)
{
    // 400 directories one in the other.
    make("tree=$(git write-tree); for i in $(seq 400); do"
         " tree=$(printf '040000 tree %s\\td\\n' $tree | git mktree); done; commit $tree >tip");
    struct outcome out = take("tip");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.update.partial, 1);
    cr_expect_eq(out.change_count, 0);
    // Ten to the tenth empty files in ten trees: a "git bomb".
    sh("cd r; %s tree=$(git write-tree); for i in $(seq 10); do tree=$(for k in 0 1 2 3 4 5 6 7 8 "
       "9;"
       "do printf '040000 tree %%s\\td%%s\\n' $tree $k; done | git mktree); done;"
       "commit $tree >tip",
       helpers);
    out = take("tip");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.update.partial, 1);
    // A name of 5,000 bytes, beside one that is none.
    sh("cd r; %s blob=$(git hash-object -w a); { printf '100644 blob %%s\\t' $blob;"
       "head -c 5000 /dev/zero | tr '\\0' n; printf '\\n100644 blob %%s\\tok\\n' $blob; } | git "
       "mktree "
       ">tree; commit $(cat tree) >tip",
       helpers);
    out = take("tip");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.update.partial, 1);
    cr_expect_eq(out.change_count, 1);
}

// A loose object under the name of another one: only whoever hashes it would see.
Test(hostile, commits_and_trees_that_go_round_come_to_an_end)
{
    make("tree=$(git write-tree); fake=1234567890123456789012345678901234567890;"
         "real=$(printf 'tree %s\\nparent %s\\nauthor a <a@x> 1 +0\\ncommitter a <a@x> 1 "
         "+0\\n\\nx\\n' "
         "$tree $fake | object commit); mkdir -p .git/objects/12;"
         "cp .git/objects/$(echo $real | cut -c1-2)/$(echo $real | cut -c3-)"
         " .git/objects/12/34567890123456789012345678901234567890; echo $real >tip; echo $fake "
         ">tip2");
    cr_expect_eq(take("tip").status, 0);
    struct outcome out = take("tip2");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.count, 1);
    cr_expect(out.update.is_shallow);
    sh("cd r; %s fake=2234567890123456789012345678901234567890; mkdir -p .git/objects/22;"
       "real=$({ printf '40000 d\\0'; printf '\\042\\064\\126\\170\\220\\022\\064\\126\\170\\220"
       "\\022\\064\\126\\170\\220\\022\\064\\126\\170\\220'; } | object tree);"
       "cp .git/objects/$(echo $real | cut -c1-2)/$(echo $real | cut -c3-)"
       " .git/objects/22/34567890123456789012345678901234567890; commit $fake >tip3",
       helpers);
    out = take("tip3");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.update.partial, 1);
}

Test(hostile, damaged_objects_are_counted)
{
    sh("git init -q r; cd r; mkdir d; echo 1 >d/a; git add .; git commit -qm 1; echo 2 >d/a;"
       "git commit -qam 2; tree=$(git rev-parse HEAD~1:d); echo 3 >d/a; git commit -qam 3;"
       "f=.git/objects/$(echo $tree | cut -c1-2)/$(echo $tree | cut -c3-); chmod 644 $f;"
       "printf XXXXXXXXXX | dd of=$f bs=1 conv=notrunc status=none; git rev-parse HEAD >tip");
    struct outcome out = take("tip");
    cr_expect_eq(out.status, 0);
    cr_expect_eq(out.count, 3);
    cr_expect_eq(out.update.partial, 2);
    cr_expect_geq(out.change_count, 1);
}
