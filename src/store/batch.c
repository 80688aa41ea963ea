// SPDX-License-Identifier: Apache-2.0
#include "store/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/read.h"
#include "store/rotate.h"
#include "store/sweep.h"

// Stamps and file keys of an era may take this share of the cap; eight eras are kept.
#define ERA_SHARE     128
#define ERA_BYTES_MIN (UINT64_C(1) << 20)
#define ERA_BYTES_MAX (UINT64_C(1) << 29)

struct sj_batch *sj_batch_new(struct sj_store *store)
{
    struct sj_batch *batch = sj_new(struct sj_batch);
    batch->store = store;
    batch->space.name = (struct sj_str){store->name, store->name_len};
    batch->data = SJ_BUF_INIT(SJ_BUNDLE_MAX);
    batch->notes_data = SJ_BUF_INIT(SJ_BUNDLE_MAX);
    return batch;
}

void sj_batch_free(struct sj_batch *batch)
{
    if (!batch) {
        return;
    }
    sj_buf_release(&batch->data);
    sj_buf_release(&batch->notes_data);
    free(batch->entries);
    free(batch->notes);
    free(batch);
}

void sj_batch_add_item(struct sj_batch *batch, const struct sj_bundle_entry *entry,
                       const void *data)
{
    char *at = sj_buf_reserve(&batch->data, entry->stored_len);
    if (!at) {
        return;
    }
    if (entry->stored_len) {
        memmove(at, data, entry->stored_len);
    }
    batch->data.len += entry->stored_len;
    if (batch->entry_count == batch->entry_room) {
        batch->entry_room = batch->entry_room ? batch->entry_room * 2 : 8;
        batch->entries = sj_realloc(batch->entries, batch->entry_room, sizeof *batch->entries);
    }
    batch->entries[batch->entry_count++] = *entry;
}

static bool is_damaged(const struct sj_store *store, enum sj_blob kind, const struct sj_key *key)
{
    for (size_t i = 0; i < store->damaged.count; i++) {
        const struct sj_seen *seen = &store->damaged.items[i];
        if (seen->kind == kind && sj_key_eq(&seen->key, key)) {
            return true;
        }
    }
    return false;
}

// Whether content is in the store already, and not about to leave it.
static bool is_stored(struct sj_store *store, enum sj_blob kind, const struct sj_key *key)
{
    if (!sj_blob_is_content(kind) || is_damaged(store, kind, key)) {
        return false;
    }
    bool was_reading = store->index.read != NULL;
    struct sj_seen seen;
    bool is_there = sj_store_find(store, kind, key, &seen) == 0 &&
                    !sj_state_is_aging(&store->index.state, seen.place.generation) &&
                    sj_store_file(store, seen.place.generation) >= 0;
    if (!was_reading) {
        sj_store_release(store);
    }
    return is_there;
}

void sj_batch_blob(struct sj_batch *batch, enum sj_blob kind, const struct sj_key *key,
                   const void *data, size_t len)
{
    struct sj_store *store = batch->store;
    if (len > SJ_ITEM_DATA_MAX) {
        batch->is_too_big = true;
        return;
    }
    if (store->is_read_only || is_stored(store, kind, key)) {
        return;
    }
    struct sj_bundle_entry entry = {
        .kind = (enum sj_item_kind)kind,
        .key = *key,
        .hash = sj_blob_is_content(kind) ? *key : sj_key_of(data, len),
        .raw_len = (uint32_t)len,
        .stored_len = (uint32_t)len,
    };
    sj_buf_clear(&store->scratch);
    bool may_shrink = len >= SJ_CODEC_MIN_BYTES && kind != SJ_BLOB_ENTRY;
    char *frame = may_shrink ? sj_buf_reserve(&store->scratch, len) : NULL;
    size_t frame_len =
        frame ? sj_codec_compress(&store->codec, store->compression_level, data, len, frame) : 0;
    if (frame_len > 0 && sj_item_is_length_sane((uint32_t)len, (uint32_t)frame_len)) {
        entry.codec = SJ_ITEM_ZSTD;
        entry.stored_len = (uint32_t)frame_len;
        data = frame;
    }
    sj_batch_add_item(batch, &entry, data);
}

static void add_note(struct sj_batch *batch, enum sj_table table, const struct sj_key *key,
                     const void *head, size_t head_len, const void *data, size_t len)
{
    if (batch->store->is_read_only) {
        return;
    }
    size_t offset = batch->notes_data.len;
    sj_buf_add(&batch->notes_data, head, head_len);
    sj_buf_add(&batch->notes_data, data, len);
    if (batch->note_count == batch->note_room) {
        batch->note_room = batch->note_room ? batch->note_room * 2 : 8;
        batch->notes = sj_realloc(batch->notes, batch->note_room, sizeof *batch->notes);
    }
    batch->notes[batch->note_count++] = (struct sj_batch_note){
        .table = table, .key = *key, .offset = offset, .len = head_len + len};
}

void sj_batch_pathset(struct sj_batch *batch, const struct sj_key *weak,
                      const struct sj_key *pathset)
{
    if (batch->store->is_read_only) {
        return;
    }
    struct sj_bundle_entry entry = {
        .kind = SJ_ITEM_LINK,
        .key = *weak,
        .hash = sj_key_of(pathset->bytes, SJ_KEY_SIZE),
        .raw_len = SJ_KEY_SIZE,
        .stored_len = SJ_KEY_SIZE,
    };
    sj_batch_add_item(batch, &entry, pathset->bytes);
}

