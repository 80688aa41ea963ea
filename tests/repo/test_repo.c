// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"

TestSuite(repo, .init = fixture_init, .fini = fixture_fini);

static uint64_t now_ns(void)
{
    return sj_clock_ns(CLOCK_REALTIME);
}

static void expect_project(const char *dir, const char *expected)
{
    struct sj_repo *repo = open_repo(dir);
    struct sj_buf name = SJ_BUF_INIT(4096);
    sj_repo_project(repo, &name);
    cr_expect_str_eq(sj_buf_text(&name), expected, "'%s' is not '%s'", sj_buf_text(&name),
                     expected);
    sj_buf_release(&name);
    sj_repo_close(repo);
}

Test(repo, projects_are_named_by_their_remote)
{
    static const struct {
        const char *url;
        const char *name;
    } table[] = {
        {"https://github.com/redis/redis", "github.com/redis/redis"},
        {"https://GitHub.com/Redis/redis.git/", "github.com/Redis/redis"},
        {"https://user:token@gitlab.example.org:8443/a/b/c.git", "gitlab.example.org/a/b/c"},
        {"ssh://git@example.org:22/a/b.git", "example.org/a/b"},
        {"git@example.org:a/b.git", "example.org/a/b"},
        {"example.org:/srv/git/b", "example.org/srv/git/b"},
        {"https://[::1]:80/a", "[::1]/a"},
        {"git://example.org//a", "example.org/a"},
        {"file:///srv/git/b.git", "plain"},
        {"/srv/git/b.git", "plain"},
        {"../b", "plain"},
        {"https://", "plain"},
        {"https://example.org/", "plain"},
    };
    sh("git init -q plain; git init -q --bare naked.git");
    expect_project("plain", "plain");
    expect_project("naked.git", "naked");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        sh("git -C plain config remote.other.url '%s'", table[i].url);
        expect_project("plain", table[i].name);
    }
    sh("git -C plain config remote.third.url https://example.org/third");
    expect_project("plain", "plain");
    sh("git -C plain config remote.origin.url https://example.org/origin");
    expect_project("plain", "example.org/origin");
    // A mirror of one's own gives no other name.
    sh("git -C plain config url.https://inside.example.org/.insteadOf https://example.org/");
    expect_project("plain", "example.org/origin");
    sh("git -C plain config remote.origin.url \"$(printf 'https://example.org/a\\033[1mb')\"");
    expect_project("plain", "example.org/a?[1mb");
}

Test(repo, places_of_all_kinds_are_opened)
{
    struct sj_repo *repo = NULL;
    struct sj_err err = {0};
    sh("mkdir none; git init -q r; cd r; mkdir -p a/b; echo 1 >a/b/c; git add .; git commit -qm 1;"
       "git worktree add -q ../linked; git clone -q --mirror . ../mirror;"
       "git init -q ../lib; cd ../lib; echo l >l; git add .; git commit -qm l; cd ../r;"
       "git submodule -q add \"$PWD/../lib\" sub; git commit -qm 2");
    cr_expect_eq(sj_repo_open("none", &repo, &err), SJ_REPO_NONE);
    cr_expect_eq(sj_repo_open("nowhere", &repo, &err), SJ_REPO_NONE);
    static const struct {
        const char *path;
        const char *root;
        const char *git_dir;
    } table[] = {
        {"r", "r", "r/.git"},
        {"r/a/b", "r", "r/.git"},
        {"linked/a", "linked", "r/.git/worktrees/linked"},
        {"mirror", NULL, "mirror"},
        {"r/sub", "r/sub", "r/.git/modules/sub"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        repo = open_repo(table[i].path);
        char *root = table[i].root ? sh_text("cd '%s'; pwd -P", table[i].root) : NULL;
        char *git_dir = sh_text("cd '%s'; pwd -P", table[i].git_dir);
        cr_expect_str_eq(sj_repo_git_dir(repo), git_dir);
        cr_expect(root ? strcmp(sj_repo_root(repo), root) == 0 : !sj_repo_root(repo));
        cr_expect_not(sj_repo_is_shallow(repo));
        free(root);
        free(git_dir);
        sj_repo_close(repo);
    }
    sj_repo_close(NULL);
}

Test(repo, what_cannot_be_read_is_said)
{
    static const struct {
        const char *setting;
        const char *said;
    } table[] = {
        {"extensions.refStorage=reftable", "reftable"},
        {"extensions.objectFormat=sha256", "SHA-256"},
        {"extensions.somethingNew=1", "somethingnew"},
        {"core.repositoryFormatVersion=7", "version"},
    };
    struct sj_repo *repo = NULL;
    sh("git init -q --object-format=sha256 s");
    struct sj_err err = {0};
    cr_expect_eq(sj_repo_open("s", &repo, &err), -EOPNOTSUPP);
    cr_expect(strstr(err.text, "SHA-256"), "%s", err.text);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s", table[i].setting);
        *strchr(name, '=') = '\0';
        sh("rm -rf r; git init -q r; git -C r config core.repositoryFormatVersion 1;"
           "git config -f r/.git/config '%s' '%s'",
           name, strchr(table[i].setting, '=') + 1);
        cr_expect_lt(sj_repo_open("r", &repo, &err), 0, "%s", table[i].setting);
        cr_expect(strstr(err.text, table[i].said), "%s: %s", table[i].setting, err.text);
    }
    // Damaged in one way or another.
    sh("rm -rf r; git init -q r; echo [core >r/.git/config");
    cr_expect_lt(sj_repo_open("r", &repo, &err), 0);
    cr_expect(strstr(err.text, "'r'"), "%s", err.text);
}

