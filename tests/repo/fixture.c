// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <git2.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static char dir[64];

// libgit2 1.5 loses what PCRE2 needed for a match that there was none of, at each look for
// extensions in a repository of the newer format.
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2";
}

// Criterion uses libgit2 as well, and that has read HOME by now.
static void restart_git(void)
{
    int users = 1;
    while (git_libgit2_shutdown() > 0) {
        users++;
    }
    while (users-- > 0) {
        (void)git_libgit2_init();
    }
}

void fixture_init(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test-repo-XXXXXX");
    cr_assert(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
    (void)setenv("HOME", dir, 1);
    (void)setenv("XDG_CONFIG_HOME", dir, 1);
    (void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    (void)setenv("GIT_AUTHOR_DATE", "1700000000 +0000", 1);
    (void)setenv("GIT_COMMITTER_DATE", "1700000000 +0000", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    static const char config[] = "[user]\n\tname = A Thor\n\temail = a@example.org\n"
                                 "[init]\n\tdefaultBranch = main\n"
                                 "[protocol \"file\"]\n\tallow = always\n"
                                 "[gc]\n\tauto = 0\n[core]\n\tquotePath = false\n"
                                 "[advice]\n\tdetachedHead = false\n";
    cr_assert_eq(sj_file_write(".gitconfig", 0644, config, sizeof config - 1), 0);
    (void)unsetenv("GIT_DIR");
    restart_git();
}

void fixture_fini(void)
{
    (void)chdir("/");
    (void)sj_tree_remove(dir);
}

const char *fixture_dir(void)
{
    return dir;
}

// Reads all that a script prints.
static int run(const char *script, struct sj_buf *out)
{
    int pipes[2];
    cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(pipes[1], STDOUT_FILENO);
        (void)execl("/bin/sh", "sh", "-euc", script, (char *)NULL);
        _exit(127);
    }
    (void)close(pipes[1]);
    (void)sj_fd_read(pipes[0], out);
    (void)close(pipes[0]);
    int status = 0;
    (void)waitpid(child, &status, 0);
    return status;
}

char *sh_text(const char *format, ...)
{
    char *script = NULL;
    va_list args;
    va_start(args, format);
    cr_assert_geq(vasprintf(&script, format, args), 0);
    va_end(args);
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(run(script, &out), 0, "%s", script);
    free(script);
    size_t len = out.len > 0 && out.data[out.len - 1] == '\n' ? out.len - 1 : out.len;
    char *text = sj_strndup(sj_buf_text(&out), len);
    sj_buf_release(&out);
    return text;
}

void sh(const char *format, ...)
{
    char *script = NULL;
    va_list args;
    va_start(args, format);
    cr_assert_geq(vasprintf(&script, format, args), 0);
    va_end(args);
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = run(script, &out);
    cr_assert_eq(status, 0, "%s\n%s", script, sj_buf_text(&out));
    sj_buf_release(&out);
    free(script);
}

struct sj_oid rev(const char *at, const char *name)
{
    struct sj_oid oid = {0};
    char *text = sh_text("git -C '%s' rev-parse '%s^{commit}'", at, name);
    cr_assert_eq(sj_oid_parse(text, &oid), 0, "%s", text);
    free(text);
    return oid;
}

struct sj_repo *open_repo(const char *at)
{
    struct sj_repo *repo = NULL;
    struct sj_err err = {0};
    cr_assert_eq(sj_repo_open(at, &repo, &err), 0, "%s", err.text);
    return repo;
}

struct sj_history *open_history(struct sj_repo *repo, const char *cache, const char *tip,
                                struct sj_history_update *out)
{
    struct sj_history *history = NULL;
    struct sj_err err = {0};
    struct sj_oid id;
    cr_assert_eq(sj_history_open(repo, cache, &history, &err), 0, "%s", err.text);
    cr_assert_eq(sj_repo_find(repo, tip, &id, &err), 0, "%s", err.text);
    cr_assert_eq(sj_history_take(history, &id, out, &err), 0, "%s", err.text);
    return history;
}

static void print_commit(struct sj_history *history, uint32_t place, struct sj_buf *out)
{
    size_t count;
    const struct sj_commit *commit = sj_history_commits(history, &count) + place;
    const struct sj_change *changes = sj_history_changes(history, &count) + commit->change;
    char id[SJ_OID_HEX_SIZE];
    sj_oid_hex(&commit->id, id);
    sj_buf_addf(out, "%s %" PRId64 " %s <%s> %s\n", id, commit->time_s, commit->author,
                commit->email, commit->subject);
    for (uint32_t i = 0; i < commit->change_count; i++) {
        char before[SJ_OID_HEX_SIZE];
        char after[SJ_OID_HEX_SIZE];
        cr_assert_eq(changes[i].commit, place);
        sj_oid_hex(&changes[i].before, before);
        sj_oid_hex(&changes[i].after, after);
        sj_buf_addf(out, ":%06o %06o %s %s\t%s\n", changes[i].type_before, changes[i].type_after,
                    before, after, sj_history_path(history, changes[i].path));
    }
}

void print_raw(struct sj_history *history, struct sj_buf *out)
{
    size_t count;
    (void)sj_history_commits(history, &count);
    for (size_t i = count; i-- > 0;) {
        print_commit(history, (uint32_t)i, out);
    }
}

void expect_like_git(struct sj_history *history, const char *at, const char *tip)
{
    struct sj_buf ours = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    struct sj_oid id = rev(at, tip);
    for (uint32_t place = sj_history_find(history, &id); place != SJ_NO_COMMIT;
         place = commits[place].parent) {
        print_commit(history, place, &ours);
    }
    char *git = sh_text("git -C '%s' log --first-parent -m --raw --no-abbrev --no-renames"
                        " --root --format='%%H %%ct %%aN <%%aE> %%s' '%s' |"
                        " sed -e '/^$/d' -e 's/^\\(:[^\\t]*\\) [A-Z]\\t/\\1\\t/'; echo",
                        at, tip);
    cr_expect_str_eq(sj_buf_text(&ours), git, "ours:\n%s\ngit:\n%s", sj_buf_text(&ours), git);
    free(git);
    sj_buf_release(&ours);
}
