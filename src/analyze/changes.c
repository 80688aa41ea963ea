// SPDX-License-Identifier: Apache-2.0
#include "analyze/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NO_NAME   UINT32_MAX
#define SUBMODULE 0160000
#define SYMLINK   0120000

void sj_changes_release(struct sj_changes *changes)
{
    if (changes) {
        free(changes->items);
        sj_buf_release(&changes->names);
        changes->items = NULL;
        changes->count = 0;
        changes->size = 0;
    }
}

static uint32_t add_name(struct sj_changes *changes, const char *name)
{
    size_t at = changes->names.len;
    sj_buf_add(&changes->names, name, strlen(name) + 1);
    return (uint32_t)at; // the buffer's limit is below 4 GiB
}

void sj_changes_add(struct sj_changes *changes, enum sj_changed_kind kind, const char *path,
                    const char *from, bool is_submodule)
{
    if (changes->count == changes->size) {
        changes->size = changes->size ? changes->size * 2 : 16;
        changes->items = sj_realloc(changes->items, changes->size, sizeof *changes->items);
    }
    uint32_t from_at = from ? add_name(changes, from) : NO_NAME;
    changes->items[changes->count++] = (struct sj_changed){
        .path = add_name(changes, path),
        .from = from_at,
        .kind = (char)kind,
        .is_submodule = is_submodule,
    };
}

static int compare(const void *left, const void *right, void *names)
{
    const struct sj_changed *a = left;
    const struct sj_changed *b = right;
    int order = strcmp((const char *)names + a->path, (const char *)names + b->path);
    if (order != 0) {
        return order;
    }
    return a->path < b->path ? -1 : a->path > b->path;
}

void sj_changes_sort(struct sj_changes *changes)
{
    if (changes->count < 2) {
        return;
    }
    qsort_r(changes->items, changes->count, sizeof *changes->items, compare, changes->names.data);
    size_t kept = 0;
    for (size_t i = 0; i < changes->count; i++) {
        struct sj_changed *item = &changes->items[i];
        struct sj_changed *last = kept > 0 ? &changes->items[kept - 1] : NULL;
        if (!last || strcmp(sj_changed_path(changes, i), sj_changed_path(changes, kept - 1)) != 0) {
            changes->items[kept++] = *item;
            continue;
        }
        last->is_submodule = last->is_submodule || item->is_submodule;
        if (last->kind != item->kind) {
            last->kind = SJ_CHANGED_EDIT;
            last->from = NO_NAME;
        }
    }
    changes->count = kept;
}

const char *sj_changed_path(const struct sj_changes *changes, size_t index)
{
    return changes->names.data + changes->items[index].path;
}

const char *sj_changed_from(const struct sj_changes *changes, size_t index)
{
    uint32_t from = changes->items[index].from;
    return from == NO_NAME ? NULL : changes->names.data + from;
}

/** A change on the way, newer ones first. */
struct hop {
    const struct sj_change *change;
    size_t order;
};

static int compare_hops(const void *left, const void *right)
{
    const struct hop *a = left;
    const struct hop *b = right;
    if (a->change->path != b->change->path) {
        return a->change->path < b->change->path ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void add_hops(const struct sj_history *history, const struct hop *newest,
                     const struct hop *oldest, struct sj_changes *out)
{
    const struct sj_change *after = newest->change;
    const struct sj_change *before = oldest->change;
    bool is_there = !sj_oid_is_zero(&after->after);
    bool was_there = !sj_oid_is_zero(&before->before);
    bool is_link = after->type_after == SYMLINK;
    bool was_link = before->type_before == SYMLINK;
    if (is_there == was_there &&
        (!is_there || (sj_oid_eq(&after->after, &before->before) && is_link == was_link))) {
        return;
    }
    enum sj_changed_kind kind = !was_there  ? SJ_CHANGED_ADDED
                                : !is_there ? SJ_CHANGED_REMOVED
                                            : SJ_CHANGED_EDIT;
    sj_changes_add(out, kind, sj_history_path(history, after->path), NULL,
                   after->type_after == SUBMODULE || before->type_before == SUBMODULE);
}

bool sj_changes_between(const struct sj_history *history, uint32_t from, uint32_t to,
                        struct sj_changes *out)
{
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    const struct sj_change *changes = sj_history_changes(history, &count);
    SJ_AUTO(sj_auto_free) struct hop *hops = NULL;
    size_t used = 0;
    size_t size = 0;
    bool is_whole = true;
    for (uint32_t at = to; at != SJ_NO_COMMIT && at != from; at = commits[at].parent) {
        is_whole = is_whole && !(commits[at].flags & SJ_COMMIT_CUT);
        for (uint32_t i = 0; i < commits[at].change_count; i++) {
            if (used == size) {
                size = size ? size * 2 : 64;
                hops = sj_realloc(hops, size, sizeof *hops);
            }
            hops[used] = (struct hop){&changes[commits[at].change + i], used};
            used++;
        }
        if (from == SJ_NO_COMMIT) {
            break;
        }
    }
    if (used > 0) {
        qsort(hops, used, sizeof *hops, compare_hops);
    }
    for (size_t i = 0; i < used;) {
        size_t end = i + 1;
        while (end < used && hops[end].change->path == hops[i].change->path) {
            end++;
        }
        add_hops(history, &hops[i], &hops[end - 1], out);
        i = end;
    }
    sj_changes_sort(out);
    return is_whole;
}
