// SPDX-License-Identifier: Apache-2.0
#include "analyze/earlier.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sj_earlier_release(struct sj_earlier_set *set)
{
    if (set) {
        free(set->items);
        *set = (struct sj_earlier_set){0};
    }
}

struct sj_earlier sj_earlier_of(const struct sj_build *build, const struct sj_sample *sample,
                                bool reaches_a_remote)
{
    return (struct sj_earlier){
        .start_ns = sample->start_ns,
        .end_ns = sample->start_ns + sample->wall_ns,
        .machine = build->machine,
        .root = build->root,
        .state = sample->state,
        // A hit by stamp has a configuration that says nothing.
        .config = sample->outcome == SJ_OUTCOME_MISS ? sample->config : 0,
        .args = sample->args,
        .unit = sample->unit,
        .build = build->number,
        .reason = sample->reason,
        .is_stored = (sample->flags & SJ_RECORD_STORED) || sample->outcome == SJ_OUTCOME_HIT,
        .is_shared = (sample->flags & SJ_RECORD_SHARED) != 0,
        .reaches_a_remote = reaches_a_remote,
    };
}

void sj_earlier_add(struct sj_earlier_set *set, const struct sj_earlier *item)
{
    if (set->count == set->size) {
        set->size = set->size ? 2 * set->size : 256;
        set->items = sj_realloc(set->items, set->size, sizeof *set->items);
    }
    set->items[set->count++] = *item;
}

static int compare(const void *left, const void *right)
{
    const struct sj_earlier *a = left;
    const struct sj_earlier *b = right;
    if (a->state != b->state) {
        return a->state < b->state ? -1 : 1;
    }
    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    if (a->build != b->build) {
        return a->build < b->build ? -1 : 1;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

void sj_earlier_sort(struct sj_earlier_set *set)
{
    if (set->count > 0) {
        qsort(set->items, set->count, sizeof *set->items, compare);
    }
}

// The first item of a state, or where it would stand.
static size_t lower_bound(const struct sj_earlier_set *set, uint32_t state)
{
    size_t first = 0;
    size_t count = set->count;
    while (count > 0) {
        size_t half = count / 2;
        if (set->items[first + half].state < state) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

const struct sj_earlier *sj_earlier_config(const struct sj_earlier_set *set, uint32_t state)
{
    for (size_t i = lower_bound(set, state); i < set->count && set->items[i].state == state; i++) {
        if (set->items[i].config) {
            return &set->items[i];
        }
    }
    return NULL;
}

/** What an earlier compile of the same says about a miss; the greatest counts. */
enum weight {
    WEIGHT_NONE,
    WEIGHT_NOT_STORED,
    WEIGHT_RACE,
    WEIGHT_BOUND,
    WEIGHT_ELSEWHERE,
    WEIGHT_REMOTE,
    WEIGHT_HERE,
};

static enum weight weigh(const struct sj_earlier *miss, const struct sj_earlier *item)
{
    if (item->end_ns > miss->start_ns) {
        // Of two at the same time the one that began first was necessary.
        return compare(item, miss) < 0 && item->is_stored ? WEIGHT_RACE : WEIGHT_NONE;
    }
    if (!item->is_stored) {
        return WEIGHT_NOT_STORED;
    }
    bool is_here = strcmp(item->machine, miss->machine) == 0;
    bool is_same_tree = is_here && strcmp(item->root, miss->root) == 0;
    if (!item->is_shared && !is_same_tree) {
        // Ephemeral machines have the same path in other hands: then only sharing was missing.
        return strcmp(item->root, miss->root) == 0 ? WEIGHT_ELSEWHERE : WEIGHT_BOUND;
    }
    if (is_here) {
        return WEIGHT_HERE;
    }
    return item->reaches_a_remote && miss->reaches_a_remote ? WEIGHT_REMOTE : WEIGHT_ELSEWHERE;
}

static const struct {
    enum sj_blame_kind kind;
    const char *why;
} verdicts[] = {
    [WEIGHT_NONE] = {SJ_BLAME_KIND_COUNT, ""},
    [WEIGHT_NOT_STORED] = {SJ_BLAME_NOT_STORED, NULL},
    [WEIGHT_RACE] = {SJ_BLAME_RACE, ""},
    [WEIGHT_BOUND] = {SJ_BLAME_NOT_SHARED, "its result was bound to another directory"},
    [WEIGHT_ELSEWHERE] = {SJ_BLAME_NOT_SHARED, "stored on another machine"},
    [WEIGHT_REMOTE] = {SJ_BLAME_EVICTED, "neither here nor at the remote any more"},
    [WEIGHT_HERE] = {SJ_BLAME_EVICTED, "stored on the same machine before"},
};

int sj_earlier_ask(const struct sj_earlier_set *set, const struct sj_earlier *miss,
                   struct sj_earlier_verdict *out)
{
    enum weight best = WEIGHT_NONE;
    const struct sj_earlier *found = NULL;
    for (size_t i = lower_bound(set, miss->state);
         i < set->count && set->items[i].state == miss->state; i++) {
        const struct sj_earlier *item = &set->items[i];
        if (compare(item, miss) == 0) {
            continue;
        }
        enum weight weight = weigh(miss, item);
        if (weight != WEIGHT_NONE && weight >= best) {
            best = weight;
            found = item;
        }
    }
    if (!found) {
        return SJ_EARLIER_NONE;
    }
    *out = (struct sj_earlier_verdict){
        .kind = verdicts[best].kind,
        .why = verdicts[best].why,
        .of = *found,
    };
    return 0;
}
