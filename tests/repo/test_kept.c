// SPDX-License-Identifier: Apache-2.0
// The file that a history is kept in.
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"

TestSuite(kept, .init = fixture_init, .fini = fixture_fini);

static const char cache[] = "deep/er/history";

static void make_commits(int from, int to)
{
    sh("[ -d r ] || git init -q r; cd r; for i in $(seq %d %d); do mkdir -p d$((i %% 7));"
       "echo $i >d$((i %% 7))/f$i; echo $i >same; git add .; git commit -qm \"commit $i\"; done",
       from, to);
}

static struct sj_history_update take(const char *tip, const char *file)
{
    struct sj_repo *repo = open_repo("r");
    struct sj_history_update update;
    struct sj_history *history = open_history(repo, file, tip, &update);
    expect_like_git(history, "r", tip);
    sj_history_close(history);
    sj_repo_close(repo);
    return update;
}

static off_t size_of(const char *path)
{
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return st.st_size;
}

Test(kept, only_what_is_new_is_taken_in)
{
    make_commits(1, 5);
    cr_expect_eq(take("HEAD", cache).added, 5);
    off_t first = size_of(cache);
    cr_expect_eq(take("HEAD", cache).added, 0);
    cr_expect_eq(size_of(cache), first);
    make_commits(6, 7);
    cr_expect_eq(take("HEAD", cache).added, 2);
    cr_expect_lt(size_of(cache) - first, first);
    cr_expect_eq(take("HEAD", cache).added, 0);
    // A line beside, and one that was rewritten.
    sh("cd r; git checkout -q HEAD~3; echo x >x; git add .; git commit -qm beside; git tag beside;"
       "git checkout -q main; git commit -q --amend -m amended");
    cr_expect_eq(take("beside", cache).added, 1);
    cr_expect_eq(take("main", cache).added, 1);
    cr_expect_eq(take("main@{1}", cache).added, 0);
}

Test(kept, every_flipped_bit_and_cut_is_noticed)
{
    make_commits(1, 2);
    (void)take("HEAD", cache);
    make_commits(3, 3);
    (void)take("HEAD", cache);
    struct sj_buf whole = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, cache, &whole), 0);
    struct sj_repo *repo = open_repo("r");
    for (size_t i = 0; i < whole.len * 2; i += i < whole.len ? 1 : 7) {
        // One bit of each byte, then one cut behind each byte.
        size_t at = i % whole.len;
        bool is_cut = i >= whole.len;
        unsigned char flip = (unsigned char)(is_cut ? 0U : 1U << (i % 8));
        whole.data[at] = (char)(whole.data[at] ^ flip);
        cr_assert_eq(sj_file_write("hurt", 0644, whole.data, is_cut ? at : whole.len), 0);
        whole.data[at] = (char)(whole.data[at] ^ flip);
        struct sj_history_update update;
        struct sj_history *history = open_history(repo, "hurt", "HEAD", &update);
        size_t count;
        size_t change_count;
        (void)sj_history_commits(history, &count);
        (void)sj_history_changes(history, &change_count);
        cr_assert_eq(count, 3, "at %zu", i);
        cr_assert_eq(change_count, 6);
        cr_assert(is_cut || update.was_remade, "at %zu", i);
        sj_history_close(history);
        // Made again as it was, but for the marks.
        cr_assert_eq(size_of("hurt") > 0, 1);
        history = open_history(repo, "hurt", "HEAD", &update);
        cr_assert_eq(update.added, 0);
        cr_assert_not(update.was_remade);
        sj_history_close(history);
    }
    sj_repo_close(repo);
    sj_buf_release(&whole);
}

Test(kept, histories_that_are_open_at_once_see_each_others_commits)
{
    make_commits(1, 3);
    struct sj_repo *one = open_repo("r");
    struct sj_repo *two = open_repo("r");
    struct sj_history *first = open_history(one, cache, "HEAD~1", NULL);
    struct sj_history *second = NULL;
    struct sj_history_update update;
    struct sj_oid head = rev("r", "HEAD");
    cr_assert_eq(sj_history_open(two, cache, &second, NULL), 0);
    cr_assert_eq(sj_history_take(first, &head, &update, NULL), 0);
    cr_expect_eq(update.added, 1);
    cr_assert_eq(sj_history_take(second, &head, &update, NULL), 0);
    cr_expect_eq(update.added, 0);
    expect_like_git(second, "r", "HEAD");
    // One finds the file gone bad and begins it anew; the other reads that.
    sh("printf XXXX | dd of=%s bs=1 conv=notrunc status=none", cache);
    make_commits(4, 4);
    head = rev("r", "HEAD");
    struct sj_history *third = open_history(two, cache, "HEAD", &update);
    cr_expect(update.was_remade);
    cr_assert_eq(sj_history_take(first, &head, &update, NULL), 0);
    cr_expect_eq(update.added, 0);
    expect_like_git(first, "r", "HEAD");
    sj_history_close(first);
    sj_history_close(second);
    sj_history_close(third);
    sj_repo_close(one);
    sj_repo_close(two);
}

