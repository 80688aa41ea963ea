// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "repo/worktree.h"

TestSuite(worktree, .init = fixture_init, .fini = fixture_fini);

static struct sj_tree *open_tree(const char *repo, const char *dir)
{
    struct sj_repo *from = open_repo(repo);
    struct sj_tree *tree = NULL;
    struct sj_err err = {0};
    cr_assert_eq(sj_tree_open(from, dir, &tree, &err), 0, "%s", err.text);
    // The tree needs the repository no more.
    sj_repo_close(from);
    return tree;
}

static void move(struct sj_tree *tree, const char *name)
{
    struct sj_err err = {0};
    struct sj_oid commit = rev("r", name);
    cr_assert_eq(sj_tree_move(tree, &commit, &err), 0, "%s", err.text);
}

static void expect_text(const char *script, const char *expected)
{
    char *text = sh_text("%s", script);
    cr_expect_str_eq(text, expected, "%s: '%s'", script, text);
    free(text);
}

static void make_line(void)
{
    sh("git init -q r; cd r; git remote add origin https://u:secret@example.org/a/b.git;"
       "mkdir -p d/e; echo 1 >a; echo 1 >d/e/f; echo same >same; ln -s a link; git add .;"
       "git commit -qm one; git tag -am v1 v1; echo 2 >a; git rm -q d/e/f; mkdir -p d; echo 2 "
       ">d/g; chmod +x "
       "same; git add .; git commit -qm two; echo 3 >a; git commit -qam three;"
       "git rm -qr d; echo file >d; git add .; git commit -qm four");
}

// All of the repository but the access times of its files.
static char *state_of(const char *dir)
{
    return sh_text("cd '%s'; find . -printf '%%p %%T@ %%C@ %%s\\n' | sort; GIT_OPTIONAL_LOCKS=0 "
                   "git status --porcelain;"
                   "git for-each-ref",
                   dir);
}

Test(worktree, commits_are_checked_out_beside_the_users_tree)
{
    make_line();
    sh("cd r; echo dirty >a; echo new >untracked; git add untracked; sleep 0.01; git status");
    char *before = state_of("r");
    struct sj_tree *tree = open_tree("r", "wt/x");
    static const char *const order[] = {"main~3", "main", "main~2", "v1", "main~1", "main~3"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        move(tree, order[i]);
        struct sj_oid want = rev("r", order[i]);
        struct sj_oid head = rev("wt/x", "HEAD");
        if (strcmp(order[i], "v1") != 0) {
            cr_expect(sj_oid_eq(&want, &head), "%s", order[i]);
        }
        expect_text("git -C wt/x status --porcelain", "");
        sh("git -C wt/x diff --exit-code '%s'", strcmp(order[i], "v1") ? "HEAD" : "v1");
    }
    move(tree, "main~1");
    expect_text("git -C wt/x describe | cut -d- -f1,2", "v1-2");
    expect_text("git -C wt/x rev-parse --abbrev-ref HEAD", "HEAD");
    expect_text("git -C wt/x config remote.origin.url", "https://example.org/a/b.git");
    expect_text("git -C wt/x fsck --no-dangling --no-progress 2>&1", "");
    sj_tree_close(tree);
    char *after = state_of("r");
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
}

Test(worktree, files_that_stay_keep_their_times)
{
    make_line();
    struct sj_tree *tree = open_tree("r", "wt");
    move(tree, "main~2");
    sh("cd wt; touch -d '2001-01-01 UTC' same d/g link; echo object >a.o; mkdir out; echo x "
       ">out/x");
    move(tree, "main~1");
    expect_text("cd wt; cat a; stat -c %Y same d/g; cat a.o out/x",
                "3\n978307200\n978307200\nobject\nx");
    // What a build did to tracked files is undone.
    sh("cd wt; echo built >same; rm link");
    move(tree, "main~1");
    expect_text("cd wt; cat same; readlink link; git status --porcelain --untracked-files=no",
                "same\na");
    sj_tree_close(tree);
}

Test(worktree, untracked_files_in_the_way_give_way)
{
    make_line();
    struct sj_tree *tree = open_tree("r", "wt");
    move(tree, "main");
    sh("cd wt; rm d; mkdir d; echo x >d/x");
    move(tree, "main~1");
    expect_text("cd wt; cat d/g", "2");
    move(tree, "main");
    expect_text("cd wt; cat d", "file");
    sj_tree_close(tree);
}

Test(worktree, files_that_a_build_removed_come_back_as_what_they_are_now)
{
    sh("git init -q r; cd r; ln -s x a; echo f >b; mkdir c; echo c >c/c; git add .; git commit -qm "
       "1;"
       "rm -r a b c; echo a >a; mkdir b; echo b >b/b; echo c >c; git add .; git commit -qm 2");
    struct sj_tree *tree = open_tree("r", "wt");
    static const char *const order[] = {"main", "main~1", "main"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        move(tree, order[i]);
        expect_text("git -C wt status --porcelain", "");
        sh("cd wt; rm -r a b c");
    }
    sj_tree_close(tree);
}

