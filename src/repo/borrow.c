// SPDX-License-Identifier: Apache-2.0
#include "repo/borrow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "repo/git.h"

// Names the repository that is borrowed from, and locks ours; below .git.
#define MARK "scrubjay-borrows"

#define TEXT_LIMIT_BYTES ((size_t)64 << 20)

// What makes files look in the work tree as they do in the user's.
static const char *const settings[] = {
    "core.abbrev",   "core.autocrlf", "core.eol",        "core.filemode",
    "core.safecrlf", "core.symlinks", "core.whitespace",
};

static char *objects_of(git_repository *source)
{
    return sj_asprintf("%sobjects", git_repository_commondir(source));
}

bool sj_borrow_is(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *mark = sj_asprintf("%s/.git/%s", dir, MARK);
    return access(mark, F_OK) == 0;
}

static int write_text(git_repository *repo, const char *name, const char *text, size_t len)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s%s", git_repository_path(repo), name);
    return sj_file_write(path, 0666, text, len);
}

static int add_tag(git_reference *tag, void *user)
{
    if (git_reference_type(tag) == GIT_REFERENCE_DIRECT) {
        char hex[GIT_OID_HEXSZ + 1];
        sj_buf_addf(user, "%s %s\n", git_oid_tostr(hex, sizeof hex, git_reference_target(tag)),
                    git_reference_name(tag));
    }
    git_reference_free(tag);
    return 0;
}

static int visit_tag(const char *name, void *user)
{
    void *const *both = user;
    git_reference *tag = NULL;
    // One that is broken is left out.
    return git_reference_lookup(&tag, both[0], name) == 0 ? add_tag(tag, both[1]) : 0;
}

// What git describe asks for. Loose ones of an earlier time cannot be: none are ever written.
static int copy_tags(git_repository *source, git_repository *repo)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(TEXT_LIMIT_BYTES);
    void *both[] = {source, &text};
    int code = git_reference_foreach_glob(source, "refs/tags/*", visit_tag, both);
    if (code < 0) {
        return sj_git_errno(code);
    }
    return write_text(repo, "packed-refs", sj_buf_text(&text), text.len);
}

static int copy_cuts(git_repository *source, git_repository *repo)
{
    SJ_AUTO(sj_auto_free) char *from = sj_asprintf("%sshallow", git_repository_commondir(source));
    SJ_AUTO(sj_auto_free) char *to = sj_asprintf("%sshallow", git_repository_path(repo));
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(TEXT_LIMIT_BYTES);
    int status = sj_file_read(AT_FDCWD, from, &text);
    if (status == -ENOENT) {
        return unlink(to) == 0 || errno == ENOENT ? 0 : -errno;
    }
    return status < 0 ? status : sj_file_write(to, 0666, text.data, text.len);
}

static void copy_settings(git_config *from, git_config *to)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *value = NULL;
        if (git_config_get_string(&value, from, settings[i]) == 0) {
            (void)git_config_set_string(to, settings[i], value);
        }
    }
    // No reflog: nobody moves back here.
    (void)git_config_set_bool(to, "core.logallrefupdates", 0);
    (void)git_config_set_string(to, "gc.auto", "0");
}

// So that the project has the same name here. Who may push to it is nobody's business.
static void copy_remote(const char *name, size_t len, const char *url, void *user)
{
    const char *host = strstr(url, "://");
    const char *login = host ? memchr(host + 3, '@', strcspn(host + 3, "/")) : NULL;
    SJ_AUTO(sj_auto_free) char *key = sj_asprintf("remote.%.*s.url", (int)len, name);
    SJ_AUTO(sj_auto_free)
    char *clean =
        login ? sj_asprintf("%.*s%s", (int)(host + 3 - url), url, login + 1) : sj_strdup(url);
    (void)git_config_set_string(user, key, clean);
}

static int configure(git_repository *source, git_repository *repo)
{
    git_config *from = NULL;
    git_config *to = NULL;
    int code = git_repository_config_snapshot(&from, source);
    if (code == 0) {
        code = git_repository_config(&to, repo);
    }
    if (code == 0) {
        copy_settings(from, to);
        sj_git_each_setting(from, "remote.", ".url", copy_remote, to);
    }
    git_config_free(from);
    git_config_free(to);
    return code < 0 ? sj_git_errno(code) : 0;
}

