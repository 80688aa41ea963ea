// SPDX-License-Identifier: Apache-2.0
#include "repo/tree_diff.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

struct walk {
    struct sj_listings *listings;
    sj_tree_visit *visit;
    void *user;
    struct sj_tree_faults *faults;
    struct sj_buf path;
    uint32_t seen;
};

// One side of a directory: the line to look at next.
struct side {
    struct sj_listing listing;
    struct sj_entry entry;
    bool is_there;
};

static const struct sj_entry nothing;

static int walk_dir(struct walk *walk, const struct sj_oid *before, const struct sj_oid *after,
                    unsigned depth);

static void note_fault(struct walk *walk, int status)
{
    if (walk->faults->count++ == 0) {
        walk->faults->status = status;
    }
}

static bool is_odd(const struct sj_entry *entry)
{
    return memchr(entry->name, '/', entry->len) || strcmp(entry->name, ".") == 0 ||
           strcmp(entry->name, "..") == 0;
}

static void advance(struct walk *walk, struct side *side)
{
    for (;;) {
        struct sj_entry last = side->entry;
        int status = sj_listing_next(&side->listing, &side->entry);
        if (status < 0) {
            note_fault(walk, status);
        }
        if (status != 0 || ++walk->seen > SJ_TREE_VISIT_MAX) {
            side->is_there = false;
            return;
        }
        // A tree out of order is damaged: its lines are compared all the same, as git does.
        if (side->is_there && sj_entry_compare(&last, &side->entry) >= 0) {
            note_fault(walk, -EBADMSG);
        }
        side->is_there = true;
        if (!is_odd(&side->entry)) {
            return;
        }
        note_fault(walk, -EBADMSG);
    }
}

static void open_side(struct walk *walk, const struct sj_oid *id, struct side *side)
{
    int status = sj_listing_open(walk->listings, id, &side->listing);
    if (status < 0) {
        note_fault(walk, status);
        return;
    }
    advance(walk, side);
}

static struct sj_oid dir_of(const struct sj_entry *entry)
{
    return entry->type == SJ_TYPE_DIR ? entry->oid : (struct sj_oid){0};
}

// Either side may be nothing; both are directories or neither is.
static int report(struct walk *walk, const struct sj_entry *before, const struct sj_entry *after,
                  unsigned depth)
{
    if (before->type == after->type && sj_oid_eq(&before->oid, &after->oid)) {
        return 0;
    }
    const struct sj_entry *named = before->name ? before : after;
    size_t len = walk->path.len;
    if (len + named->len + 1 > SJ_TREE_PATH_MAX) {
        note_fault(walk, -ENAMETOOLONG);
        return 0;
    }
    sj_buf_add(&walk->path, named->name, named->len);
    int status;
    if (named->type == SJ_TYPE_DIR) {
        sj_buf_addc(&walk->path, '/');
        struct sj_oid old = dir_of(before);
        struct sj_oid new = dir_of(after);
        status = walk_dir(walk, &old, &new, depth + 1);
    } else {
        const struct sj_tree_change change = {
            .path = walk->path.data,
            .len = walk->path.len,
            .before = before->oid,
            .after = after->oid,
            .type_before = before->type,
            .type_after = after->type,
        };
        status = walk->visit(&change, walk->user);
    }
    walk->path.len = len;
    return status;
}

static int walk_sides(struct walk *walk, struct side *a, struct side *b, unsigned depth)
{
    int status = 0;
    while (status == 0 && (a->is_there || b->is_there)) {
        int order = !a->is_there ? 1 : !b->is_there ? -1 : sj_entry_compare(&a->entry, &b->entry);
        status = report(walk, order <= 0 ? &a->entry : &nothing, order >= 0 ? &b->entry : &nothing,
                        depth);
        if (order <= 0) {
            advance(walk, a);
        }
        if (order >= 0) {
            advance(walk, b);
        }
    }
    return status;
}

// The depth is bounded: a tree that was made by hand could name itself.
static int walk_dir(struct walk *walk, const struct sj_oid *before, const struct sj_oid *after,
                    unsigned depth)
{
    if (depth > SJ_TREE_DEPTH_MAX) {
        note_fault(walk, -ELOOP);
        return 0;
    }
    if (walk->seen > SJ_TREE_VISIT_MAX) {
        return 0;
    }
    struct side a = {.is_there = false};
    struct side b = {.is_there = false};
    open_side(walk, before, &a);
    open_side(walk, after, &b);
    int status = walk_sides(walk, &a, &b, depth);
    sj_listing_close(&a.listing);
    sj_listing_close(&b.listing);
    return status;
}

int sj_tree_diff(struct sj_listings *listings, const struct sj_oid *before,
                 const struct sj_oid *after, sj_tree_visit *visit, void *user,
                 struct sj_tree_faults *faults)
{
    *faults = (struct sj_tree_faults){0};
    if (sj_oid_eq(before, after)) {
        return 0;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf path = SJ_BUF_INIT(SJ_TREE_PATH_MAX + 2);
    struct walk walk = {
        .listings = listings, .visit = visit, .user = user, .faults = faults, .path = path};
    int status = walk_dir(&walk, before, after, 0);
    if (walk.seen > SJ_TREE_VISIT_MAX) {
        note_fault(&walk, -E2BIG);
    }
    path = walk.path;
    return status;
}
