// SPDX-License-Identifier: Apache-2.0
// The commits that a merge brought. Walked by hand: libgit2's walker fails where a shallow clone
// ends. Source: git, revision.c, limit_list().
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "repo/commit_text.h"
#include "repo/history_data.h"

// Commits looked at, at most; and how many more once only known ones are left, for clocks go wrong.
#define SIDE_MAX_COMMITS 1000000u
#define SIDE_MORE        16u

struct node {
    struct sj_oid id;
    int64_t time_s;
    bool is_known;  // comes from the first parent, too
    bool is_queued; // waits in the heap
};

struct side {
    struct sj_history *history;
    struct node *nodes;
    size_t count;
    size_t size;
    struct sj_slots by_id;
    uint32_t *heap; // nodes, the newest first
    size_t queued;
    size_t unknown;  // of those queued, so many that are not known
    uint32_t *order; // nodes in the order they were looked at
    size_t ordered;
};

static void release_side(struct side *side)
{
    free(side->nodes);
    free(side->heap);
    free(side->order);
    sj_slots_release(&side->by_id);
}

static uint32_t find_node(const struct side *side, const struct sj_oid *id)
{
    uint32_t hash = sj_slots_hash_oid(&side->by_id, id);
    uint32_t place;
    for (size_t at = SIZE_MAX; (place = sj_slots_next(&side->by_id, hash, &at)) != SJ_NO_PLACE;) {
        if (sj_oid_eq(&side->nodes[place].id, id)) {
            return place;
        }
    }
    return SJ_NO_PLACE;
}

static bool is_newer(const struct side *side, uint32_t a, uint32_t b)
{
    return side->nodes[a].time_s > side->nodes[b].time_s;
}

static void push(struct side *side, uint32_t node)
{
    size_t at = side->queued++;
    while (at > 0 && is_newer(side, node, side->heap[(at - 1) / 2])) {
        side->heap[at] = side->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    side->heap[at] = node;
    side->nodes[node].is_queued = true;
    side->unknown += !side->nodes[node].is_known;
}

static uint32_t pop(struct side *side)
{
    uint32_t top = side->heap[0];
    uint32_t last = side->heap[--side->queued];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < side->queued; at = child) {
        if (child + 1 < side->queued && is_newer(side, side->heap[child + 1], side->heap[child])) {
            child++;
        }
        if (!is_newer(side, side->heap[child], last)) {
            break;
        }
        side->heap[at] = side->heap[child];
    }
    side->heap[at] = last;
    side->nodes[top].is_queued = false;
    side->unknown -= !side->nodes[top].is_known;
    return top;
}

static void make_room(struct side *side)
{
    if (side->count == side->size) {
        side->size = side->size ? side->size * 2 : 64;
        side->nodes = sj_realloc(side->nodes, side->size, sizeof *side->nodes);
        side->heap = sj_realloc(side->heap, side->size, sizeof *side->heap);
        side->order = sj_realloc(side->order, side->size, sizeof *side->order);
    }
}

// A commit is queued when it is new, or when it turns out to be known after all.
static void meet(struct side *side, const struct sj_oid *id, bool is_known)
{
    uint32_t place = find_node(side, id);
    if (place != SJ_NO_PLACE) {
        struct node *node = &side->nodes[place];
        if (is_known && !node->is_known) {
            side->unknown -= node->is_queued;
            node->is_known = true;
            if (!node->is_queued) {
                push(side, place);
            }
        }
        return;
    }
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    // Beyond a cut there is nothing to bring.
    if (sj_commit_read(side->history->repo->odb, id, &object, &text) < 0) {
        return;
    }
    make_room(side);
    place = (uint32_t)side->count++;
    side->nodes[place] = (struct node){.id = *id, .time_s = text.time_s, .is_known = is_known};
    git_odb_object_free(object);
    sj_slots_add(&side->by_id, sj_slots_hash_oid(&side->by_id, id), place);
    push(side, place);
}

static void meet_parents(struct side *side, uint32_t place, size_t first, bool is_known)
{
    struct sj_oid id = side->nodes[place].id;
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    if (sj_repo_is_cut(side->history->repo, &id) ||
        sj_commit_read(side->history->repo->odb, &id, &object, &text) < 0) {
        return;
    }
    for (size_t i = first; i < text.parent_count; i++) {
        struct sj_oid parent = sj_commit_text_parent(&text, i);
        meet(side, &parent, is_known);
    }
    git_odb_object_free(object);
}

static int walk_side(struct side *side)
{
    unsigned more = SIDE_MORE;
    while (side->queued > 0 && (side->unknown > 0 || more-- > 0)) {
        if (side->unknown > 0) {
            more = SIDE_MORE;
        }
        if (side->count > SIDE_MAX_COMMITS) {
            return -E2BIG;
        }
        uint32_t node = pop(side);
        // One that turned known late was listed before; it is left out at the end.
        if (!side->nodes[node].is_known) {
            side->order[side->ordered++] = node;
        }
        meet_parents(side, node, 0, side->nodes[node].is_known);
    }
    return 0;
}

static void list_side(const struct side *side, size_t max, struct sj_oid **out, size_t *count)
{
    struct sj_oid *ids = sj_calloc(side->ordered + 1, sizeof *ids);
    size_t kept = 0;
    for (size_t i = side->ordered; i-- > 0 && kept < max;) {
        const struct node *node = &side->nodes[side->order[i]];
        if (!node->is_known) {
            ids[kept++] = node->id;
        }
    }
    *out = ids;
    *count = kept;
}

int sj_history_side(struct sj_history *history, uint32_t merge, size_t max, struct sj_oid **out,
                    size_t *count)
{
    if (merge >= history->commit_count) {
        return -EINVAL;
    }
    SJ_AUTO(release_side)
    struct side side = {.history = history, .by_id = {.seed = history->by_id.seed}};
    const struct sj_oid *id = &history->commits[merge].id;
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    int status = sj_commit_read(history->repo->odb, id, &object, &text);
    if (status < 0) {
        return status;
    }
    for (size_t i = 0; i < text.parent_count && !sj_repo_is_cut(history->repo, id); i++) {
        struct sj_oid parent = sj_commit_text_parent(&text, i);
        meet(&side, &parent, i == 0);
    }
    git_odb_object_free(object);
    status = walk_side(&side);
    if (status < 0) {
        return status;
    }
    list_side(&side, max, out, count);
    return 0;
}
