// SPDX-License-Identifier: Apache-2.0
#include "trace/lanes.h"

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/mem.h"

/** A lane in a heap: by when it becomes free, or by its number. */
struct entry {
    uint64_t order;
    uint32_t lane;
};

/** A binary heap; the smallest entry is the first. */
struct heap {
    struct entry *entries;
    size_t count;
};

static void swap(struct entry *a, struct entry *b)
{
    struct entry kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct heap *heap, struct entry entry)
{
    size_t at = heap->count++;
    heap->entries[at] = entry;
    while (at > 0 && heap->entries[(at - 1) / 2].order > heap->entries[at].order) {
        swap(&heap->entries[(at - 1) / 2], &heap->entries[at]);
        at = (at - 1) / 2;
    }
}

static struct entry pop(struct heap *heap)
{
    struct entry first = heap->entries[0];
    heap->entries[0] = heap->entries[--heap->count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= heap->count) {
            return first;
        }
        if (child + 1 < heap->count &&
            heap->entries[child + 1].order < heap->entries[child].order) {
            child++;
        }
        if (heap->entries[at].order <= heap->entries[child].order) {
            return first;
        }
        swap(&heap->entries[at], &heap->entries[child]);
        at = child;
    }
}

uint32_t sj_lanes_pack(const struct sj_lane_item *items, size_t count, uint32_t *lanes)
{
    SJ_AUTO(sj_auto_free)
    struct entry *memory = sj_calloc(count > 0 ? count * 2 : 1, sizeof(*memory));
    struct heap busy = {memory, 0};
    struct heap free_lanes = {memory + count, 0};
    uint32_t made = 0;
    for (size_t i = 0; i < count; i++) {
        while (busy.count > 0 && busy.entries[0].order <= items[i].start) {
            struct entry done = pop(&busy);
            push(&free_lanes, (struct entry){done.lane, done.lane});
        }
        lanes[i] = free_lanes.count > 0 ? pop(&free_lanes).lane : made++;
        push(&busy, (struct entry){items[i].end, lanes[i]});
    }
    return made;
}