// In a process of its own, for there is no way back from being somebody else.
static int open_as(uid_t user, char *said, size_t size)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct sj_repo *repo = NULL;
        struct sj_err err = {0};
        int status = setuid(user) < 0 ? -EINVAL : sj_repo_open("r", &repo, &err);
        (void)!write(pipes[1], err.text, sizeof err.text);
        sj_repo_close(repo);
        _exit(-status);
    }
    int status = 0;
    (void)close(pipes[1]);
    memset(said, 0, size);
    (void)!read(pipes[0], said, size - 1);
    (void)close(pipes[0]);
    (void)waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

Test(repo, somebody_elses_repository_needs_trust)
{
    if (geteuid() != 0) {
        cr_skip_test("only root can be somebody else");
    }
    char said[600];
    sh("chmod 755 .; chmod 644 .gitconfig; git init -q r; chown -R 4321 r");
    cr_expect_eq(open_as(4321, said, sizeof said), 0, "%s", said);
    cr_expect_eq(open_as(12345, said, sizeof said), EPERM, "'%s'", said);
    cr_expect(strstr(said, "safe.directory"), "%s", said);
    sh("git config --global safe.directory \"$PWD/r\"; chmod 644 .gitconfig");
    cr_expect_eq(open_as(12345, said, sizeof said), 0, "%s", said);
}

static void expect_head(const char *dir, const char *branch, bool is_dirty)
{
    struct sj_repo *repo = open_repo(dir);
    struct sj_repo_head head;
    struct sj_err err = {0};
    cr_assert_eq(sj_repo_head(repo, &head, &err), 0, "%s", err.text);
    cr_expect_str_eq(sj_buf_text(&head.branch), branch);
    cr_expect_eq(head.is_dirty, is_dirty, "%s: dirty %d", dir, head.is_dirty);
    sj_repo_head_release(&head);
    sj_repo_close(repo);
}

Test(repo, head_is_what_is_checked_out)
{
    struct sj_err err = {0};
    struct sj_repo_head head;
    sh("git init -q r");
    expect_head("r", "main", false);
    sh("cd r; echo 1 >a; git add .; git commit -qm 1; git checkout -qb feature/x; echo 2 >a;"
       "git commit -qam 2; git checkout -q main; git merge -q --no-ff -m m feature/x");
    expect_head("r", "main", false);
    struct sj_repo *repo = open_repo("r");
    cr_assert_eq(sj_repo_head(repo, &head, &err), 0, "%s", err.text);
    struct sj_oid ids[] = {rev("r", "HEAD"), rev("r", "HEAD^1"), rev("r", "HEAD^2")};
    cr_expect(sj_oid_eq(&head.commit, &ids[0]));
    cr_expect(sj_oid_eq(&head.parents[0], &ids[1]));
    cr_expect(sj_oid_eq(&head.parents[1], &ids[2]));
    cr_expect_eq(head.time_s, 1700000000);
    sj_repo_head_release(&head);
    sj_repo_close(repo);
    sh("cd r; git checkout -q feature/x");
    expect_head("r", "feature/x", false);
    sh("git clone -q --bare r b; cd r; git checkout -q HEAD~0");
    expect_head("r", "", false);
    sh("git clone -q --depth 1 \"file://$PWD/r\" s");
    expect_head("b", "feature/x", false);
    repo = open_repo("s");
    cr_expect(sj_repo_is_shallow(repo));
    cr_assert_eq(sj_repo_head(repo, &head, &err), 0, "%s", err.text);
    cr_expect(sj_oid_is_zero(&head.parents[0]));
    sj_repo_head_release(&head);
    sj_repo_close(repo);
}

