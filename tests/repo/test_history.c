// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
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

Test(history, shallow_clones_end_at_their_cut)
{
    make_line();
    static const unsigned depths[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        sh("rm -rf s; git clone -q --depth %u \"file://$PWD/r\" s", depths[i]);
        struct sj_repo *repo = open_repo("s");
        struct sj_history_update update;
        struct sj_history *history = open_history(repo, NULL, "HEAD", &update);
        size_t count;
        size_t change_count;
        const struct sj_commit *commits = sj_history_commits(history, &count);
        cr_assert_eq(count, depths[i]);
        cr_expect(update.is_shallow);
        cr_expect_eq(commits[0].flags, SJ_COMMIT_CUT);
        cr_expect_eq(commits[0].change_count, 0);
        cr_expect_eq(commits[0].parent, SJ_NO_COMMIT);
        (void)sj_history_changes(history, &change_count);
        // Odd names: 3 changes, and the submodule goes; bump: 1; what is before it is cut off.
        cr_expect_eq(change_count, i == 0 ? 0 : 5);
        sj_history_close(history);
        sj_repo_close(repo);
    }
}

Test(history, blobless_and_bare_clones_will_do)
{
    make_line();
    sh("git -C r config uploadpack.allowFilter true; git clone -q --mirror r m;"
       "git clone -q --no-checkout --filter=blob:none \"file://$PWD/r\" p");
    static const char *const clones[] = {"m", "p"};
    for (size_t i = 0; i < 2; i++) {
        struct sj_repo *repo = open_repo(clones[i]);
        struct sj_history *history = open_history(repo, NULL, "HEAD~1", NULL);
        expect_like_git(history, clones[i], "HEAD~1");
        sj_history_close(history);
        sj_repo_close(repo);
    }
}

static const char *came_from(struct sj_history *history, const char *tip, const char *path)
{
    struct sj_oid id = rev("r", tip);
    uint32_t from = UINT32_MAX;
    uint32_t number = sj_history_path_find(history, path);
    cr_assert_neq(number, UINT32_MAX, "%s", path);
    int status = sj_history_renamed(history, sj_history_find(history, &id), number, &from);
    cr_assert(status == 0 || status == -ENOENT);
    return status == 0 ? sj_history_path(history, from) : "";
}

Test(history, renames_are_found_within_a_commit)
{
    sh("git init -q r; cd r; mkdir a b; for i in a/x a/y b/x; do echo same >$i; done; : >empty;"
       "seq 100 >long; seq 200 300 >other; ln -s long link; git add .; git commit -qm 1;"
       "git mv a c; git mv long d/long 2>/dev/null || { mkdir d; git mv long d/long; };"
       "git mv empty void; git mv link link2; git commit -qm exact;"
       "sed -i 3d d/long; git mv d/long e; sed -i 's/^2/3/' other; git mv other far; git add .;"
       "git commit -qm similar; echo new >new; git add .; git commit -qm new;"
       "git config uploadpack.allowFilter true;"
       "git clone -q --no-checkout --filter=blob:none \"file://$PWD\" ../p");
    static const struct {
        const char *tip;
        const char *path;
        const char *full;
        const char *blobless;
    } table[] = {
        {"main~2", "c/x", "a/x", "a/x"},
        {"main~2", "c/y", "a/y", "a/y"},
        {"main~2", "d/long", "long", "long"},
        {"main~2", "void", "empty", "empty"},
        {"main~2", "link2", "link", "link"},
        {"main~1", "e", "d/long", ""},
        {"main~1", "far", "", ""},
        {"main", "new", "", ""},
        {"main~3", "a/x", "", ""},
    };
    static const char *const clones[] = {"r", "p"};
    for (size_t k = 0; k < 2; k++) {
        struct sj_repo *repo = open_repo(clones[k]);
        struct sj_history *history = open_history(repo, NULL, "HEAD", NULL);
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            const char *want = k == 0 ? table[i].full : table[i].blobless;
            cr_expect_str_eq(came_from(history, table[i].tip, table[i].path), want, "%s: %s",
                             clones[k], table[i].path);
        }
        sj_history_close(history);
        sj_repo_close(repo);
    }
}

