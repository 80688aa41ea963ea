// SPDX-License-Identifier: Apache-2.0
#include "analyze/makespan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

/** An entry of a heap: the smallest key, then the smallest task, comes first. */
struct entry {
    uint64_t key;
    uint32_t task;
};

/** A heap with room for all tasks. */
struct heap {
    struct entry *entries;
    size_t count;
};

/** What is known while a schedule is played. */
struct play {
    const struct sj_task *tasks;
    size_t count;
    uint32_t *next;    // of each task: first of those that wait for it, in `followers`
    uint32_t *waits;   // of each task: how many it still waits for
    uint64_t *tail_ns; // of each task: longest way to the end, itself included
    uint32_t *followers;
    uint32_t *sorted; // no task stands before one that it waits for
};

static bool is_less(const struct entry *a, const struct entry *b)
{
    return a->key < b->key || (a->key == b->key && a->task < b->task);
}

static void heap_push(struct heap *heap, uint64_t key, uint32_t task)
{
    struct entry entry = {key, task};
    size_t at = heap->count++;
    while (at > 0 && is_less(&entry, &heap->entries[(at - 1) / 2])) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->entries[at] = entry;
}

static struct entry heap_pop(struct heap *heap)
{
    struct entry top = heap->entries[0];
    struct entry last = heap->entries[--heap->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->count && is_less(&heap->entries[child + 1], &heap->entries[child])) {
            child++;
        }
        if (child >= heap->count || !is_less(&heap->entries[child], &last)) {
            break;
        }
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    heap->entries[at] = last;
    return top;
}

static void release(struct play *play)
{
    free(play->next);
    free(play->waits);
    free(play->tail_ns);
    free(play->followers);
    free(play->sorted);
}

// Turns "waits for" round: who may go on when a task is done.
static void link_followers(struct play *play, const uint32_t *after)
{
    for (size_t i = 0; i < play->count; i++) {
        const struct sj_task *task = &play->tasks[i];
        play->waits[i] = task->after_count;
        for (uint32_t j = 0; j < task->after_count; j++) {
            play->next[after[task->after + j] + 1]++;
        }
    }
    for (size_t i = 0; i < play->count; i++) {
        play->next[i + 1] += play->next[i];
    }
    play->followers = sj_calloc((size_t)play->next[play->count] + 1, sizeof *play->followers);
    SJ_AUTO(sj_auto_free) uint32_t *filled = sj_calloc(play->count + 1, sizeof *filled);
    for (size_t i = 0; i < play->count; i++) {
        const struct sj_task *task = &play->tasks[i];
        for (uint32_t j = 0; j < task->after_count; j++) {
            uint32_t before = after[task->after + j];
            play->followers[play->next[before] + filled[before]++] = (uint32_t)i;
        }
    }
}

static int sort(struct play *play)
{
    SJ_AUTO(sj_auto_free) uint32_t *waits = sj_calloc(play->count + 1, sizeof *waits);
    size_t found = 0;
    for (size_t i = 0; i < play->count; i++) {
        waits[i] = play->waits[i];
        if (waits[i] == 0) {
            play->sorted[found++] = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < found; i++) {
        uint32_t task = play->sorted[i];
        for (uint32_t j = play->next[task]; j < play->next[task + 1]; j++) {
            if (--waits[play->followers[j]] == 0) {
                play->sorted[found++] = play->followers[j];
            }
        }
    }
    return found == play->count ? 0 : -ELOOP;
}

static void measure_tails(struct play *play)
{
    for (size_t i = play->count; i-- > 0;) {
        uint32_t task = play->sorted[i];
        uint64_t longest_ns = 0;
        for (uint32_t j = play->next[task]; j < play->next[task + 1]; j++) {
            uint64_t tail_ns = play->tail_ns[play->followers[j]];
            longest_ns = tail_ns > longest_ns ? tail_ns : longest_ns;
        }
        play->tail_ns[task] = longest_ns + play->tasks[task].cost_ns;
    }
}

static uint64_t key_of(const struct play *play, enum sj_order order, uint32_t task)
{
    return order == SJ_ORDER_LONGEST ? UINT64_MAX - play->tail_ns[task] : task;
}

static uint64_t simulate(struct play *play, unsigned jobs, enum sj_order order)
{
    struct heap ready = {sj_calloc(play->count + 1, sizeof(struct entry)), 0};
    struct heap running = {sj_calloc(play->count + 1, sizeof(struct entry)), 0};
    for (size_t i = 0; i < play->count; i++) {
        if (play->waits[i] == 0) {
            heap_push(&ready, key_of(play, order, (uint32_t)i), (uint32_t)i);
        }
    }
    uint64_t now_ns = 0;
    while (ready.count + running.count > 0) {
        while (ready.count > 0 && running.count < jobs) {
            uint32_t task = heap_pop(&ready).task;
            heap_push(&running, now_ns + play->tasks[task].cost_ns, task);
        }
        struct entry done = heap_pop(&running);
        now_ns = done.key;
        for (uint32_t j = play->next[done.task]; j < play->next[done.task + 1]; j++) {
            uint32_t task = play->followers[j];
            if (--play->waits[task] == 0) {
                heap_push(&ready, key_of(play, order, task), task);
            }
        }
    }
    free(ready.entries);
    free(running.entries);
    return now_ns;
}

int sj_makespan(const struct sj_task *tasks, size_t count, const uint32_t *after, unsigned jobs,
                enum sj_order order, struct sj_makespan *out)
{
    SJ_AUTO(release)
    struct play play = {
        .tasks = tasks,
        .count = count,
        .next = sj_calloc(count + 2, sizeof(uint32_t)),
        .waits = sj_calloc(count + 1, sizeof(uint32_t)),
        .tail_ns = sj_calloc(count + 1, sizeof(uint64_t)),
        .sorted = sj_calloc(count + 1, sizeof(uint32_t)),
    };
    link_followers(&play, after);
    int status = sort(&play);
    if (status < 0) {
        return status;
    }
    measure_tails(&play);

    jobs = jobs > 0 ? jobs : 1;
    struct sj_makespan result = {0};
    for (size_t i = 0; i < count; i++) {
        result.total_ns += tasks[i].cost_ns;
        if (play.tail_ns[i] > result.critical_ns) {
            result.critical_ns = play.tail_ns[i];
        }
    }
    uint64_t spread_ns = result.total_ns / jobs + (result.total_ns % jobs != 0);
    result.bound_ns = spread_ns > result.critical_ns ? spread_ns : result.critical_ns;
    result.wall_ns = simulate(&play, jobs, order);
    *out = result;
    return 0;
}