Test(repo, dirt_is_told_from_dust)
{
    static const struct {
        const char *script;
        bool is_dirty;
    } table[] = {
        {"touch a", false},
        {"echo new >untracked", false},
        {"echo x >a", true},
        {"printf 2 >a", true}, // the size stays
        {"chmod +x a", true},
        {"chmod +x a; git config core.fileMode false", false},
        {"rm a", true},
        {"rm a; ln -s b a", true},
        {"ln -sfn elsewhere link", true},
        {"echo new >new; git add new", true},
        {"git rm -q --cached a", true},
        {"echo x >a; git update-index --assume-unchanged a", false},
        {"git -C sub checkout -q HEAD~1", true},
        {"echo x >sub/l", false},
        {"git submodule -q deinit -f sub", false},
        {"git config core.autocrlf true; rm crlf; git checkout -q crlf; touch crlf; "
         "grep -q $(printf '\\r') crlf",
         false},
        {"git status -s; git sparse-checkout set --no-cone /b; test ! -e a", false},
        {"git status -s; git sparse-checkout set d; test ! -e e/f", false},
        {"printf garbage >.git/index", true},
    };
    sh("git init -q lib; cd lib; echo 1 >l; git add .; git commit -qm 1; echo 2 >l;"
       "git commit -qam 2; git init -q ../o; cd ../o; printf 1 >a; echo b >b; ln -s a link;"
       "printf 'x\\ny\\n' >crlf; mkdir d e; echo d >d/d; echo f >e/f;"
       "git submodule -q add \"$PWD/../lib\" sub; git add .; git commit -qm 1");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        sh("rm -rf r; cp -a o r; cd r; %s", table[i].script);
        struct sj_repo *repo = open_repo("r");
        struct sj_repo_head head;
        struct sj_err err = {0};
        cr_assert_eq(sj_repo_head(repo, &head, &err), 0, "%s: %s", table[i].script, err.text);
        cr_expect_eq(head.is_dirty, table[i].is_dirty, "%s", table[i].script);
        sj_repo_head_release(&head);
        sj_repo_close(repo);
    }
}

Test(repo, commits_are_found_as_people_name_them)
{
    sh("git init -q o; cd o; for i in 1 2 3 4; do echo $i >a; git add .; git commit -qm $i; done;"
       "git tag light HEAD~1; git tag -am heavy heavy HEAD~2; git branch side HEAD~3;"
       "git clone -q . ../r; git clone -q --depth 2 \"file://$PWD\" ../s");
    static const char *const names[] = {"HEAD",    "main",  "HEAD~3",          "light",
                                        "heavy",   "main^", "refs/tags/heavy", "origin/side",
                                        "main@{0}"};
    struct sj_repo *repo = open_repo("r");
    struct sj_err err = {0};
    struct sj_oid id;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sj_oid want = rev("r", names[i]);
        cr_assert_eq(sj_repo_find(repo, names[i], &id, &err), 0, "%s", err.text);
        cr_expect(sj_oid_eq(&id, &want), "%s", names[i]);
    }
    // On the remote's side only.
    struct sj_oid side = rev("r", "origin/side");
    cr_assert_eq(sj_repo_find(repo, "side", &id, &err), 0, "%s", err.text);
    cr_expect(sj_oid_eq(&id, &side));
    static const char *const wrong[] = {
        "",  "nothing",  "HEAD~9",          "HEAD:a", "HEAD^{tree}", "~",
        "^", "main@{9}", "HEAD^{/nothing}", "..",     "0000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err.text[0] = '\0';
        cr_expect_lt(sj_repo_find(repo, wrong[i], &id, &err), 0, "%s", wrong[i]);
        cr_expect_neq(err.text[0], '\0');
    }
    // Strangers may not have history searched for a pattern.
    static const char *const searches[] = {":/2", "HEAD^{/2}", "main@{0}",
                                           "side^{/(a*)*(b*)*(.*)*z}"};
    cr_expect_eq(sj_repo_find_plain(repo, "HEAD~3^0", &id), 0);
    cr_expect(sj_oid_eq(&id, &side));
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        cr_expect_eq(sj_repo_find_plain(repo, searches[i], &id), -EINVAL, "%s", searches[i]);
    }
    sj_repo_close(repo);
    repo = open_repo("s");
    cr_expect_eq(sj_repo_find(repo, "HEAD~1", &id, &err), 0);
    cr_expect_eq(sj_repo_find(repo, "HEAD~2", &id, &err), -ENOENT);
    cr_expect(strstr(err.text, "--unshallow"), "%s", err.text);
    sj_repo_close(repo);
}

