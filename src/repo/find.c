// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "repo/git.h"

// A plain name or abbreviation, without asking libgit2 whether it may be what git describe prints:
// it loses memory over each name that is not.
static int find_plain(const struct sj_repo *repo, const char *text, git_object **out)
{
    git_reference *named = NULL;
    if (text[0] == '\0') {
        return GIT_ENOTFOUND; // libgit2 takes it for HEAD
    }
    int code = git_reference_dwim(&named, repo->git, text);
    if (code == 0) {
        code = git_reference_peel(out, named, GIT_OBJECT_COMMIT);
        git_reference_free(named);
        return code;
    }
    git_oid id;
    size_t len = strlen(text);
    if (len < GIT_OID_MINPREFIXLEN || len > GIT_OID_HEXSZ || git_oid_fromstrp(&id, text) < 0) {
        return GIT_ENOTFOUND;
    }
    return git_object_lookup_prefix(out, repo->git, &id, len, GIT_OBJECT_ANY);
}

static int find_commit(const struct sj_repo *repo, const char *text, struct sj_oid *out)
{
    git_object *object = NULL;
    git_object *commit = NULL;
    bool is_plain = !strpbrk(text, "^~:@{}") && !strstr(text, "-g");
    int code =
        is_plain ? find_plain(repo, text, &object) : git_revparse_single(&object, repo->git, text);
    if (code == 0) {
        code = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
    }
    if (code == 0) {
        *out = sj_oid_of_git(git_object_id(commit));
    }
    git_object_free(commit);
    git_object_free(object);
    return code;
}

int sj_repo_find(struct sj_repo *repo, const char *text, struct sj_oid *out, struct sj_err *err)
{
    int code = find_commit(repo, text, out);
    if (code == GIT_ENOTFOUND && text[0] != '\0') {
        // What CI checks out often has its branches on the remote's side only.
        SJ_AUTO(sj_auto_free) char *remote = sj_asprintf("origin/%s", text);
        code = find_commit(repo, remote, out) == 0 ? 0 : GIT_ENOTFOUND;
    }
    if (code == 0) {
        return 0;
    }
    if (code == GIT_ENOTFOUND) {
        return sj_fail_plain(err, -ENOENT, "no commit '%s' in '%s'%s", text, repo->git_dir,
                             sj_repo_is_shallow(repo)
                                 ? ": it is a shallow clone, git fetch --unshallow brings the rest"
                                 : "");
    }
    if (code == GIT_EAMBIGUOUS) {
        return sj_fail_plain(err, -ENOTUNIQ, "'%s' stands for several objects: write more of it",
                             text);
    }
    return sj_git_fail(err, code, "'%s' names no commit", text);
}

// ":/text", "^{/text}" and "@{…}".
int sj_repo_find_plain(struct sj_repo *repo, const char *text, struct sj_oid *out)
{
    return strpbrk(text, ":{") ? -EINVAL : sj_repo_find(repo, text, out, NULL);
}

int sj_repo_range(struct sj_repo *repo, const char *text, struct sj_oid *from, struct sj_oid *to,
                  struct sj_err *err)
{
    const char *dots = strstr(text, "..");
    if (dots && dots[2] == '.') {
        return sj_fail_plain(err, -EINVAL, "'%s' is no range here: write A..B, with two dots",
                             text);
    }
    SJ_AUTO(sj_auto_free) char *first = sj_strndup(text, dots ? (size_t)(dots - text) : 0);
    const char *last = dots ? dots + 2 : text;
    struct sj_oid a = {0};
    struct sj_oid b;
    int status = first[0] ? sj_repo_find(repo, first, &a, err) : 0;
    if (status == 0) {
        status = sj_repo_find(repo, last[0] ? last : "HEAD", &b, err);
    }
    if (status < 0) {
        return status;
    }
    *from = a;
    *to = b;
    return 0;
}
