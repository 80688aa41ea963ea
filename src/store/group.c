// SPDX-License-Identifier: Apache-2.0
#include "store/group.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/durable.h"
#include "store/recover.h"
#include "store/rotate.h"
#include "store/sweep.h"
#include "store/usage.h"

// Memory for compressing that is kept from one group to the next.
#define SCRATCH_KEEPS ((size_t)8 << 20)

// What a namespace holds, what this group is to add included.
struct sj_quota {
    uint32_t number;
    uint64_t bytes;
};

struct sj_group {
    struct sj_shared *shared;
    struct sj_write *first;
    const struct sj_seen_list *damaged;
    struct sj_bundle_entry *entries;
    size_t entry_count;
    size_t room;             // items of all writes
    struct sj_quota *quotas; // room for one a write
    size_t quota_count;
    size_t *content; // hash table of entries, by their index plus 1; content_mask + 1 of them
    size_t content_mask;
    bool has_forget;       // what is there now may not be in a moment
    uint32_t there_lowest; // generation with content that a write asked for; UINT32_MAX: none
    uint32_t sealed;
};

static bool may_shrink(const struct sj_write_item *item)
{
    return !item->is_forget && item->codec == SJ_ITEM_RAW && item->kind != SJ_ITEM_LINK &&
           item->kind != SJ_ITEM_ENTRY && item->raw_len >= SJ_CODEC_MIN_BYTES;
}

// Whether it is likely that an item need not be written: then it is not compressed either.
static bool is_likely_there(struct sj_shared *shared, const struct sj_write *write,
                            const struct sj_write_item *item)
{
    struct sj_view view;
    if (!sj_blob_is_content((enum sj_blob)item->kind) ||
        sj_shared_find(shared, write->space.name, (enum sj_blob)item->kind, &item->key, &view) !=
            0) {
        return false;
    }
    bool is_there = !view.is_aging;
    sj_view_close(shared, &view);
    return is_there;
}

static void compress(struct sj_store *store, struct sj_write_item *item)
{
    sj_buf_clear(&store->scratch);
    char *frame = sj_buf_reserve(&store->scratch, item->raw_len);
    size_t len = frame ? sj_codec_compress(&store->codec, store->compression_level, item->data.data,
                                           item->raw_len, frame)
                       : 0;
    if (len > 0 && sj_item_is_length_sane(item->raw_len, (uint32_t)len)) {
        struct sj_buf data = SJ_BUF_INIT(len + 1);
        sj_buf_add(&data, frame, len);
        sj_buf_release(&item->data);
        item->data = data;
        item->codec = SJ_ITEM_ZSTD;
    }
}

// What takes long is done before the lock of the index is taken.
static void prepare(struct sj_group *group)
{
    struct sj_shared *shared = group->shared;
    size_t writes = 0;
    for (struct sj_write *write = group->first; write; write = write->next, writes++) {
        for (size_t i = 0; i < write->item_count && write->status == 0; i++) {
            struct sj_write_item *item = &write->items[i];
            group->has_forget = group->has_forget || item->is_forget;
            if (shared->store->compression_level != 0 && may_shrink(item) &&
                !is_likely_there(shared, write, item)) {
                compress(shared->store, item);
            }
        }
        group->room += write->item_count;
    }
    size_t slots = 16;
    while (slots < group->room * 2) {
        slots *= 2;
    }
    group->entries = sj_calloc(group->room + 1, sizeof *group->entries);
    group->quotas = sj_calloc(writes + 1, sizeof *group->quotas);
    group->content = sj_calloc(slots, sizeof *group->content);
    group->content_mask = slots - 1;
}

static void release(struct sj_group *group)
{
    struct sj_buf *scratch = &group->shared->store->scratch;
    if (scratch->size > SCRATCH_KEEPS) {
        sj_buf_release(scratch);
    }
    free(group->entries);
    free(group->quotas);
    free(group->content);
}

// Where an item's content is, or would be, among what this group writes.
static size_t *slot_of(struct sj_group *group, uint32_t number, const struct sj_write_item *item)
{
    uint64_t hash = sj_get_u64(item->key.bytes) ^ number ^ (uint64_t)item->kind << 32;
    for (size_t at = (size_t)hash;; at++) {
        size_t *slot = &group->content[at & group->content_mask];
        const struct sj_bundle_entry *entry = &group->entries[*slot ? *slot - 1 : 0];
        if (*slot == 0 || (entry->space->number == number && entry->kind == item->kind &&
                           sj_key_eq(&entry->key, &item->key))) {
            return slot;
        }
    }
}