void sj_batch_stamp(struct sj_batch *batch, const struct sj_key *action,
                    const struct sj_key *strong, const void *data, size_t len)
{
    if (len > SJ_STAMP_MAX) {
        return;
    }
    unsigned char head[SJ_STAMP_HEAD_SIZE] = {0};
    memcpy(head + SJ_STAMP_ACTION_AT, action->bytes, SJ_KEY_SIZE);
    memcpy(head + SJ_STAMP_STRONG_AT, strong->bytes, SJ_KEY_SIZE);
    add_note(batch, SJ_TABLE_STAMP, action, head, sizeof head, data, len);
}

void sj_batch_file(struct sj_batch *batch, const char *path, const struct sj_filestat *stat,
                   const struct sj_key *key)
{
    unsigned char entry[SJ_FILE_ENTRY_SIZE] = {0};
    sj_filestat_encode(stat, entry + 4);
    memcpy(entry + 4 + SJ_FILESTAT_SIZE, key->bytes, SJ_KEY_SIZE);
    struct sj_key name = sj_key_of(path, strlen(path));
    add_note(batch, SJ_TABLE_FILE, &name, entry, sizeof entry, NULL, 0);
}

static int put_note(struct sj_batch *batch, MDB_txn *txn, uint32_t ns,
                    const struct sj_batch_note *note)
{
    struct sj_index *index = &batch->store->index;
    struct sj_index_key name = sj_index_key_of(ns, &note->key);
    unsigned char *data = (unsigned char *)batch->notes_data.data + note->offset;
    sj_put_u32(data, index->state.era);
    if (note->table == SJ_TABLE_STAMP) {
        sj_put_u64(data + SJ_STAMP_CHECK_AT, sj_stamp_checksum(data, note->len));
    }
    return sj_index_put(index, txn, note->table, &name, data, note->len);
}

static int forget_damaged(struct sj_store *store, MDB_txn *txn)
{
    for (size_t i = 0; i < store->damaged.count; i++) {
        const struct sj_seen *seen = &store->damaged.items[i];
        struct sj_index_key name = sj_index_key_of(seen->space, &seen->key);
        int status =
            sj_index_forget(&store->index, txn, sj_table_of(seen->kind), &name, &seen->place);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int write_bundle(struct sj_batch *batch, MDB_txn *txn, uint32_t ns, uint32_t *sealed)
{
    batch->space.number = ns;
    const char *data = batch->data.data;
    for (size_t i = 0; i < batch->entry_count; i++) {
        struct sj_bundle_entry *entry = &batch->entries[i];
        entry->space = &batch->space;
        entry->data = data;
        data += entry->stored_len;
    }
    return sj_bundle_write(batch->store, txn, batch->entries, &batch->entry_count, sealed);
}

static uint64_t era_limit(const struct sj_store *store)
{
    uint64_t limit = store->max_size_bytes / ERA_SHARE;
    if (limit > ERA_BYTES_MAX) {
        return ERA_BYTES_MAX;
    }
    return limit < ERA_BYTES_MIN ? ERA_BYTES_MIN : limit;
}

// Stamps and file keys come and go without blobs, so their age is counted in eras of their own.
static void count_notes(struct sj_batch *batch)
{
    struct sj_state *state = &batch->store->index.state;
    state->era_bytes += batch->notes_data.len + batch->note_count * SJ_INDEX_KEY_SIZE;
    if (state->era_bytes > era_limit(batch->store)) {
        state->era++;
        state->era_bytes = 0;
        sj_sweep_start(state);
    }
}

static int write_batch(struct sj_batch *batch, MDB_txn *txn, uint32_t *sealed)
{
    struct sj_store *store = batch->store;
    struct sj_index *index = &store->index;
    uint32_t ns = 0;
    int status = sj_index_make_namespace(index, txn, store->name, store->name_len, &ns);
    status = status < 0 ? status : forget_damaged(store, txn);
    if (status == 0 && batch->entry_count > 0) {
        status = write_bundle(batch, txn, ns, sealed);
    }
    for (size_t i = 0; status == 0 && i < batch->note_count; i++) {
        status = put_note(batch, txn, ns, &batch->notes[i]);
    }
    if (status < 0) {
        return status;
    }
    count_notes(batch);
    uint64_t forgotten = 0;
    status = sj_sweep_run(index, txn, SJ_SWEEP_STEP, &forgotten);
    return status < 0 ? status : sj_index_put_state(index, txn);
}

int sj_batch_commit(struct sj_batch *batch, struct sj_err *err)
{
    struct sj_store *store = batch->store;
    if (store->is_read_only) {
        return sj_fail_plain(err, -EROFS, "store '%s' was opened for reading only", store->dir);
    }
    if (batch->is_too_big || batch->data.is_full || batch->notes_data.is_full ||
        batch->data.len > store->max_size_bytes / 2) {
        return sj_fail_plain(err, -EFBIG,
                             "result is too large for store '%s': raise max_size to keep it",
                             store->dir);
    }
    if (batch->entry_count == 0 && batch->note_count == 0 && store->damaged.count == 0) {
        return 0;
    }
    MDB_txn *txn = NULL;
    uint32_t sealed = 0;
    int status = sj_store_begin(store, &txn);
    if (status == 0) {
        status = sj_store_end(store, txn, write_batch(batch, txn, &sealed));
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot write to store '%s'", store->dir);
    }
    sj_seen_clear(&store->damaged);
    if (sealed) {
        sj_rotate_finish(store, sealed);
    }
    return 0;
}
