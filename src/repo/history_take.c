// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "repo/commit_text.h"
#include "repo/history_data.h"
#include "repo/history_file.h"
#include "repo/history_heal.h"
#include "repo/tree_diff.h"

// Commits that are compared before they are appended and written: a few megabytes of changes.
#define BATCH_COMMITS 8192

// Longer texts are cut: they are for reading.
#define SUBJECT_MAX_BYTES 1024
#define PERSON_MAX_BYTES  256

// A commit that is to be taken in.
struct pending {
    struct sj_commit commit;
    struct sj_oid parent; // zero: none, or cut off
    struct sj_oid tree;
    uint32_t person;
};

struct walk {
    struct sj_history *history;
    struct pending *pending; // newest first
    size_t count;
    size_t size;
    struct sj_slots seen; // places in pending
};

// Changes of a batch, the newest commit's first.
struct batch {
    struct sj_history *history;
    struct sj_change *changes;
    size_t count;
    size_t size;
};

static void release_walk(struct walk *walk)
{
    free(walk->pending);
    sj_slots_release(&walk->seen);
}

static void release_batch(struct batch *batch)
{
    free(batch->changes);
}

// At most so many bytes, and no torn character.
static struct sj_str cut_text(struct sj_str text, size_t max)
{
    if (text.len > max) {
        text.len = max;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

// Objects are not hashed when they are read, so that a repository made by hand may go round.
static bool was_seen(const struct walk *walk, const struct sj_oid *id)
{
    uint32_t hash = sj_slots_hash_oid(&walk->seen, id);
    uint32_t place;
    for (size_t at = SIZE_MAX; (place = sj_slots_next(&walk->seen, hash, &at)) != SJ_NO_PLACE;) {
        if (sj_oid_eq(&walk->pending[place].commit.id, id)) {
            return true;
        }
    }
    return false;
}

static int add_pending(struct walk *walk, const struct sj_oid *id)
{
    struct sj_history *history = walk->history;
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    int status = sj_commit_read(history->repo->odb, id, &object, &text);
    if (status < 0) {
        return status;
    }
    if (walk->count == walk->size) {
        walk->size = walk->size ? walk->size * 2 : 64;
        walk->pending = sj_realloc(walk->pending, walk->size, sizeof *walk->pending);
    }
    struct pending *added = &walk->pending[walk->count];
    *added = (struct pending){.commit = {.id = *id, .parent = SJ_NO_COMMIT, .time_s = text.time_s},
                              .tree = text.tree};
    if (text.parent_count > 0 && sj_repo_is_cut(history->repo, id)) {
        added->commit.flags |= SJ_COMMIT_CUT;
    } else if (text.parent_count > 0) {
        added->parent = sj_commit_text_parent(&text, 0);
    } else {
        added->commit.flags |= SJ_COMMIT_ROOT;
    }
    if (text.parent_count > 1) {
        added->commit.flags |= SJ_COMMIT_MERGE;
        added->commit.second = sj_commit_text_parent(&text, 1);
    }
    struct sj_str subject = cut_text(text.subject, SUBJECT_MAX_BYTES);
    added->commit.subject = sj_history_keep(history, subject.data, subject.len);
    added->person = sj_history_take_person(history, cut_text(text.author, PERSON_MAX_BYTES),
                                           cut_text(text.email, PERSON_MAX_BYTES));
    git_odb_object_free(object);
    sj_slots_add(&walk->seen, sj_slots_hash_oid(&walk->seen, id), (uint32_t)walk->count);
    walk->count++;
    return 0;
}

static void cut_off(struct pending *pending)
{
    pending->parent = (struct sj_oid){0};
    pending->commit.flags |= SJ_COMMIT_CUT;
}

// All commits from the tip down to a known one, a root or a cut.
static int collect(struct walk *walk, const struct sj_oid *tip)
{
    int status = add_pending(walk, tip);
    while (status == 0) {
        struct pending *last = &walk->pending[walk->count - 1];
        struct sj_oid parent = last->parent;
        if (sj_oid_is_zero(&parent)) {
            break;
        }
        if (walk->count >= SJ_NO_COMMIT - 1 - walk->history->commit_count) {
            return -EFBIG;
        }
        last->commit.parent = sj_history_find(walk->history, &parent);
        if (last->commit.parent != SJ_NO_COMMIT) {
            break;
        }
        status = was_seen(walk, &parent) ? -ELOOP : add_pending(walk, &parent);
        if (status == -ENOENT || status == -EBADMSG || status == -ELOOP) {
            cut_off(&walk->pending[walk->count - 1]);
            return 0;
        }
    }
    return status;
}

static int note_change(const struct sj_tree_change *change, void *user)
{
    struct batch *batch = user;
    if (batch->count == batch->size) {
        batch->size = batch->size ? batch->size * 2 : 1024;
        batch->changes = sj_realloc(batch->changes, batch->size, sizeof *batch->changes);
    }
    batch->changes[batch->count++] = (struct sj_change){
        .path = sj_history_take_path(batch->history, change->path, change->len),
        .before = change->before,
        .after = change->after,
        .type_before = change->type_before,
        .type_after = change->type_after,
    };
    return 0;
}

// Tree of the commit before pending[i]: the next one's, unless that is known already.
static int tree_before(struct walk *walk, size_t i, struct sj_oid *out)
{
    const struct pending *pending = &walk->pending[i];
    *out = (struct sj_oid){0};
    if (sj_oid_is_zero(&pending->parent)) {
        return 0;
    }
    if (i + 1 < walk->count) {
        *out = walk->pending[i + 1].tree;
        return 0;
    }
    return sj_repo_tree_of(walk->history->repo, &pending->parent, out);
}

static int compare_one(struct walk *walk, size_t i, struct batch *batch)
{
    struct pending *pending = &walk->pending[i];
    struct sj_tree_faults faults = {0};
    struct sj_oid before;
    size_t count = batch->count;
    if (pending->commit.flags & SJ_COMMIT_CUT) {
        return 0;
    }
    int status = tree_before(walk, i, &before);
    if (status == 0) {
        status = sj_tree_diff(&walk->history->repo->listings, &before, &pending->tree, note_change,
                              batch, &faults);
    }
    status = status < 0 ? status : faults.status;
    if (status < 0) {
        pending->commit.flags |= SJ_COMMIT_PARTIAL | (status == -ENOENT ? SJ_COMMIT_LACKS : 0);
    }
    pending->commit.change_count = (uint32_t)(batch->count - count);
    return batch->count < SJ_NO_COMMIT - 1 - walk->history->change_count ? 0 : -EFBIG;
}

static void append_one(struct sj_history *history, struct pending *pending,
                       const struct sj_change *changes)
{
    uint32_t place = (uint32_t)history->commit_count;
    if (pending->commit.parent == SJ_NO_COMMIT && !sj_oid_is_zero(&pending->parent)) {
        pending->commit.parent = place - 1;
    }
    pending->commit.change = (uint32_t)history->change_count;
    (void)sj_history_add_commit(history, &pending->commit, pending->person);
    sj_history_reserve_changes(history, pending->commit.change_count);
    for (uint32_t i = 0; i < pending->commit.change_count; i++) {
        history->changes[history->change_count] = changes[i];
        history->changes[history->change_count++].commit = place;
    }
}

// pending[from] to pending[end - 1]. Compared from the newest back, for packs keep newer trees
// whole and older ones as what differs from them; appended from the oldest on.
static int take_batch(struct walk *walk, size_t from, size_t end)
{
    SJ_AUTO(release_batch) struct batch batch = {.history = walk->history};
    for (size_t i = from; i < end; i++) {
        int status = compare_one(walk, i, &batch);
        if (status < 0) {
            return status;
        }
    }
    size_t at = batch.count;
    for (size_t i = end; i-- > from;) {
        at -= walk->pending[i].commit.change_count;
        append_one(walk->history, &walk->pending[i], batch.changes + at);
    }
    sj_history_file_append(walk->history);
    return 0;
}

static int take_all(struct walk *walk)
{
    size_t end = walk->count;
    while (end > 0) {
        size_t from = end > BATCH_COMMITS ? end - BATCH_COMMITS : 0;
        int status = take_batch(walk, from, end);
        if (status < 0) {
            return status;
        }
        end = from;
    }
    return 0;
}

static bool ends_at_cut(const struct sj_history *history, const struct sj_oid *tip)
{
    uint32_t place = sj_history_find(history, tip);
    while (history->commits[place].parent != SJ_NO_COMMIT) {
        place = history->commits[place].parent;
    }
    return (history->commits[place].flags & SJ_COMMIT_CUT) != 0;
}

static int take_commit(struct sj_history *history, const struct sj_oid *tip, uint32_t *added)
{
    SJ_AUTO(release_walk)
    struct walk walk = {.history = history, .seen = {.seed = history->by_id.seed}};
    sj_history_forget(history);
    int status = collect(&walk, tip);
    status = status < 0 ? status : take_all(&walk);
    *added = (uint32_t)walk.count;
    return status;
}

static int take_again(struct sj_history *history, const struct sj_oid *id)
{
    uint32_t added;
    return take_commit(history, id, &added);
}

// The file is locked.
static int take(struct sj_history *history, const struct sj_oid *tip,
                struct sj_history_update *update)
{
    bool is_healed = false;
    update->was_remade = history->file.was_damaged;
    int status = sj_repo_read_cuts(history->repo);
    if (status == 0) {
        status = sj_history_heal(history, take_again, &is_healed);
    }
    if (status == 0 && sj_history_find(history, tip) == SJ_NO_COMMIT) {
        status = take_commit(history, tip, &update->added);
    } else if (status == 0 && (is_healed || history->file.was_damaged)) {
        sj_history_file_append(history);
    }
    if (status == 0) {
        update->is_shallow = ends_at_cut(history, tip);
        for (size_t i = 0; i < history->commit_count; i++) {
            update->partial += (history->commits[i].flags & SJ_COMMIT_PARTIAL) != 0;
        }
    }
    return status;
}

int sj_history_take(struct sj_history *history, const struct sj_oid *tip,
                    struct sj_history_update *out, struct sj_err *err)
{
    struct sj_history_update update = {0};
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(tip, hex);
    int status = sj_history_file_lock(history);
    if (status < 0) {
        return sj_fail(err, status, "cannot read '%s'", history->file.path);
    }
    status = take(history, tip, &update);
    sj_history_file_unlock(history);
    if (status == -ENOENT) {
        return sj_fail_plain(err, status, "commit %s is not in '%s'", hex, history->repo->git_dir);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot read the history of commit %s", hex);
    }
    if (out) {
        *out = update;
    }
    return 0;
}
