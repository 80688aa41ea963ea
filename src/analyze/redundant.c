// SPDX-License-Identifier: Apache-2.0
#include "analyze/redundant.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define EARLIER_NS (90 * 24 * 3600 * SJ_NS_PER_S) // as cause.c: how far back the same may be

/** A miss that is looked at. */
struct miss {
    struct sj_earlier item;
    size_t index; // of its build in the view
    uint64_t cpu_ns;
    bool is_wanted;
    bool is_asked; // recache was set
};

/** Misses. */
struct misses {
    struct miss *items;
    size_t count;
    size_t size;
};

void sj_repeats_release(struct sj_repeats *repeats)
{
    if (repeats) {
        free(repeats->items);
        *repeats = (struct sj_repeats){0};
    }
}

static void add_miss(struct misses *misses, const struct miss *miss)
{
    if (misses->count == misses->size) {
        misses->size = misses->size ? 2 * misses->size : 256;
        misses->items = sj_realloc(misses->items, misses->size, sizeof *misses->items);
    }
    misses->items[misses->count++] = *miss;
}

static int add_build(const struct sj_view *view, size_t index, bool is_wanted, uint32_t asked,
                     struct misses *misses)
{
    const struct sj_build *build = &view->builds[index].build;
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t count = 0;
    size_t size = 0;
    int status = sj_db_samples(view->db, build->number, SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), &samples,
                               &count, &size);
    for (size_t i = 0; i < count && status == 0; i++) {
        if (samples[i].state) {
            const struct miss miss = {
                .item = sj_earlier_of(build, &samples[i], false),
                .index = index,
                .cpu_ns = samples[i].cpu_ns,
                .is_wanted = is_wanted,
                .is_asked = asked && samples[i].reason == asked,
            };
            add_miss(misses, &miss);
        }
    }
    return status;
}

static int gather(const struct sj_view *view, const bool *is_wanted, struct misses *misses)
{
    uint64_t from_ns = UINT64_MAX;
    uint64_t until_ns = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_build *build = &view->builds[i].build;
        if (is_wanted[i]) {
            uint64_t end_ns = build->start_ns + build->wall_ns;
            from_ns = build->start_ns < from_ns ? build->start_ns : from_ns;
            until_ns = end_ns > until_ns ? end_ns : until_ns;
        }
    }
    from_ns = from_ns > EARLIER_NS ? from_ns - EARLIER_NS : 0;
    uint32_t asked = sj_db_text_find(view->db, "recache");
    int status = 0;
    for (size_t i = 0; i < view->build_count && status == 0; i++) {
        const struct sj_build *build = &view->builds[i].build;
        if (build->count[SJ_OUTCOME_MISS] > 0 && build->start_ns >= from_ns &&
            build->start_ns <= until_ns) {
            status = add_build(view, i, is_wanted[i], asked, misses);
        }
    }
    return status;
}

// Most keys were compiled once: these leave before anything is sorted. Two keys that share a place
// may stay, which changes nothing.
static void keep_repeats(struct misses *misses)
{
    size_t size = 1024;
    while (size < 4 * misses->count) {
        size *= 2;
    }
    SJ_AUTO(sj_auto_free) unsigned char *times = sj_calloc(size, 1);
    for (size_t i = 0; i < misses->count; i++) {
        unsigned char *at = &times[misses->items[i].item.state & (size - 1)];
        *at = (unsigned char)(*at + (*at < 2));
    }
    size_t kept = 0;
    for (size_t i = 0; i < misses->count; i++) {
        const struct miss *miss = &misses->items[i];
        if (times[miss->item.state & (size - 1)] > 1 || miss->is_asked) {
            misses->items[kept++] = *miss;
        }
    }
    misses->count = kept;
}

static int by_state(const void *left, const void *right)
{
    const struct sj_earlier *a = &((const struct miss *)left)->item;
    const struct sj_earlier *b = &((const struct miss *)right)->item;
    if (a->state != b->state) {
        return a->state < b->state ? -1 : 1;
    }
    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    return a->build < b->build ? -1 : a->build > b->build;
}

