// SPDX-License-Identifier: Apache-2.0
#include "repo/pending.h"

#include <errno.h>

#include "base/cleanup.h"
#include "repo/git.h"

static void auto_diff(git_diff **diff)
{
    git_diff_free(*diff);
}

static void auto_index(git_index **index)
{
    git_index_free(*index);
}

static void auto_object(git_object **object)
{
    git_object_free(*object);
}

static int compare(struct sj_repo *repo, git_diff **out, struct sj_err *err)
{
    SJ_AUTO(auto_object) git_object *tree = NULL;
    int code = git_revparse_single(&tree, repo->git, "HEAD^{tree}");
    if (code < 0 && code != GIT_ENOTFOUND && code != GIT_EUNBORNBRANCH) {
        return sj_git_fail(err, code, "cannot read HEAD");
    }
    SJ_AUTO(auto_index) git_index *index = NULL;
    code = git_repository_index(&index, repo->git);
    if (code < 0) {
        return sj_git_fail(err, code, "cannot read the index");
    }
    git_diff_options options;
    code = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    if (code < 0) {
        return sj_git_fail(err, code, "cannot compare the index with HEAD");
    }
    options.flags = GIT_DIFF_SKIP_BINARY_CHECK;
    code = git_diff_tree_to_index(out, repo->git, (git_tree *)tree, index, &options);
    return code < 0 ? sj_git_fail(err, code, "cannot compare the index with HEAD") : 0;
}

int sj_repo_pending(struct sj_repo *repo, int (*visit)(const struct sj_pending *change, void *user),
                    void *user, struct sj_err *err)
{
    if (!repo->root) {
        return sj_fail_plain(err, -EINVAL, "nothing is staged in a bare repository");
    }
    SJ_AUTO(auto_diff) git_diff *diff = NULL;
    int status = compare(repo, &diff, err);
    for (size_t i = 0; status == 0 && i < git_diff_num_deltas(diff); i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        bool is_there = delta->status != GIT_DELTA_DELETED;
        const struct sj_pending change = {
            .path = is_there ? delta->new_file.path : delta->old_file.path,
            .before = sj_oid_of_git(&delta->old_file.id),
            .after = sj_oid_of_git(&delta->new_file.id),
            .is_submodule = delta->new_file.mode == GIT_FILEMODE_COMMIT ||
                            delta->old_file.mode == GIT_FILEMODE_COMMIT,
        };
        status = visit(&change, user);
    }
    return status;
}