Test(worktree, clean_leaves_what_git_tracks)
{
    make_line();
    struct sj_tree *tree = open_tree("r", "wt");
    struct sj_err err = {0};
    cr_assert_eq(sj_tree_clean(tree, &err), 0, "%s", err.text);
    move(tree, "main~1");
    sh("cd wt; echo '*.o' >.gitignore; echo x >a.o; echo x >d/a.o; mkdir -p out/deep; echo x "
       ">out/deep/x; chmod 555 out/deep; ln -s /etc out/etc; git init -q nested; rm same;"
       "touch -d '2001-01-01 UTC' a");
    cr_assert_eq(sj_tree_clean(tree, &err), 0, "%s", err.text);
    expect_text("cd wt; find . -path ./.git -prune -o -type f -print | sort; stat -c %Y a",
                "./a\n./d/g\n./same\n978307200");
    expect_text("cd wt; git status --porcelain --ignored", "");
    expect_text("test -f /etc/passwd; echo $?", "0");
    sj_tree_close(tree);
}

Test(worktree, submodules_come_along_where_the_user_has_them)
{
    sh("git init -q lib; cd lib; echo 1 >l; git add .; git commit -qm l1; echo 2 >l;"
       "git commit -qam l2");
    sh("git init -q inner; cd inner; echo i >i; git add .; git commit -qm i1;"
       "cd ../lib; git submodule -q add \"$PWD/../inner\" deep; git commit -qm l3");
    sh("git init -q r; cd r; echo 1 >a; git add .; git commit -qm one;"
       "git submodule -q add \"$PWD/../lib\" sub; git -C sub checkout -q HEAD~2; git add .;"
       "git commit -qm two; git -C sub checkout -q main; git submodule -q update --init "
       "--recursive;"
       "git -C sub checkout -q main; git -C sub submodule -q update --init; git add .;"
       "git commit -qm three; git rm -qf sub; echo file >sub; git add .; git commit -qm four;"
       "git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,gone;"
       "git commit -qm five");
    struct sj_tree *tree = open_tree("r", "wt");
    size_t count = 0;
    move(tree, "main~3");
    expect_text("cat wt/sub/l", "1");
    move(tree, "main~2");
    (void)sj_tree_missing(tree, &count);
    cr_expect_eq(count, 0);
    expect_text("cat wt/sub/l wt/sub/deep/i", "2\ni");
    expect_text("git -C wt status --porcelain; git -C wt submodule status --recursive | cut -c1",
                "-");
    sh("echo x >wt/sub/x; echo x >wt/sub/deep/x; echo x >wt/sub/l");
    struct sj_err err = {0};
    cr_assert_eq(sj_tree_clean(tree, &err), 0, "%s", err.text);
    expect_text("cat wt/sub/l; ls wt/sub | xargs; ls wt/sub/deep", "2\ndeep l\ni");
    move(tree, "main~1");
    expect_text("cat wt/sub", "file");
    move(tree, "main");
    const char *const *missing = sj_tree_missing(tree, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(missing[0], "gone");
    move(tree, "main~2");
    expect_text("cat wt/sub/l wt/sub/deep/i", "2\ni");
    sj_tree_close(tree);
}

Test(worktree, other_peoples_directories_are_refused)
{
    make_line();
    sh("mkdir other; echo precious >other/file; git init -q s");
    struct sj_repo *repo = open_repo("r");
    struct sj_tree *tree = NULL;
    struct sj_tree *again = NULL;
    struct sj_err err = {0};
    cr_expect_eq(sj_tree_open(repo, "other", &tree, &err), -EEXIST);
    cr_expect_eq(sj_tree_open(repo, "s", &tree, &err), -EEXIST);
    expect_text("cat other/file", "precious");
    cr_assert_eq(sj_tree_open(repo, "wt", &tree, &err), 0, "%s", err.text);
    cr_expect_eq(sj_tree_open(repo, "wt", &again, &err), -EBUSY);
    sj_tree_close(tree);
    struct sj_repo *other = open_repo("s");
    cr_expect_eq(sj_tree_open(other, "wt", &again, &err), -EEXIST);
    sj_repo_close(other);
    // A process that was killed left its locks and half of its work.
    sh("touch wt/.git/index.lock wt/.git/HEAD.lock");
    cr_assert_eq(sj_tree_open(repo, "wt", &again, &err), 0, "%s", err.text);
    move(again, "main");
    sj_tree_close(again);
    sj_repo_close(repo);
}

Test(worktree, partial_clones_say_what_they_lack)
{
    make_line();
    sh("git -C r config uploadpack.allowFilter true;"
       "git clone -q --no-local --bare --filter=blob:none \"file://$PWD/r\" p");
    struct sj_tree *tree = open_tree("p", "wt");
    struct sj_err err = {0};
    struct sj_oid commit = rev("r", "main");
    cr_expect_eq(sj_tree_move(tree, &commit, &err), -ENOENT);
    cr_expect(strstr(err.text, "partial"), "%s", err.text);
    sj_tree_close(tree);
}
