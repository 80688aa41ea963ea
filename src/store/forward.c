// SPDX-License-Identifier: Apache-2.0
#include "store/forward.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/durable.h"
#include "store/group.h"
#include "store/sweep.h"
#include "store/view.h"

// Bytes that are copied at a time: writes wait meanwhile.
#define FORWARD_BYTES (UINT64_C(4) << 20)

// A blob on its way.
struct sj_moving {
    struct sj_item item;
    struct sj_buf data;
    struct sj_bundle_space space;
};

struct sj_forward {
    struct sj_shared *shared;
    struct sj_moving *blobs;
    struct sj_bundle_entry *entries;
    size_t count;
    uint32_t sealed;
};

static size_t take_views(struct sj_shared *shared, struct sj_view *views)
{
    (void)pthread_mutex_lock(&shared->queue.lock);
    size_t count = shared->queue.aging_count;
    memcpy(views, shared->queue.aging, count * sizeof *views);
    shared->queue.aging_count = 0;
    (void)pthread_mutex_unlock(&shared->queue.lock);
    return count;
}

static void load(struct sj_forward *forward, const struct sj_view *view)
{
    struct sj_moving *blob = &forward->blobs[forward->count];
    blob->data = SJ_BUF_INIT((size_t)view->stored_len + 1);
    if (sj_view_fetch(view, &blob->data, &blob->item) < 0) {
        sj_buf_release(&blob->data);
        return;
    }
    blob->space.name = (struct sj_str){blob->item.name, blob->item.name_len};
    forward->entries[forward->count++] = (struct sj_bundle_entry){
        .kind = blob->item.kind,
        .codec = blob->item.codec,
        .raw_len = blob->item.raw_len,
        .stored_len = blob->item.stored_len,
        .key = blob->item.key,
        .hash = blob->item.hash,
        .data = blob->data.data,
        .space = &blob->space,
        .is_move = true,
        .from = {.generation = view->generation, .offset = view->offset},
    };
}

static int write_all(struct sj_forward *forward, MDB_txn *txn)
{
    struct sj_store *store = forward->shared->store;
    struct sj_index *index = &store->index;
    int status = 0;
    for (size_t i = 0; status == 0 && i < forward->count; i++) {
        struct sj_bundle_space *space = &forward->blobs[i].space;
        status =
            sj_index_make_namespace(index, txn, space->name.data, space->name.len, &space->number);
    }
    status = status < 0
                 ? status
                 : sj_bundle_write(store, txn, forward->entries, &forward->count, &forward->sealed);
    uint64_t forgotten = 0;
    status = status < 0 ? status : sj_sweep_run(index, txn, SJ_SWEEP_STEP, &forgotten);
    return status < 0 ? status : sj_index_put_state(index, txn);
}

static void commit(struct sj_forward *forward)
{
    struct sj_shared *shared = forward->shared;
    struct sj_store *store = shared->store;
    MDB_txn *txn = NULL;
    int status = sj_store_begin(store, &txn);
    status = status < 0 ? status : sj_store_end(store, txn, write_all(forward, txn));
    if (status < 0) {
        return;
    }
    // The copies replace what was safe, and may outlive it.
    if (shared->is_durable && forward->count > 0) {
        (void)sj_durable_sync(shared, UINT32_MAX);
    }
    for (size_t i = 0; i < forward->count; i++) {
        sj_known_add(shared->good, store->index.state.salt, store->newest.number,
                     forward->entries[i].offset);
    }
    (void)pthread_mutex_lock(&shared->queue.lock);
    shared->queue.counts.promoted += forward->count;
    (void)pthread_mutex_unlock(&shared->queue.lock);
    sj_group_settle(shared, forward->sealed);
}

void sj_forward_run(struct sj_shared *shared)
{
    struct sj_forward forward = {
        .shared = shared,
        .blobs = sj_calloc(SJ_AGING_MAX, sizeof *forward.blobs),
        .entries = sj_calloc(SJ_AGING_MAX, sizeof *forward.entries),
    };
    SJ_AUTO(sj_auto_free)
    struct sj_view *views = sj_calloc(SJ_AGING_MAX, sizeof *views);
    size_t count = take_views(shared, views);
    uint64_t most = sj_store_generation_size(shared->store) / 4;
    most = most < FORWARD_BYTES ? most : FORWARD_BYTES;
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct sj_view *view = &views[i];
        // Whether or not this works out, it may be noted again.
        sj_known_remove(shared->noted, view->file->salt, view->generation, view->offset);
        if (bytes == 0 || bytes + view->stored_len <= most) {
            bytes += view->stored_len;
            load(&forward, view);
        }
        sj_view_close(shared, view);
    }
    size_t loaded = forward.count;
    if (loaded > 0) {
        commit(&forward);
    }
    for (size_t i = 0; i < loaded; i++) {
        sj_buf_release(&forward.blobs[i].data);
    }
    free(forward.blobs);
    free(forward.entries);
}
