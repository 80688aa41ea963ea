// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/history_data.h"

// Pairs that are compared by content in one commit, at most; and percent of it that must be equal.
#define SIMILAR_MAX_PAIRS (200u * 200u)
#define SIMILAR_PERCENT   50

static bool is_added(const struct sj_change *change)
{
    return change->type_before == 0;
}

static bool is_removed(const struct sj_change *change)
{
    return change->type_after == 0;
}

static bool is_blob(uint16_t type)
{
    return type == SJ_TYPE_FILE || type == SJ_TYPE_PROGRAM;
}

// Links, submodules and files do not become each other by a rename.
static bool may_be(const struct sj_change *removed, const struct sj_change *added)
{
    return removed->type_before == added->type_after ||
           (is_blob(removed->type_before) && is_blob(added->type_after));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void add_rename(struct sj_history *history, uint32_t from, uint32_t to)
{
    history->renames =
        sj_realloc(history->renames, history->rename_count + 1, sizeof *history->renames);
    history->renames[history->rename_count++] = (struct sj_rename){from, to};
}

// Of several removed paths with the content, one with the same last name.
static const struct sj_change *find_exact(const struct sj_history *history,
                                          const struct sj_change *changes, size_t count,
                                          const struct sj_change *added)
{
    const struct sj_change *best = NULL;
    const char *name = base_name(history->paths[added->path]);
    for (size_t i = 0; i < count; i++) {
        const struct sj_change *removed = &changes[i];
        if (!is_removed(removed) || !sj_oid_eq(&removed->before, &added->after) ||
            !may_be(removed, added)) {
            continue;
        }
        if (strcmp(base_name(history->paths[removed->path]), name) == 0) {
            return removed;
        }
        best = best ? best : removed;
    }
    return best;
}

static int diff_commit(const struct sj_history *history, const struct sj_commit *commit,
                       git_diff **out)
{
    git_tree *before = NULL;
    git_tree *after = NULL;
    struct sj_oid old;
    struct sj_oid new;
    int status = sj_repo_tree_of(history->repo, &history->commits[commit->parent].id, &old);
    if (status == 0) {
        status = sj_repo_tree_of(history->repo, &commit->id, &new);
    }
    if (status < 0) {
        return status;
    }
    git_oid old_id = sj_git_oid(&old);
    git_oid new_id = sj_git_oid(&new);
    int code = git_tree_lookup(&before, history->repo->git, &old_id);
    if (code == 0) {
        code = git_tree_lookup(&after, history->repo->git, &new_id);
    }
    if (code == 0) {
        code = git_diff_tree_to_tree(out, history->repo->git, before, after, NULL);
    }
    git_tree_free(before);
    git_tree_free(after);
    return code < 0 ? sj_git_errno(code) : 0;
}

// Exact ones are among those that libgit2 finds, but not always with the name that fits.
static void add_similar(struct sj_history *history, const struct sj_commit *commit)
{
    git_diff *diff = NULL;
    if (commit->parent == SJ_NO_COMMIT || diff_commit(history, commit, &diff) < 0) {
        return;
    }
    git_diff_find_options options;
    (void)git_diff_find_options_init(&options, GIT_DIFF_FIND_OPTIONS_VERSION);
    options.flags = GIT_DIFF_FIND_RENAMES;
    options.rename_threshold = SIMILAR_PERCENT;
    // Without the blobs, in a partial clone, nothing is known to be similar.
    int code = git_diff_find_similar(diff, &options);
    size_t count = code == 0 ? git_diff_num_deltas(diff) : 0;
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        if (delta->status != GIT_DELTA_RENAMED) {
            continue;
        }
        uint32_t from = sj_history_path_find(history, delta->old_file.path);
        uint32_t to = sj_history_path_find(history, delta->new_file.path);
        if (from != UINT32_MAX && to != UINT32_MAX) {
            add_rename(history, from, to);
        }
    }
    git_diff_free(diff);
}

static void find_renames(struct sj_history *history, uint32_t place)
{
    const struct sj_commit *commit = &history->commits[place];
    const struct sj_change *changes = history->changes + commit->change;
    size_t added = 0;
    size_t removed = 0;
    size_t exact = 0;
    free(sj_steal(history->renames));
    history->rename_count = 0;
    history->renames_commit = place;
    for (size_t i = 0; i < commit->change_count; i++) {
        added += is_added(&changes[i]);
        removed += is_removed(&changes[i]);
    }
    for (size_t i = 0; i < commit->change_count && removed > 0; i++) {
        const struct sj_change *from =
            is_added(&changes[i]) ? find_exact(history, changes, commit->change_count, &changes[i])
                                  : NULL;
        if (from) {
            add_rename(history, from->path, changes[i].path);
            exact++;
        }
    }
    if (removed > 0 && exact < added && added * removed <= SIMILAR_MAX_PAIRS) {
        add_similar(history, commit);
    }
}

int sj_history_renamed(struct sj_history *history, uint32_t commit, uint32_t path, uint32_t *out)
{
    if (commit >= history->commit_count) {
        return -ENOENT;
    }
    if (history->renames_commit != commit) {
        find_renames(history, commit);
    }
    for (size_t i = 0; i < history->rename_count; i++) {
        if (history->renames[i].to == path) {
            *out = history->renames[i].from;
            return 0;
        }
    }
    return -ENOENT;
}