// What another one has taken in counts for each path, too.
Test(kept, changes_of_a_path_are_those_that_another_one_took_in)
{
    make_commits(1, 3);
    struct sj_repo *repo = open_repo("r");
    struct sj_history_update update;
    struct sj_err err;
    size_t count;
    struct sj_history *one = open_history(repo, cache, "HEAD", &update);
    (void)sj_history_of_path(one, sj_history_path_find(one, "same"), &count);
    cr_expect_eq(count, 3);
    make_commits(4, 12);
    struct sj_history *other = open_history(repo, cache, "HEAD", &update);
    struct sj_oid head;
    cr_assert_eq(sj_repo_find(repo, "HEAD", &head, &err), 0);
    cr_assert_eq(sj_history_take(one, &head, &update, &err), 0, "%s", err.text);
    cr_expect_eq(update.added, 0);
    (void)sj_history_of_path(one, sj_history_path_find(one, "same"), &count);
    cr_expect_eq(count, 12);
    (void)sj_history_of_path(one, sj_history_path_find(one, "d5/f12"), &count);
    cr_expect_eq(count, 1);
    sj_history_close(other);
    sj_history_close(one);
    sj_repo_close(repo);
}

Test(kept, a_file_that_cannot_be_written_is_read)
{
    make_commits(1, 3);
    sh("mkdir no; echo >no/file");
    (void)take("HEAD~1", cache);
    // Not a directory: nothing can be kept there.
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = NULL;
    struct sj_err err = {0};
    cr_expect_eq(sj_history_open(repo, "no/file/x", &history, &err), -ENOTDIR);
    cr_expect(strstr(err.text, "no/file/x"), "%s", err.text);
    if (geteuid() != 0) {
        cr_assert_eq(chmod(cache, 0444), 0);
        cr_expect_eq(take("HEAD", cache).added, 1);
        cr_expect_eq(take("HEAD", cache).added, 1);
    }
    sj_repo_close(repo);
}

Test(kept, commits_that_are_gone_from_the_repository_stay)
{
    make_commits(1, 3);
    (void)take("HEAD", cache);
    struct sj_oid lost = rev("r", "HEAD");
    sh("cd r; git reset -q --hard HEAD~1; git reflog expire --expire=now --all;"
       "git gc -q --prune=now; ! git cat-file -e HEAD@{1}");
    make_commits(9, 9);
    struct sj_repo *repo = open_repo("r");
    struct sj_history *history = open_history(repo, cache, "HEAD", NULL);
    uint32_t place = sj_history_find(history, &lost);
    struct sj_oid head = rev("r", "HEAD");
    cr_assert_neq(place, SJ_NO_COMMIT);
    uint32_t fork = sj_history_fork(history, place, sj_history_find(history, &head));
    size_t count;
    cr_expect_eq(fork, sj_history_commits(history, &count)[place].parent);
    cr_expect_eq(count, 4);
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(kept, a_deepened_clone_is_looked_at_again)
{
    make_commits(1, 6);
    sh("git clone -q --depth 2 \"file://$PWD/r\" s");
    struct sj_repo *repo = open_repo("s");
    struct sj_history_update update;
    struct sj_history *history = open_history(repo, cache, "HEAD", &update);
    cr_expect_eq(update.added, 2);
    cr_expect(update.is_shallow);
    sj_history_close(history);
    sh("git -C s fetch -q --depth 4");
    history = open_history(repo, cache, "HEAD", &update);
    cr_expect(update.is_shallow);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    cr_expect_eq(count, 4);
    cr_expect_eq(commits[0].flags, SJ_COMMIT_CUT);
    cr_expect_eq(commits[0].change_count, 0);
    cr_expect_eq(commits[3].position, 3);
    sh("git -C s fetch -q --unshallow");
    struct sj_oid head = rev("s", "HEAD");
    cr_assert_eq(sj_history_take(history, &head, &update, NULL), 0);
    cr_expect_not(update.is_shallow);
    expect_like_git(history, "s", "HEAD");
    sj_history_close(history);
    history = open_history(repo, cache, "HEAD", &update);
    cr_expect_eq(update.added, 0);
    cr_expect_not(update.was_remade);
    expect_like_git(history, "s", "HEAD");
    sj_history_close(history);
    sj_repo_close(repo);
}

Test(kept, trees_that_come_later_are_looked_at_again)
{
    make_commits(1, 4);
    sh("git -C r config uploadpack.allowFilter true;"
       "git clone -q --bare --filter=tree:0 \"file://$PWD/r\" t");
    struct sj_repo *repo = open_repo("t");
    struct sj_history_update update;
    struct sj_history *history = open_history(repo, cache, "HEAD", &update);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    cr_assert_eq(count, 4);
    cr_expect(commits[2].flags & SJ_COMMIT_PARTIAL);
    cr_expect_eq(update.partial, 4);
    sj_history_close(history);
    sj_repo_close(repo);
    sh("git -C t fetch -q --refetch --filter=blob:none");
    repo = open_repo("t");
    history = open_history(repo, cache, "HEAD", &update);
    expect_like_git(history, "r", "HEAD");
    cr_expect_eq(update.partial, 0);
    sj_history_close(history);
    sj_repo_close(repo);
}
