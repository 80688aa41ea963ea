// SPDX-License-Identifier: Apache-2.0
#include "store/bundle.h"

#include <errno.h>

#include "store/rotate.h"
#include "store/usage.h"

// A bundle being laid down.
struct sj_layout {
    const struct sj_store *store;
    const struct sj_bundle_entry *entries;
    size_t count;
    size_t len;
};

uint64_t sj_bundle_entry_len(const struct sj_bundle_entry *entry)
{
    return entry->is_forget
               ? 0
               : SJ_ITEM_HEAD_SIZE + entry->space->name.len + (uint64_t)entry->stored_len;
}

static bool is_pointless(struct sj_index *index, MDB_txn *txn, const struct sj_bundle_entry *entry)
{
    if (!entry->is_move) {
        return false;
    }
    struct sj_index_key name = sj_index_key_of(entry->space->number, &entry->key);
    enum sj_table table = sj_table_of((enum sj_blob)entry->kind);
    struct sj_place now;
    return sj_index_get_place(index, txn, table, &name, &now) != 0 ||
           !sj_place_eq(&now, &entry->from);
}

// Take out what is not to be moved after all. It must not even be written: after a power cut, an
// old value would seem to be the latest.
static size_t drop_pointless(struct sj_store *store, MDB_txn *txn, struct sj_bundle_entry *entries,
                             size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_pointless(&store->index, txn, &entries[i])) {
            entries[kept++] = entries[i];
        }
    }
    return kept;
}

// Give each item its offset; the bytes of all together.
static uint64_t lay_out(struct sj_bundle_entry *entries, size_t count)
{
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t len = sj_bundle_entry_len(&entries[i]);
        entries[i].offset = at;
        at += len + sj_item_padding(len);
    }
    return at;
}

static void fill_bundle(char *to, uint32_t order, void *user)
{
    const struct sj_layout *layout = user;
    struct sj_item item = {.order = order};
    for (size_t i = 0; i < layout->count; i++) {
        const struct sj_bundle_entry *entry = &layout->entries[i];
        if (entry->is_forget) {
            continue;
        }
        item.kind = entry->kind;
        item.codec = entry->codec;
        item.raw_len = entry->raw_len;
        item.stored_len = entry->stored_len;
        item.key = entry->key;
        item.hash = entry->hash;
        item.name_len = entry->space->name.len;
        if (item.name_len > 0) {
            memcpy(item.name, entry->space->name.data, item.name_len);
        }
        size_t len = (size_t)sj_item_len(&item);
        size_t padding = sj_item_padding(len);
        item.rest_len = (uint32_t)(layout->len - entry->offset - len - padding);
        char *at = to + entry->offset;
        sj_item_encode(&item, layout->store->index.state.salt, (unsigned char *)at);
        if (item.stored_len > 0) {
            memcpy(at + sj_item_prefix_len(&item), entry->data, item.stored_len);
        }
        memset(at + len, 0, padding);
    }
}

static int put_entry(struct sj_store *store, MDB_txn *txn, const struct sj_bundle_entry *entry)
{
    struct sj_index *index = &store->index;
    struct sj_index_key name = sj_index_key_of(entry->space->number, &entry->key);
    if (entry->kind == SJ_ITEM_LINK) {
        return sj_index_link(index, txn, &name, entry->data);
    }
    enum sj_table table = sj_table_of((enum sj_blob)entry->kind);
    if (entry->is_forget) {
        return sj_index_forget(index, txn, table, &name, NULL);
    }
    struct sj_place place = {
        .generation = store->newest.number,
        .len = (uint32_t)sj_bundle_entry_len(entry),
        .raw_len = entry->raw_len,
        .offset = entry->offset,
    };
    return sj_index_put_place(index, txn, table, &name, &place);
}

// Count what each namespace has got; entries of one come mostly together.
static int count_entries(struct sj_store *store, MDB_txn *txn,
                         const struct sj_bundle_entry *entries, size_t count)
{
    struct sj_space_usage usage = {0};
    for (size_t i = 0; i < count; i++) {
        uint64_t len = sj_bundle_entry_len(&entries[i]);
        usage.bytes += len;
        usage.items += len > 0;
        uint32_t number = entries[i].space->number;
        if (i + 1 < count && entries[i + 1].space->number == number) {
            continue;
        }
        int status = usage.items == 0
                         ? 0
                         : sj_usage_add(&store->index, txn, number, store->newest.number, &usage);
        if (status < 0) {
            return status;
        }
        usage = (struct sj_space_usage){0};
    }
    return 0;
}

static int append(struct sj_store *store, MDB_txn *txn, struct sj_layout *layout, uint32_t *sealed,
                  uint64_t *offset)
{
    int status = sj_rotate(store, txn, layout->len, sealed);
    if (status < 0) {
        return status;
    }
    status = sj_generation_append(&store->newest, layout->len, fill_bundle, layout, offset);
    if (status == -EBADMSG) {
        // LMDB's own pages in it are damaged: no more is written to it.
        *sealed = store->newest.number;
        status = sj_generation_start(store, txn, layout->len);
        status = status < 0 ? status
                            : sj_generation_append(&store->newest, layout->len, fill_bundle, layout,
                                                   offset);
    }
    if (status < 0) {
        sj_generation_close(&store->newest);
    }
    return status;
}

int sj_bundle_write(struct sj_store *store, MDB_txn *txn, struct sj_bundle_entry *entries,
                    size_t *count, uint32_t *sealed)
{
    *count = drop_pointless(store, txn, entries, *count);
    uint64_t len = lay_out(entries, *count);
    if (len > SJ_BUNDLE_MAX) {
        return -EFBIG;
    }
    if (len > 0) {
        struct sj_layout layout = {
            .store = store, .entries = entries, .count = *count, .len = (size_t)len};
        uint64_t offset = 0;
        int status = append(store, txn, &layout, sealed, &offset);
        for (size_t i = 0; status == 0 && i < *count; i++) {
            entries[i].offset += offset;
        }
        status = status < 0 ? status : count_entries(store, txn, entries, *count);
        if (status < 0) {
            return status;
        }
    }
    for (size_t i = 0; i < *count; i++) {
        int status = put_entry(store, txn, &entries[i]);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}
