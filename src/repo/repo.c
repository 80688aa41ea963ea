// SPDX-License-Identifier: Apache-2.0
#include "repo/repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>

#include "base/file.h"
#include "base/mem.h"
#include "repo/git.h"

// What libgit2 may keep of objects in memory, all repositories together.
#define GIT_CACHE_BYTES ((ssize_t)16 << 20)

// Packs are mapped in windows, so that one of gigabytes takes no more than these together.
#define GIT_WINDOW_BYTES ((size_t)8 << 20)
#define GIT_MAPPED_BYTES ((size_t)64 << 20)

#define CUTS_LIMIT_BYTES ((size_t)64 << 20)

// The settings are libgit2's own, hold for the whole program, and go with its last user.
static int start_git(struct sj_err *err)
{
    static atomic_bool was_here;
    int count = git_libgit2_init();
    if (count < 0) {
        return sj_git_fail(err, count, "cannot start libgit2");
    }
    if (!atomic_exchange(&was_here, true) || count == 1) {
        // Partial clones and sparse work trees are read like any other; what they lack is missed
        // where it is looked for.
        const char *extensions[] = {"partialclone", "worktreeconfig", "preciousobjects"};
        (void)git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
                               sizeof extensions / sizeof *extensions);
        (void)git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, GIT_CACHE_BYTES);
        (void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, GIT_WINDOW_BYTES);
        (void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, GIT_MAPPED_BYTES);
        // Git itself does not hash what it reads, either: packs have checksums of their own.
        (void)git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    }
    return 0;
}

static char *path_without_slash(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return sj_strndup(path, len);
}

static bool read_mode_kept(git_repository *git)
{
    git_config *config = NULL;
    int is_kept = 1;
    if (git_repository_config_snapshot(&config, git) == 0 &&
        git_config_get_bool(&is_kept, config, "core.filemode") < 0) {
        is_kept = 1;
    }
    git_config_free(config);
    return is_kept != 0;
}

static const char *last_said(void)
{
    const git_error *last = git_error_last();
    return last && last->message ? last->message : "";
}

// libgit2 1.5.1 says that safe.directory was not found, where it should say that somebody else owns
// the repository.
static bool is_of_somebody_else(int code)
{
    return code == GIT_EOWNER || (code == GIT_ENOTFOUND && strstr(last_said(), "safe.directory"));
}

static int fail_to_open(struct sj_err *err, int code, const char *path)
{
    const char *said = last_said();
    if (is_of_somebody_else(code)) {
        return sj_fail_plain(
            err, -EPERM,
            "the repository of '%s' belongs to somebody else: if you trust it, say "
            "git config --global --add safe.directory with its path",
            path);
    }
    if (strstr(said, "objectformat")) {
        return sj_fail_plain(err, -EOPNOTSUPP,
                             "the repository of '%s' names its objects by SHA-256: only SHA-1 "
                             "repositories can be read",
                             path);
    }
    if (strstr(said, "refstorage")) {
        return sj_fail_plain(err, -EOPNOTSUPP,
                             "the repository of '%s' keeps its references in reftable files: say "
                             "git refs migrate --ref-format=files",
                             path);
    }
    return sj_git_fail(err, code, "cannot open the repository of '%s'", path);
}

int sj_repo_open(const char *path, struct sj_repo **out, struct sj_err *err)
{
    int status = start_git(err);
    if (status < 0) {
        return status;
    }
    struct sj_repo *repo = sj_new(struct sj_repo);
    int code = git_repository_open_ext(&repo->git, path, 0, NULL);
    if (code < 0) {
        bool is_none = code == GIT_ENOTFOUND && !is_of_somebody_else(code);
        status = is_none ? SJ_REPO_NONE : fail_to_open(err, code, path);
        sj_repo_close(repo);
        return status;
    }
    code = git_repository_odb(&repo->odb, repo->git);
    if (code < 0) {
        status = sj_git_fail(err, code, "cannot open the objects of '%s'", path);
        sj_repo_close(repo);
        return status;
    }
    sj_listings_init(&repo->listings, repo->odb);
    const char *root = git_repository_workdir(repo->git);
    repo->root = root ? path_without_slash(root) : NULL;
    repo->git_dir = path_without_slash(git_repository_path(repo->git));
    repo->common_dir = path_without_slash(git_repository_commondir(repo->git));
    repo->is_mode_kept = read_mode_kept(repo->git);
    status = sj_repo_read_cuts(repo);
    if (status < 0) {
        status = sj_fail(err, status, "cannot read where the shallow clone '%s' ends", path);
        sj_repo_close(repo);
        return status;
    }
    *out = repo;
    return 0;
}

void sj_repo_close(struct sj_repo *repo)
{
    if (!repo) {
        return;
    }
    sj_listings_release(&repo->listings);
    git_odb_free(repo->odb);
    git_repository_free(repo->git);
    free(repo->root);
    free(repo->git_dir);
    free(repo->common_dir);
    free(repo->cuts);
    free(repo);
    (void)git_libgit2_shutdown();
}

const char *sj_repo_root(const struct sj_repo *repo)
{
    return repo->root;
}

const char *sj_repo_git_dir(const struct sj_repo *repo)
{
    return repo->git_dir;
}

bool sj_repo_is_shallow(const struct sj_repo *repo)
{
    return repo->cut_count > 0;
}

static int compare_oids(const void *a, const void *b)
{
    return memcmp(a, b, SJ_OID_SIZE);
}

int sj_repo_read_cuts(struct sj_repo *repo)
{
    free(sj_steal(repo->cuts));
    repo->cut_count = 0;
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/shallow", repo->common_dir);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(CUTS_LIMIT_BYTES);
    int status = sj_file_read(AT_FDCWD, path, &text);
    if (status == -ENOENT || (status == 0 && text.len == 0)) {
        return 0;
    }
    if (status < 0) {
        return status;
    }
    repo->cuts = sj_calloc(text.len / (SJ_OID_HEX_SIZE - 1) + 1, sizeof *repo->cuts);
    for (char *line = text.data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) {
            *next++ = '\0';
        }
        if (sj_oid_parse(line, &repo->cuts[repo->cut_count]) == 0) {
            repo->cut_count++;
        }
    }
    qsort(repo->cuts, repo->cut_count, sizeof *repo->cuts, compare_oids);
    return 0;
}

bool sj_repo_is_cut(const struct sj_repo *repo, const struct sj_oid *id)
{
    return repo->cut_count > 0 &&
           bsearch(id, repo->cuts, repo->cut_count, sizeof *repo->cuts, compare_oids);
}
