// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "repo/commit_text.h"
#include "repo/git.h"
#include "repo/staged.h"

#define BRANCH_LIMIT_BYTES 4096

void sj_repo_head_release(struct sj_repo_head *head)
{
    if (head) {
        sj_buf_release(&head->branch);
        *head = (struct sj_repo_head){0};
    }
}

static int read_branch(struct sj_repo *repo, struct sj_buf *out)
{
    git_reference *head = NULL;
    int code = git_reference_lookup(&head, repo->git, "HEAD");
    if (code < 0) {
        return code;
    }
    const char *target = git_reference_symbolic_target(head);
    const char *name = target ? sj_skip_prefix(target, "refs/heads/") : NULL;
    sj_buf_adds(out, name ? name : "");
    git_reference_free(head);
    return 0;
}

static int read_commit(struct sj_repo *repo, struct sj_repo_head *out)
{
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    int status = sj_commit_read(repo->odb, &out->commit, &object, &text);
    if (status < 0) {
        return status;
    }
    out->time_s = text.time_s;
    // A shallow clone left them out, though the commit names them.
    for (size_t i = 0; i < 2 && i < text.parent_count && !sj_repo_is_cut(repo, &out->commit); i++) {
        out->parents[i] = sj_commit_text_parent(&text, i);
    }
    git_odb_object_free(object);
    return 0;
}

int sj_repo_tip(struct sj_repo *repo, struct sj_repo_head *out, struct sj_err *err)
{
    SJ_AUTO(sj_repo_head_release)
    struct sj_repo_head head = {.branch = SJ_BUF_INIT(BRANCH_LIMIT_BYTES)};
    int code = read_branch(repo, &head.branch);
    git_oid id;
    if (code == 0) {
        code = git_reference_name_to_id(&id, repo->git, "HEAD");
        if (code == 0) {
            head.commit = sj_oid_of_git(&id);
        }
    }
    // No commit yet.
    if (code < 0 && code != GIT_ENOTFOUND) {
        return sj_git_fail(err, code, "cannot read HEAD of '%s'", repo->git_dir);
    }
    int status = code == 0 ? read_commit(repo, &head) : 0;
    if (status < 0) {
        return sj_fail(err, status, "cannot read the commit that HEAD of '%s' names",
                       repo->git_dir);
    }
    *out = head;
    head = (struct sj_repo_head){0};
    return 0;
}

int sj_repo_head(struct sj_repo *repo, struct sj_repo_head *out, struct sj_err *err)
{
    int status = sj_repo_tip(repo, out, err);
    // An index that cannot be read (a sparse one, say) vouches for nothing.
    if (status == 0 && repo->root && sj_staged_is_dirty(repo, &out->commit, &out->is_dirty) < 0) {
        out->is_dirty = true;
    }
    return status;
}