static int fill(git_repository *source, git_repository *repo)
{
    SJ_AUTO(sj_auto_free) char *objects = objects_of(source);
    SJ_AUTO(sj_auto_free) char *line = sj_asprintf("%s\n", objects);
    // One path a line: a newline in it would make it two.
    int status = strchr(objects, '\n') ? -EINVAL : 0;
    if (status == 0) {
        status = write_text(repo, "objects/info/alternates", line, strlen(line));
    }
    if (status == 0) {
        status = configure(source, repo);
    }
    if (status == 0) {
        status = write_text(repo, MARK, line, strlen(line));
    }
    return status;
}

static bool is_empty(const char *dir)
{
    SJ_AUTO(sj_auto_closedir) DIR *stream = opendir(dir);
    for (const struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return false;
        }
    }
    return true;
}

// Made aside: a directory of that name is whole or not there.
static int make(git_repository *source, const char *dir, struct sj_err *err)
{
    git_repository *repo = NULL;
    git_repository_init_options options;
    (void)git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH;
    SJ_AUTO(sj_auto_free) char *aside = sj_asprintf("%s.sj%x", dir, (unsigned)getpid());
    int status = sj_tree_remove(aside);
    int code = status < 0 ? 0 : git_repository_init_ext(&repo, aside, &options);
    if (code < 0) {
        return sj_git_fail(err, code, "cannot make a work tree in '%s'", dir);
    }
    if (status == 0) {
        status = fill(source, repo);
    }
    git_repository_free(repo);
    if (status == 0 && rename(aside, dir) < 0) {
        status = -errno;
    }
    if (status < 0) {
        (void)sj_tree_remove(aside);
        return sj_fail(err, status, "cannot make a work tree in '%s'", dir);
    }
    return 0;
}

// Ours, and of this source. The descriptor is the lock.
static int claim(git_repository *source, const char *dir, int *lock, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/.git/%s", dir, MARK);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return sj_fail(err, -errno, "cannot open '%s'", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return sj_fail_plain(err, -EBUSY, "somebody else works in '%s'", dir);
    }
    SJ_AUTO(sj_auto_free) char *objects = objects_of(source);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(65536);
    int status = sj_fd_read(fd, &text);
    if (status < 0) {
        return sj_fail(err, status, "cannot read '%s'", path);
    }
    if (text.len != strlen(objects) + 1 || memcmp(text.data, objects, text.len - 1) != 0) {
        return sj_fail_plain(err, -EEXIST, "'%s' is a work tree of another repository", dir);
    }
    *lock = sj_take_fd(&fd);
    return 0;
}

// What a killed process of ours left locked: the lock above says that it is gone.
static void drop_locks(const char *dir)
{
    static const char *const names[] = {"index.lock", "HEAD.lock", "config.lock",
                                        "packed-refs.lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/.git/%s", dir, names[i]);
        (void)unlink(path);
    }
}

int sj_borrow(git_repository *source, const char *dir, bool is_own, git_repository **out, int *lock,
              struct sj_err *err)
{
    int status = 0;
    if (!sj_borrow_is(dir)) {
        if (!is_empty(dir) && !is_own) {
            return sj_fail_plain(err, -EEXIST, "'%s' holds something else than a work tree of ours",
                                 dir);
        }
        status = is_own ? sj_tree_remove(dir) : 0;
        status =
            status < 0 ? sj_fail(err, status, "cannot empty '%s'", dir) : make(source, dir, err);
    }
    SJ_AUTO(sj_auto_close) int fd = -1;
    if (status == 0) {
        status = claim(source, dir, &fd, err);
    }
    if (status < 0) {
        return status;
    }
    drop_locks(dir);
    git_repository *repo = NULL;
    int code = git_repository_open_ext(&repo, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (code < 0) {
        return sj_git_fail(err, code, "cannot open the work tree '%s'", dir);
    }
    status = copy_tags(source, repo);
    if (status == 0) {
        status = copy_cuts(source, repo);
    }
    if (status < 0) {
        git_repository_free(repo);
        return sj_fail(err, status, "cannot copy tags to '%s'", dir);
    }
    *out = repo;
    *lock = sj_take_fd(&fd);
    return 0;
}
