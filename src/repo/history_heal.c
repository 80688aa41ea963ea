// SPDX-License-Identifier: Apache-2.0
#include "repo/history_heal.h"

#include <string.h>

#include "repo/commit_text.h"
#include "repo/history_file.h"
#include "repo/tree_diff.h"

// Commits looked at before it is believed that nothing has come: in a clone without trees, all of
// them lack something.
#define LOOK_MAX 16

static int visit_nothing(const struct sj_tree_change *change, void *user)
{
    (void)change;
    (void)user;
    return 0;
}

static bool has_trees(struct sj_repo *repo, const struct sj_oid *id, const struct sj_oid *parent)
{
    struct sj_tree_faults faults;
    struct sj_oid before = {0};
    struct sj_oid after;
    if (sj_repo_tree_of(repo, id, &after) < 0 ||
        (!sj_oid_is_zero(parent) && sj_repo_tree_of(repo, parent, &before) < 0)) {
        return false;
    }
    (void)sj_tree_diff(&repo->listings, &before, &after, visit_nothing, NULL, &faults);
    return faults.count == 0;
}

static bool is_flawed(const struct sj_commit *commit)
{
    return (commit->flags & (SJ_COMMIT_CUT | SJ_COMMIT_LACKS)) != 0;
}

// Whether what a commit lacked is there now.
static bool is_curable(struct sj_history *history, const struct sj_commit *commit)
{
    struct sj_repo *repo = history->repo;
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    struct sj_oid parent = {0};
    if (sj_repo_is_cut(repo, &commit->id) ||
        sj_commit_read(repo->odb, &commit->id, &object, &text) < 0) {
        return false;
    }
    if (text.parent_count > 0) {
        parent = sj_commit_text_parent(&text, 0);
    }
    git_odb_object_free(object);
    if (commit->flags & SJ_COMMIT_CUT) {
        struct sj_oid tree;
        // One whose parent is its own descendant was made by hand and stays cut.
        return sj_history_find(history, &parent) == SJ_NO_COMMIT &&
               sj_repo_tree_of(repo, &parent, &tree) == 0;
    }
    return has_trees(repo, &commit->id, &parent);
}

static bool has_curable(struct sj_history *history)
{
    size_t looked = 0;
    for (size_t i = 0; i < history->commit_count && looked < LOOK_MAX; i++) {
        if (is_flawed(&history->commits[i])) {
            looked++;
            if (is_curable(history, &history->commits[i])) {
                return true;
            }
        }
    }
    return false;
}

static void copy_commit(struct sj_history *to, const struct sj_history *from, size_t place)
{
    struct sj_commit commit = from->commits[place];
    const struct sj_person *person = &from->people[from->persons[place]];
    if (sj_history_find(to, &commit.id) != SJ_NO_COMMIT) {
        return;
    }
    if (commit.parent != SJ_NO_COMMIT) {
        commit.parent = sj_history_find(to, &from->commits[commit.parent].id);
    }
    const struct sj_change *changes = from->changes + commit.change;
    commit.change = (uint32_t)to->change_count;
    commit.subject = sj_history_keep(to, commit.subject, strlen(commit.subject));
    uint32_t author = sj_history_take_person(to, sj_str_of(person->name), sj_str_of(person->email));
    uint32_t added = sj_history_add_commit(to, &commit, author);
    sj_history_reserve_changes(to, commit.change_count);
    for (uint32_t i = 0; i < commit.change_count; i++) {
        struct sj_change change = changes[i];
        const char *path = from->paths[change.path];
        change.path = sj_history_take_path(to, path, strlen(path));
        change.commit = added;
        to->changes[to->change_count++] = change;
    }
}

int sj_history_heal(struct sj_history *history,
                    int (*take)(struct sj_history *history, const struct sj_oid *id), bool *healed)
{
    *healed = false;
    if (!has_curable(history)) {
        return 0;
    }
    struct sj_history *fresh = sj_history_new(history->repo);
    int status = 0;
    for (size_t i = 0; i < history->commit_count && status == 0; i++) {
        const struct sj_commit *commit = &history->commits[i];
        if (sj_history_find(fresh, &commit->id) != SJ_NO_COMMIT) {
            continue;
        }
        if (is_flawed(commit) && is_curable(history, commit)) {
            status = take(fresh, &commit->id);
        } else {
            copy_commit(fresh, history, i);
        }
    }
    if (status == 0) {
        struct sj_history old = *history;
        *history = *fresh;
        history->file = old.file;
        old.file = fresh->file;
        *fresh = old;
        sj_history_file_renew(history);
        *healed = true;
    }
    sj_history_close(fresh);
    return status;
}
