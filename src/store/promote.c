// SPDX-License-Identifier: Apache-2.0
#include "store/batch.h"
#include "store/read.h"

// Add an item to a batch just as it is stored.
static void add_stored(struct sj_batch *batch, const struct sj_seen *seen)
{
    struct sj_store *store = batch->store;
    size_t len = seen->place.len - SJ_ITEM_HEAD_SIZE - store->name_len;
    struct sj_item item;
    sj_buf_clear(&store->scratch);
    char *data = sj_buf_reserve(&store->scratch, len);
    if (!data || sj_item_read(store, seen, len, data, &item) != 0) {
        return;
    }
    struct sj_bundle_entry entry = {
        .kind = item.kind,
        .codec = item.codec,
        .raw_len = item.raw_len,
        .stored_len = item.stored_len,
        .key = item.key,
        .hash = item.hash,
        .is_move = true,
        .from = seen->place,
    };
    sj_batch_add_item(batch, &entry, data);
}

void sj_store_promote(struct sj_store *store)
{
    if (store->aging.count == 0) {
        return;
    }
    // What does not fit gets its chance when it is read again.
    size_t limit = sj_store_generation_size(store) / 2;
    struct sj_batch *batch = sj_batch_new(store);
    for (size_t i = 0; i < store->aging.count; i++) {
        const struct sj_seen *seen = &store->aging.items[i];
        if (batch->data.len + seen->place.len <= limit) {
            add_stored(batch, seen);
        }
    }
    sj_seen_clear(&store->aging);
    (void)sj_batch_commit(batch, NULL);
    sj_batch_free(batch);
}
