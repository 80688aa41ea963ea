// SPDX-License-Identifier: Apache-2.0
#include "store/write.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/shared_handle.h"

// What an item is taken to cost beside its data, so that many small ones count for something.
#define ITEM_COST 256

struct sj_write *sj_write_new(struct sj_shared *shared, struct sj_str space)
{
    assert(space.len <= SJ_ITEM_NAME_MAX);
    struct sj_write *write = sj_new(struct sj_write);
    write->shared = shared;
    if (space.len > 0) {
        memcpy(write->name, space.data, space.len);
    }
    write->space.name = (struct sj_str){write->name, space.len};
    return write;
}

void sj_write_free(struct sj_write *write)
{
    if (!write) {
        return;
    }
    for (size_t i = 0; i < write->item_count; i++) {
        sj_buf_release(&write->items[i].data);
    }
    free(write->items);
    free(write);
}

void sj_write_limit(struct sj_write *write, uint64_t limit_bytes)
{
    write->limit_bytes = limit_bytes;
}

void sj_write_keep(struct sj_write *write)
{
    write->keeps = true;
}

static struct sj_write_item *add_item(struct sj_write *write)
{
    if (write->item_count == write->item_room) {
        write->item_room = write->item_room ? write->item_room * 2 : 2;
        write->items = sj_realloc(write->items, write->item_room, sizeof *write->items);
    }
    struct sj_write_item *item = &write->items[write->item_count++];
    *item = (struct sj_write_item){0};
    write->bytes += ITEM_COST;
    return item;
}

static void take_data(struct sj_write *write, struct sj_write_item *item, struct sj_buf *take)
{
    write->bytes += take->size > take->len ? take->size : take->len;
    item->data = *take;
    *take = SJ_BUF_INIT(take->limit_bytes);
}

void sj_write_blob(struct sj_write *write, enum sj_blob kind, const struct sj_key *key,
                   struct sj_buf *take)
{
    if (take->len > SJ_ITEM_DATA_MAX || take->is_full) {
        write->status = -EFBIG;
        sj_buf_release(take);
        return;
    }
    struct sj_write_item *item = add_item(write);
    item->kind = (enum sj_item_kind)kind;
    item->key = *key;
    item->hash = sj_blob_is_content(kind) ? *key : sj_key_of(sj_buf_text(take), take->len);
    item->raw_len = (uint32_t)take->len;
    take_data(write, item, take);
}

void sj_write_frame(struct sj_write *write, enum sj_blob kind, const struct sj_key *key,
                    const struct sj_key *hash, uint32_t raw_len, struct sj_buf *take)
{
    if (take->len >= raw_len || take->is_full ||
        !sj_item_is_length_sane(raw_len, (uint32_t)take->len)) {
        write->status = -EBADMSG;
        sj_buf_release(take);
        return;
    }
    struct sj_write_item *item = add_item(write);
    item->kind = (enum sj_item_kind)kind;
    item->codec = SJ_ITEM_ZSTD;
    item->key = *key;
    item->hash = *hash;
    item->raw_len = raw_len;
    take_data(write, item, take);
}

void sj_write_link(struct sj_write *write, const struct sj_key *weak, const struct sj_key *pathset)
{
    struct sj_write_item *item = add_item(write);
    item->kind = SJ_ITEM_LINK;
    item->key = *weak;
    item->hash = sj_key_of(pathset->bytes, SJ_KEY_SIZE);
    item->raw_len = SJ_KEY_SIZE;
    item->target = *pathset;
}

void sj_write_forget(struct sj_write *write, enum sj_blob kind, const struct sj_key *key)
{
    struct sj_write_item *item = add_item(write);
    item->kind = (enum sj_item_kind)kind;
    item->key = *key;
    item->is_forget = true;
}

uint64_t sj_write_bytes(const struct sj_write *write)
{
    return write->bytes;
}

int sj_write_submit(struct sj_write *write, sj_write_done *done, void *user)
{
    struct sj_shared *shared = write->shared;
    struct sj_queue *queue = &shared->queue;
    write->done = done;
    write->user = user;
    (void)pthread_mutex_lock(&queue->lock);
    bool has_room = queue->bytes == 0 || queue->bytes + write->bytes <= shared->max_queue_bytes;
    if (has_room) {
        *queue->last = write;
        queue->last = &write->next;
        queue->bytes += write->bytes;
        queue->submitted++;
        (void)pthread_cond_signal(&queue->wake);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return has_room ? 0 : -EAGAIN;
}

void sj_shared_flush(struct sj_shared *shared)
{
    struct sj_queue *queue = &shared->queue;
    (void)pthread_mutex_lock(&queue->lock);
    uint64_t ticket = queue->submitted;
    while (queue->finished < ticket) {
        (void)pthread_cond_wait(&queue->done, &queue->lock);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}