Test(repo, ranges_have_two_ends)
{
    sh("git init -q r; cd r; for i in 1 2 3; do git commit -q --allow-empty -m $i; done;"
       "git tag a HEAD~2; git tag b HEAD~1");
    static const struct {
        const char *text;
        const char *from;
        const char *to;
    } table[] = {
        {"a..b", "a", "b"}, {"a..", "a", "HEAD"}, {"..b", NULL, "b"},
        {"b", NULL, "b"},   {"..", NULL, "HEAD"}, {"a..HEAD~1", "a", "b"},
    };
    struct sj_repo *repo = open_repo("r");
    struct sj_err err = {0};
    struct sj_oid from;
    struct sj_oid to;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct sj_oid a = table[i].from ? rev("r", table[i].from) : (struct sj_oid){0};
        struct sj_oid b = rev("r", table[i].to);
        cr_assert_eq(sj_repo_range(repo, table[i].text, &from, &to, &err), 0, "%s", err.text);
        cr_expect(sj_oid_eq(&a, &from), "%s", table[i].text);
        cr_expect(sj_oid_eq(&b, &to), "%s", table[i].text);
    }
    cr_expect_eq(sj_repo_range(repo, "a...b", &from, &to, &err), -EINVAL);
    cr_expect_eq(sj_repo_range(repo, "a..no", &from, &to, &err), -ENOENT);
    cr_expect_eq(sj_repo_range(repo, "no..b", &from, &to, &err), -ENOENT);
    sj_repo_close(repo);
}

// What git says the file is called; hash-object applies filters as add does.
static void expect_blob(struct sj_repo *repo, const char *path, int status)
{
    SJ_AUTO(sj_auto_free) char *content = sh_text("cat 'r/%s' 2>/dev/null || :; echo", path);
    struct sj_key key = sj_key_of(content, strlen(content));
    struct sj_oid oid = {0};
    cr_expect_eq(sj_repo_blob_of(repo, path, &key, now_ns(), &oid), status, "%s", path);
    if (status == 0) {
        SJ_AUTO(sj_auto_free) char *want = sh_text("cd r; git hash-object '%s'", path);
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&oid, hex);
        cr_expect_str_eq(hex, want, "%s", path);
    }
}

Test(repo, blobs_are_named_as_git_names_them)
{
    sh("git init -q r; cd r; printf 'old\\n' >clean; printf '1\\n' >touched; printf '1\\n' >edited;"
       "printf 'x\\r\\n' >dos.txt; echo '*.txt text eol=crlf' >.gitattributes; ln -s clean link;"
       "mkdir d; echo d >d/d; echo 'out' >.gitignore; git add .; git commit -qm 1;"
       "touch -d '2001-01-01 UTC' clean d/d dos.txt; git update-index --refresh -q;"
       "touch touched; printf '2\\n' >edited; echo x >out; echo y >new");
    struct sj_repo *repo = open_repo("r");
    static const struct {
        const char *path;
        int status;
    } table[] = {
        {"clean", 0},
        {"touched", 0},
        {"edited", 0},
        {"dos.txt", 0},
        {"d/d", 0},
        {"out", SJ_REPO_UNTRACKED},
        {"new", SJ_REPO_UNTRACKED},
        {"d", SJ_REPO_UNTRACKED},
        {"nothing", SJ_REPO_UNTRACKED},
        {"", SJ_REPO_UNTRACKED},
        {"../r/clean", SJ_REPO_UNTRACKED},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        expect_blob(repo, table[i].path, table[i].status);
    }
    // With an index that has them all as they are.
    sh("cd r; touch -d '2001-01-01 UTC' touched edited; git update-index --refresh -q || :");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        expect_blob(repo, table[i].path, table[i].status);
    }
    struct sj_key other = sj_key_of("other", 5);
    struct sj_oid oid;
    sh("cd r; echo changed >clean; rm touched");
    cr_expect_eq(sj_repo_blob_of(repo, "clean", &other, now_ns(), &oid), SJ_REPO_CHANGED);
    cr_expect_eq(sj_repo_blob_of(repo, "touched", &other, now_ns(), &oid), SJ_REPO_CHANGED);
    // The same bytes were written again after they were read: the content is what counts.
    struct sj_key same = sj_key_of("d\n", 2);
    uint64_t before = now_ns();
    sh("cd r; echo d >d/d");
    cr_expect_eq(sj_repo_blob_of(repo, "d/d", &same, before, &oid), 0);
    cr_expect_eq(sj_repo_blob_of(repo, "d/d", &other, before, &oid), SJ_REPO_CHANGED);
    sj_repo_close(repo);
    sh("git clone -q --bare r b");
    repo = open_repo("b");
    cr_expect_lt(sj_repo_blob_of(repo, "clean", &other, now_ns(), &oid), 0);
    sj_repo_close(repo);
}

