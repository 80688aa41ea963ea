// SPDX-License-Identifier: Apache-2.0
#include "analyze/drill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SIDE_MAX 10000 /**< commits of a merge that are looked at */

/** The commits that a merge brought. */
struct side {
    struct sj_oid *commits; // oldest first
    size_t count;
};

/** See drill.h. */
struct sj_drill {
    struct sj_history *history;
    struct sj_pool *pool;
    struct sj_keymap map; // merges
    struct side *sides;   // by number in map
    size_t size;
};

struct sj_drill *sj_drill_new(struct sj_history *history, struct sj_pool *pool)
{
    struct sj_drill *drill = sj_new(struct sj_drill);
    drill->history = history;
    drill->pool = pool;
    return drill;
}

void sj_drill_free(struct sj_drill *drill)
{
    if (!drill) {
        return;
    }
    for (size_t i = 0; i < drill->map.count; i++) {
        free(drill->sides[i].commits);
    }
    free(drill->sides);
    sj_keymap_release(&drill->map);
    free(drill);
}

static const struct sj_commit *commit_of(const struct sj_drill *drill, const struct sj_oid *id)
{
    uint32_t place = sj_history_find(drill->history, id);
    size_t count;
    const struct sj_commit *commits = sj_history_commits(drill->history, &count);
    return place == SJ_NO_COMMIT ? NULL : &commits[place];
}

bool sj_drill_is_merge(const struct sj_drill *drill, const struct sj_oid *commit)
{
    const struct sj_commit *found = commit_of(drill, commit);
    return found && (found->flags & SJ_COMMIT_MERGE) && !sj_oid_is_zero(&found->second);
}

// A commit that is not there, as in a shallow clone, stays out: then the merge keeps the charge.
static int take(struct sj_drill *drill, const struct sj_oid *id, struct sj_err *err)
{
    if (sj_history_find(drill->history, id) != SJ_NO_COMMIT) {
        return 0;
    }
    int status = sj_history_take(drill->history, id, NULL, err);
    return status == -ENOENT ? 0 : status;
}

static int load_side(struct sj_drill *drill, const struct sj_oid *merge, struct side *out,
                     struct sj_err *err)
{
    const struct sj_commit *commit = commit_of(drill, merge);
    if (!commit) {
        return 0;
    }
    struct sj_oid second = commit->second;
    int status = take(drill, &second, err);
    if (status == 0) {
        status = sj_history_side(drill->history, sj_history_find(drill->history, merge), SIDE_MAX,
                                 &out->commits, &out->count);
        status = status == -ENOENT ? 0 : status;
    }
    for (size_t i = 0; i < out->count && status == 0; i++) {
        status = take(drill, &out->commits[i], err);
    }
    return status;
}

static int find_side(struct sj_drill *drill, const struct sj_oid *merge, const struct side **out,
                     struct sj_err *err)
{
    struct sj_key key = sj_key_of(merge->bytes, SJ_OID_SIZE);
    bool is_new;
    uint32_t *place = sj_keymap_put(&drill->map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)drill->map.count - 1;
        if (*place == drill->size) {
            drill->size = drill->size ? 2 * drill->size : 16;
            drill->sides = sj_realloc(drill->sides, drill->size, sizeof *drill->sides);
        }
        drill->sides[*place] = (struct side){0};
        int status = load_side(drill, merge, &drill->sides[*place], err);
        if (status < 0) {
            return status;
        }
    }
    *out = &drill->sides[*place];
    return 0;
}

static const struct sj_change *change_of(const struct sj_drill *drill, const struct sj_oid *id,
                                         uint32_t path)
{
    const struct sj_commit *commit = commit_of(drill, id);
    size_t count;
    const struct sj_change *changes = sj_history_changes(drill->history, &count);
    for (uint32_t i = 0; commit && i < commit->change_count; i++) {
        if (changes[commit->change + i].path == path) {
            return &changes[commit->change + i];
        }
    }
    return NULL;
}

/** Causes being gathered. */
struct gathering {
    struct sj_blame *items;
    size_t count;
    size_t size;
};

static void gather(struct gathering *list, const struct sj_blame *cause)
{
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 16;
        list->items = sj_realloc(list->items, list->size, sizeof *list->items);
    }
    list->items[list->count++] = *cause;
}

static void split_file(struct sj_drill *drill, const struct side *side, const struct sj_blame *file,
                       struct gathering *list)
{
    uint32_t path = sj_history_path_find(drill->history, file->path);
    size_t first = list->count;
    struct sj_oid before = {0};
    bool has_before = false;
    for (size_t i = 0; i < side->count && path != UINT32_MAX; i++) {
        const struct sj_change *change = change_of(drill, &side->commits[i], path);
        if (!change) {
            continue;
        }
        before = has_before ? before : change->before;
        has_before = true;
        if (sj_oid_eq(&change->after, &before)) {
            // Changed back: what came before has no part in it.
            list->count = first;
            continue;
        }
        struct sj_blame cause = *file;
        cause.commit = side->commits[i];
        gather(list, &cause);
    }
    if (list->count == first) {
        gather(list, file);
    }
}

int sj_drill_split(struct sj_drill *drill, const struct sj_blame *files, size_t count,
                   struct sj_blame **out, size_t *found, struct sj_err *err)
{
    const struct side *side;
    int status = find_side(drill, &files[0].commit, &side, err);
    if (status < 0) {
        return status;
    }
    struct gathering list = {0};
    for (size_t i = 0; i < count; i++) {
        split_file(drill, side, &files[i], &list);
    }
    // Each file was there once, so no cause stands twice.
    qsort(list.items, list.count, sizeof *list.items, sj_blame_compare);
    *out = list.items;
    *found = list.count;
    return 0;
}
