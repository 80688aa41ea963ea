// SPDX-License-Identifier: Apache-2.0
#include "tier/queue.h"

#include <stdlib.h>

#include "base/mem.h"

#define SIZE_FIRST  ((size_t)64)
#define LOOK_BEHIND ((size_t)64) // a result is pushed twice in short order, or not at all

void sj_queue_release(struct sj_queue *queue)
{
    if (queue) {
        free(queue->items);
        *queue = (struct sj_queue){.max = queue->max};
    }
}

static struct sj_upload *item_at(const struct sj_queue *queue, size_t i)
{
    return &queue->items[(queue->head + i) % queue->size];
}

static bool make_room(struct sj_queue *queue)
{
    if (queue->count >= queue->max) {
        return false;
    }
    if (queue->count < queue->size) {
        return true;
    }
    size_t size = queue->size ? 2 * queue->size : SIZE_FIRST;
    struct sj_upload *items = sj_calloc(size, sizeof *items);
    for (size_t i = 0; i < queue->count; i++) {
        items[i] = *item_at(queue, i);
    }
    free(queue->items);
    queue->items = items;
    queue->size = size;
    queue->head = 0;
    return true;
}

bool sj_queue_add(struct sj_queue *queue, const struct sj_upload *upload)
{
    size_t behind = queue->count < LOOK_BEHIND ? queue->count : LOOK_BEHIND;
    for (size_t i = queue->count - behind; i < queue->count; i++) {
        const struct sj_upload *item = item_at(queue, i);
        if (sj_key_eq(&item->strong, &upload->strong) && item->has_weak == upload->has_weak &&
            sj_key_eq(&item->weak, &upload->weak)) {
            return true;
        }
    }
    if (!make_room(queue)) {
        return false;
    }
    queue->count++;
    *item_at(queue, queue->count - 1) = *upload;
    return true;
}

bool sj_queue_return(struct sj_queue *queue, const struct sj_upload *upload)
{
    if (!make_room(queue)) {
        return false;
    }
    queue->head = (queue->head + queue->size - 1) % queue->size;
    queue->count++;
    *item_at(queue, 0) = *upload;
    return true;
}

bool sj_queue_take(struct sj_queue *queue, struct sj_upload *out)
{
    if (queue->count == 0) {
        return false;
    }
    *out = *item_at(queue, 0);
    queue->head = (queue->head + 1) % queue->size;
    queue->count--;
    return true;
}