// Whether an item is written once only: content, or an entry that is not to be replaced.
static bool is_once(const struct sj_group *group, const struct sj_write *write,
                    const struct sj_write_item *item)
{
    bool is_kept = write->keeps && item->kind == SJ_ITEM_ENTRY;
    bool is_content = !group->has_forget && sj_blob_is_content((enum sj_blob)item->kind);
    return !item->is_forget && (is_kept || is_content);
}

// Whether such an item is in the store, and content not about to leave it.
static bool is_there(struct sj_group *group, MDB_txn *txn, const struct sj_write *write,
                     const struct sj_write_item *item)
{
    struct sj_store *store = group->shared->store;
    uint32_t number = write->space.number;
    if (!is_once(group, write, item)) {
        return false;
    }
    if (*slot_of(group, number, item) != 0) {
        return true;
    }
    struct sj_index_key name = sj_index_key_of(number, &item->key);
    struct sj_place place;
    if (sj_index_get_place(&store->index, txn, sj_table_of((enum sj_blob)item->kind), &name,
                           &place) != 0 ||
        (!write->keeps && sj_state_is_aging(&store->index.state, place.generation)) ||
        sj_store_file(store, place.generation) < 0) {
        return false;
    }
    group->there_lowest =
        place.generation < group->there_lowest ? place.generation : group->there_lowest;
    return true;
}

static int check_quota(struct sj_group *group, MDB_txn *txn, const struct sj_write *write,
                       uint64_t bytes)
{
    struct sj_quota *quota = group->quotas;
    struct sj_quota *end = quota + group->quota_count;
    while (quota < end && quota->number != write->space.number) {
        quota++;
    }
    if (quota == end) {
        struct sj_space_usage usage;
        int status = sj_usage_get(&group->shared->store->index, txn, write->space.number, &usage);
        if (status < 0) {
            return status;
        }
        *quota = (struct sj_quota){.number = write->space.number, .bytes = usage.bytes};
        group->quota_count++;
    }
    // What has no bytes is let through: it may be what makes room.
    if (write->limit_bytes > 0 && bytes > 0 && quota->bytes + bytes > write->limit_bytes) {
        return -EDQUOT;
    }
    quota->bytes += bytes;
    return 0;
}

static void add_entry(struct sj_group *group, const struct sj_write *write,
                      const struct sj_write_item *item)
{
    bool is_link = item->kind == SJ_ITEM_LINK;
    group->entries[group->entry_count++] = (struct sj_bundle_entry){
        .kind = item->kind,
        .codec = item->codec,
        .raw_len = item->raw_len,
        .stored_len = is_link ? SJ_KEY_SIZE : (uint32_t)item->data.len,
        .key = item->key,
        .hash = item->hash,
        .data = is_link ? (const void *)item->target.bytes : item->data.data,
        .space = &write->space,
        .is_forget = item->is_forget,
    };
}

// Bytes that a write adds to what its namespace holds.
static uint64_t measure(struct sj_group *group, MDB_txn *txn, struct sj_write *write)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < write->item_count; i++) {
        struct sj_write_item *item = &write->items[i];
        item->is_there = is_there(group, txn, write, item);
        if (!item->is_there && !item->is_forget) {
            bytes += SJ_ITEM_HEAD_SIZE + write->space.name.len +
                     (item->kind == SJ_ITEM_LINK ? SJ_KEY_SIZE : item->data.len);
        }
    }
    return bytes;
}

static void add_entries(struct sj_group *group, const struct sj_write *write)
{
    for (size_t i = 0; i < write->item_count; i++) {
        const struct sj_write_item *item = &write->items[i];
        size_t *slot =
            is_once(group, write, item) ? slot_of(group, write->space.number, item) : NULL;
        // Also where this write has it twice.
        if (item->is_there || (slot && *slot != 0)) {
            continue;
        }
        add_entry(group, write, item);
        if (slot) {
            *slot = group->entry_count;
        }
    }
}

// Choose what of a write is to be written; sets its status when nothing is.
static int add_write(struct sj_group *group, MDB_txn *txn, struct sj_write *write)
{
    struct sj_store *store = group->shared->store;
    struct sj_str name = write->space.name;
    int status =
        sj_index_make_namespace(&store->index, txn, name.data, name.len, &write->space.number);
    if (status < 0) {
        return status;
    }
    uint64_t bytes = measure(group, txn, write);
    if (bytes > store->max_size_bytes / 2) {
        write->status = -EFBIG;
        return 0;
    }
    status = check_quota(group, txn, write, bytes);
    if (status == -EDQUOT) {
        write->status = status;
        return 0;
    }
    if (status == 0) {
        add_entries(group, write);
    }
    return status;
}