static int list_file(const char *path, const struct sj_oid *oid, uint32_t mode, void *user)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(oid, hex);
    sj_buf_addf(user, "%06o %s %s\n", mode, hex, path);
    return strcmp(path, "stop") == 0 ? 7 : 0;
}

Test(repo, trees_are_read)
{
    sh("git init -q r; cd r; mkdir -p a/b; echo 1 >a/b/c; echo 2 >a.c; ln -s a.c l; chmod +x a.c;"
       "git update-index --add --cacheinfo "
       "160000,1234567890123456789012345678901234567890,sub; git add a a.c l; git commit -qm 1;"
       "git config uploadpack.allowFilter true;"
       "git clone -q --bare --filter=blob:none \"file://$PWD\" ../p");
    static const char *const dirs[] = {"r", "p"};
    char *want = sh_text("git -C r ls-tree -r --format='%%(objectmode) %%(objectname) %%(path)' "
                         "HEAD; echo");
    for (size_t i = 0; i < 2; i++) {
        struct sj_repo *repo = open_repo(dirs[i]);
        struct sj_oid head = rev("r", "HEAD");
        struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_assert_eq(sj_repo_each_file(repo, &head, list_file, &text), 0);
        cr_expect_str_eq(sj_buf_text(&text), want);
        sj_buf_release(&text);
        struct sj_oid oid;
        uint32_t mode;
        cr_assert_eq(sj_repo_path_at(repo, &head, "a/b/c", &oid, &mode), 0);
        cr_expect_eq(mode, 0100644);
        text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_expect_eq(sj_repo_blob_read(repo, &oid, 100, &text), i == 0 ? 0 : -ENOENT);
        cr_expect_str_eq(sj_buf_text(&text), i == 0 ? "1\n" : "");
        cr_expect_eq(sj_repo_blob_read(repo, &oid, 1, &text), i == 0 ? -EFBIG : -ENOENT);
        size_t size = 7;
        cr_expect_eq(sj_repo_blob_size(repo, &oid, &size), i == 0 ? 0 : -ENOENT);
        cr_expect_eq(size, i == 0 ? 2 : 7);
        cr_expect_lt(sj_repo_blob_size(repo, &head, &size), 0);
        sj_buf_release(&text);
        cr_assert_eq(sj_repo_path_at(repo, &head, "sub", &oid, &mode), 0);
        cr_expect_eq(mode, 0160000);
        cr_assert_eq(sj_repo_path_at(repo, &head, "l", &oid, NULL), 0);
        static const char *const wrong[] = {"",      "a",    "a/b", "a/",     "a.c/x",
                                            "sub/x", "/a.c", "b",   "a//b/c", "a/b/c/"};
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            cr_expect_eq(sj_repo_path_at(repo, &head, wrong[k], &oid, &mode), -ENOENT, "'%s'",
                         wrong[k]);
        }
        struct sj_oid none = {{1, 2, 3}};
        cr_expect_eq(sj_repo_path_at(repo, &none, "a.c", &oid, &mode), -ENOENT);
        cr_expect_eq(sj_repo_each_file(repo, &none, list_file, &text), -ENOENT);
        sj_repo_close(repo);
    }
    free(want);
}
