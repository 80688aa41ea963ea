// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

TestSuite(history, .init = fixture_init, .fini = fixture_fini);

// A line with all that can happen to a path.
static void make_line(void)
{
    sh("git init -q r; cd r; mkdir -p src/a; echo 1 >src/a/x.c; echo 2 >src/b.h; echo 3 >src.c;"
       "ln -s src.c link; git add .; git commit -qm 'first  commit'");
    sh("cd r; echo 4 >src/b.h; git commit -qam second");
    sh("cd r; chmod +x src.c; git commit -qam 'mode only'");
    sh("cd r; git mv src/a/x.c src/y.c; git commit -qm rename");
    sh("cd r; git rm -q src/b.h; mkdir src/b.h; echo 5 >src/b.h/in; git add .;"
       "git commit -qm 'file to directory'");
    sh("cd r; git rm -qr src/b.h; echo 6 >src/b.h; git add .; git commit -qm 'and back'");
    sh("cd r; rm link; echo 7 >link; git commit -qam 'link to file'");
    sh("cd r; git commit -q --allow-empty -m empty");
    sh("cd r; git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,"
       "sub; git commit -qm submodule; git update-index --cacheinfo "
       "160000,2234567890123456789012345678901234567890,sub; git commit -qm bump");
    sh("cd r; printf x >\"$(printf 'new\\nline\\033[1m')\"; echo y >'with space'; echo z >\xc3\xa9;"
       "git add .; git commit -qm names");
}

Test(history, changes_are_those_of_git_log)
{
    make_line();
    struct sj_repo *repo = open_repo("r");
    struct sj_history_update update;
    struct sj_history *history = open_history(repo, NULL, "HEAD~1", &update);
    cr_expect_eq(update.added, 10);
    cr_expect_not(update.is_shallow);
    expect_like_git(history, "r", "HEAD~1");
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(history, merges_are_compared_with_their_first_parent)
{
    sh("git init -q r; cd r; echo 1 >a; git add .; git commit -qm root;"
       "git checkout -qb side; echo 2 >b; git add .; git commit -qm s1; echo 3 >b;"
       "git commit -qam s2; git checkout -q main; echo 4 >a; git commit -qam m1;"
       "git merge -qm merge side; git checkout -qb x; echo x >x; git add .; git commit -qm x;"
       "git checkout -q -b y main; echo y >y; git add .; git commit -qm y; git checkout -q main;"
       "echo 5 >a; git commit -qam m2;"
       "git merge -qm octopus x y");
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, NULL, "main", NULL);
    expect_like_git(history, "r", "main");
    struct sj_oid merge = rev("r", "main~2");
    struct sj_oid *ids = NULL;
    size_t count = 0;
    uint32_t place = sj_history_find(history, &merge);
    size_t total;
    const struct sj_commit *commits = sj_history_commits(history, &total);
    cr_assert_eq(total, 5);
    cr_expect_eq(commits[place].flags, SJ_COMMIT_MERGE);
    cr_expect_eq(commits[0].flags, SJ_COMMIT_ROOT);
    struct sj_oid first = rev("r", "side~1");
    struct sj_oid second = rev("r", "side");
    cr_expect(sj_oid_eq(&commits[place].second, &second));
    cr_assert_eq(sj_history_side(history, place, 10, &ids, &count), 0);
    cr_assert_eq(count, 2);
    cr_expect(sj_oid_eq(&ids[0], &first));
    cr_expect(sj_oid_eq(&ids[1], &second));
    free(ids);
    sj_history_close(history);
    sj_repo_close(repo);
}