static int forget_damaged(struct sj_group *group, MDB_txn *txn)
{
    struct sj_index *index = &group->shared->store->index;
    for (size_t i = 0; i < group->damaged->count; i++) {
        const struct sj_seen *seen = &group->damaged->items[i];
        struct sj_index_key name = sj_index_key_of(seen->space, &seen->key);
        int status = sj_index_forget(index, txn, sj_table_of(seen->kind), &name, &seen->place);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int write_group(struct sj_group *group, MDB_txn *txn)
{
    struct sj_store *store = group->shared->store;
    group->entry_count = 0;
    group->quota_count = 0;
    group->sealed = 0;
    group->there_lowest = UINT32_MAX;
    memset(group->content, 0, (group->content_mask + 1) * sizeof *group->content);
    int status = forget_damaged(group, txn);
    for (struct sj_write *write = group->first; status == 0 && write; write = write->next) {
        status = write->status == 0 ? add_write(group, txn, write) : 0;
    }
    status = status < 0
                 ? status
                 : sj_bundle_write(store, txn, group->entries, &group->entry_count, &group->sealed);
    uint64_t forgotten = 0;
    status = status < 0 ? status : sj_sweep_run(&store->index, txn, SJ_SWEEP_STEP, &forgotten);
    return status < 0 ? status : sj_index_put_state(&store->index, txn);
}

static int try_group(struct sj_group *group)
{
    struct sj_store *store = group->shared->store;
    MDB_txn *txn = NULL;
    int status = sj_store_begin(store, &txn);
    return status < 0 ? status : sj_store_end(store, txn, write_group(group, txn));
}

void sj_group_settle(struct sj_shared *shared, uint32_t sealed)
{
    struct sj_store *store = shared->store;
    if (sealed) {
        sj_rotate_finish(store, sealed);
    }
    uint32_t oldest = store->index.state.oldest;
    if (oldest == shared->last_oldest) {
        return;
    }
    sj_store_close_old_files(store);
    sj_seats_drop_files(shared->seats, oldest);
    (void)pthread_mutex_lock(&shared->queue.lock);
    if (shared->last_oldest > 0 && oldest > shared->last_oldest) {
        shared->queue.counts.dropped_generations += oldest - shared->last_oldest;
    }
    (void)pthread_mutex_unlock(&shared->queue.lock);
    shared->last_oldest = oldest;
}

// What was just written is known to be what it should be.
static uint64_t note_written(const struct sj_group *group)
{
    const struct sj_store *store = group->shared->store;
    uint64_t bytes = 0;
    for (size_t i = 0; i < group->entry_count; i++) {
        const struct sj_bundle_entry *entry = &group->entries[i];
        bytes += sj_bundle_entry_len(entry);
        if (!entry->is_forget && entry->kind != SJ_ITEM_LINK) {
            sj_known_add(group->shared->good, store->index.state.salt, store->newest.number,
                         entry->offset);
        }
    }
    return bytes;
}

static void count_group(struct sj_group *group, int status)
{
    struct sj_queue *queue = &group->shared->queue;
    uint64_t bytes = status == 0 ? note_written(group) : 0;
    (void)pthread_mutex_lock(&queue->lock);
    struct sj_shared_stat *counts = &queue->counts;
    counts->commits += status == 0;
    counts->written_bytes += bytes;
    for (struct sj_write *write = group->first; write; write = write->next) {
        write->status = write->status ? write->status : status;
        counts->writes += write->status == 0;
        counts->failed_writes += write->status != 0;
        counts->last_failure = write->status;
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

void sj_group_commit(struct sj_shared *shared, struct sj_write *first,
                     const struct sj_seen_list *damaged)
{
    struct sj_group group = {.shared = shared, .first = first, .damaged = damaged};
    prepare(&group);
    int status = try_group(&group);
    if (status == -EBADMSG) {
        sj_store_condemn(shared->dir);
        status = sj_store_recover(shared->store);
        status = status < 0 ? status : try_group(&group);
    }
    // After the commit: the index is not locked while the disk works. Others may see what is not
    // safe yet; only nobody is told that it is.
    bool is_new = group.entry_count > 0 || group.there_lowest != UINT32_MAX;
    if (status == 0 && shared->is_durable && is_new) {
        status = sj_durable_sync(shared, group.there_lowest);
    }
    count_group(&group, status);
    shared->sealed = status == 0 ? group.sealed : 0;
    release(&group);
}