// A build asked a remote when a hit of it did. There are many hits, so only builds are looked at
// that compiled something which was compiled before.
static int find_remotes(const struct sj_view *view, struct misses *misses)
{
    enum {
        UNKNOWN,
        NO,
        YES
    };
    SJ_AUTO(sj_auto_free) unsigned char *known = sj_calloc(view->build_count + 1, 1);
    SJ_AUTO(sj_auto_free) struct sj_sample *hits = NULL;
    size_t size = 0;
    for (size_t i = 0; i < misses->count; i++) {
        struct miss *miss = &misses->items[i];
        bool is_repeat = (i > 0 && miss[-1].item.state == miss->item.state) ||
                         (i + 1 < misses->count && miss[1].item.state == miss->item.state);
        if (!is_repeat) {
            continue;
        }
        if (known[miss->index] == UNKNOWN) {
            size_t count = 0;
            int status = sj_db_samples(view->db, view->builds[miss->index].build.number,
                                       SJ_OUTCOME_BIT(SJ_OUTCOME_HIT), &hits, &count, &size);
            if (status < 0) {
                return status;
            }
            known[miss->index] = NO;
            for (size_t k = 0; k < count && known[miss->index] == NO; k++) {
                known[miss->index] = hits[k].flags & SJ_RECORD_REMOTE ? YES : NO;
            }
        }
        miss->item.reaches_a_remote = known[miss->index] == YES;
    }
    return 0;
}

static void note_machine(struct sj_repeat *repeat, const char *machine)
{
    for (uint32_t i = 0; i < repeat->machine_count; i++) {
        if (strcmp(repeat->machines[i], machine) == 0) {
            return;
        }
    }
    if (repeat->machine_count == SJ_REPEAT_MACHINES) {
        repeat->has_more_machines = true;
        return;
    }
    repeat->machines[repeat->machine_count++] = machine;
}

static void judge(const struct sj_view *view, const struct sj_earlier_set *set,
                  const struct miss *miss, struct sj_repeat *repeat, struct sj_repeats *out)
{
    struct sj_earlier_verdict verdict = {.kind = SJ_BLAME_ASKED, .why = ""};
    if (!miss->is_wanted || (!miss->is_asked && sj_earlier_ask(set, &miss->item, &verdict) != 0)) {
        return;
    }
    repeat->kind = verdict.kind;
    repeat->why = verdict.why ? verdict.why : sj_db_text(view->db, verdict.of.reason);
    repeat->build = miss->item.build;
    repeat->wasted++;
    repeat->wasted_ns += miss->cpu_ns;
    out->wasted++;
    out->wasted_ns += miss->cpu_ns;
    out->kind_ns[verdict.kind] += miss->cpu_ns;
    out->kind_count[verdict.kind]++;
}

static int dearest_first(const void *left, const void *right)
{
    const struct sj_repeat *a = left;
    const struct sj_repeat *b = right;
    if (a->wasted_ns != b->wasted_ns) {
        return a->wasted_ns > b->wasted_ns ? -1 : 1;
    }
    if (a->wasted != b->wasted) {
        return a->wasted > b->wasted ? -1 : 1;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void group(const struct sj_view *view, const struct misses *misses, struct sj_repeats *out)
{
    struct sj_earlier_set set = {0};
    for (size_t i = 0; i < misses->count; i++) {
        sj_earlier_add(&set, &misses->items[i].item);
    }
    sj_earlier_sort(&set);
    out->items = sj_calloc(misses->count + 1, sizeof *out->items);
    for (size_t i = 0; i < misses->count;) {
        uint32_t state = misses->items[i].item.state;
        struct sj_repeat repeat = {.first_ns = misses->items[i].item.start_ns};
        for (; i < misses->count && misses->items[i].item.state == state; i++) {
            const struct miss *miss = &misses->items[i];
            repeat.unit = miss->item.unit;
            repeat.last_ns = miss->item.start_ns;
            repeat.compiles++;
            note_machine(&repeat, miss->item.machine);
            judge(view, &set, miss, &repeat, out);
        }
        if (repeat.wasted > 0) {
            out->items[out->count++] = repeat;
        }
    }
    sj_earlier_release(&set);
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof *out->items, dearest_first);
    }
}

int sj_repeats_find(const struct sj_view *view, const bool *is_wanted, struct sj_repeats *out)
{
    *out = (struct sj_repeats){0};
    struct misses misses = {0};
    int status = gather(view, is_wanted, &misses);
    keep_repeats(&misses);
    if (status == 0 && misses.count > 0) {
        qsort(misses.items, misses.count, sizeof *misses.items, by_state);
        status = find_remotes(view, &misses);
    }
    if (status == 0) {
        group(view, &misses, out);
    }
    free(misses.items);
    return status;
}