Test(history, authors_are_named_by_the_mailmap)
{
    sh("git init -q r; cd r; git commit -q --allow-empty --author 'Old <old@x>' -m 1;"
       "git commit -q --allow-empty --author 'a b <other@x>' -m 2;"
       "printf 'New Name <new@x> <old@x>\\nProper <a@x> a b <other@x>\\n' >.mailmap;"
       "git add .; git commit -qm 3");
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, "cache", "HEAD", NULL);
    expect_like_git(history, "r", "HEAD");
    sj_history_close(history);
    // The file holds what commits say: another mailmap makes other names.
    sh("cd r; printf 'Newer <new@x> <old@x>\\n' >.mailmap");
    history = open_history(repo, "cache", "HEAD", NULL);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    cr_expect_str_eq(commits[0].author, "Newer");
    cr_expect_str_eq(commits[0].email, "new@x");
    cr_expect_str_eq(commits[1].author, "a b");
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(history, ancestors_and_forks_are_found_over_any_distance)
{
    sh("git init -q r; cd r; for i in $(seq 60); do git commit -q --allow-empty -m $i; done;"
       "git checkout -q -b side main~20; for i in $(seq 30); do git commit -q --allow-empty -m s$i;"
       "done; git checkout -q --orphan alone; git commit -q --allow-empty -m alone");
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, NULL, "main", NULL);
    struct sj_oid side = rev("r", "side");
    struct sj_oid alone = rev("r", "alone");
    cr_assert_eq(sj_history_take(history, &side, NULL, NULL), 0);
    cr_assert_eq(sj_history_take(history, &alone, NULL, NULL), 0);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    cr_assert_eq(count, 91);
    // All pairs, by stepping from parent to parent.
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = 0; b < count; b++) {
            uint32_t x = a;
            uint32_t y = b;
            while (x != y && x != SJ_NO_COMMIT && y != SJ_NO_COMMIT) {
                bool is_x = commits[x].position >= commits[y].position;
                bool is_y = commits[y].position >= commits[x].position;
                x = is_x ? commits[x].parent : x;
                y = is_y ? commits[y].parent : y;
            }
            uint32_t fork = x == y ? x : SJ_NO_COMMIT;
            cr_assert_eq(sj_history_fork(history, a, b), fork, "%u %u", a, b);
            cr_assert_eq(sj_history_is_ancestor(history, a, b), fork == a);
        }
    }
    cr_expect_not(sj_history_is_ancestor(history, SJ_NO_COMMIT, 0));
    cr_expect_eq(sj_history_fork(history, 0, SJ_NO_COMMIT), SJ_NO_COMMIT);
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(history, changes_of_a_path_come_oldest_first)
{
    sh("git init -q r; cd r; for i in 1 2 3 4; do echo $i >a; [ $i = 3 ] || echo $i >b; git add .;"
       "git commit -qm $i; done; git rm -q a; git commit -qm 5");
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, NULL, "main", NULL);
    size_t count;
    size_t total;
    const struct sj_change *changes = sj_history_changes(history, &total);
    const uint32_t *places =
        sj_history_of_path(history, sj_history_path_find(history, "a"), &count);
    cr_assert_eq(count, 5);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(changes[places[i]].commit, i);
    }
    cr_expect(sj_oid_is_zero(&changes[places[0]].before));
    cr_expect(sj_oid_is_zero(&changes[places[4]].after));
    (void)sj_history_of_path(history, sj_history_path_find(history, "b"), &count);
    cr_expect_eq(count, 3);
    cr_expect_eq(sj_history_path_find(history, "c"), UINT32_MAX);
    cr_expect_null(sj_history_of_path(history, UINT32_MAX, &count));
    cr_expect_eq(count, 0);
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(history, a_merges_side_is_what_git_log_says)
{
    // Sides of sides, merges from main, equal times throughout.
    sh("git init -q r; cd r; git commit -q --allow-empty -m root; git checkout -qb side;"
       "for i in 1 2 3; do git commit -q --allow-empty -m s$i; done; git checkout -qb deep;"
       "git commit -q --allow-empty -m d1; git checkout -q main; git commit -q --allow-empty -m m1;"
       "git checkout -q side; git merge -q --no-ff -m up main; git merge -q --no-ff -m sd deep;"
       "git commit -q --allow-empty -m s4; git checkout -q main; git commit -q --allow-empty -m m2;"
       "git merge -q --no-ff -m merge side");
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, NULL, "main", NULL);
    struct sj_oid head = rev("r", "main");
    struct sj_oid *ids = NULL;
    size_t count = 0;
    uint32_t place = sj_history_find(history, &head);
    cr_assert_eq(sj_history_side(history, place, 100, &ids, &count), 0);
    char *git = sh_text("git -C r rev-list main^1..main^2 | sort; echo");
    struct sj_buf ours = SJ_BUF_INIT(65536);
    for (size_t i = 0; i < count; i++) {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&ids[i], hex);
        sj_buf_addf(&ours, "%s\n", hex);
    }
    cr_assert_eq(sj_file_write("ours", 0644, ours.data, ours.len), 0);
    char *sorted = sh_text("sort ours; echo");
    cr_expect_str_eq(sorted, git);
    free(ids);
    cr_assert_eq(sj_history_side(history, place, 2, &ids, &count), 0);
    cr_expect_eq(count, 2);
    free(ids);
    cr_assert_eq(sj_history_side(history, 0, 2, &ids, &count), 0);
    cr_expect_eq(count, 0);
    free(ids);
    free(git);
    free(sorted);
    sj_buf_release(&ours);
    sj_history_close(history);
    sj_repo_close(repo);
}
