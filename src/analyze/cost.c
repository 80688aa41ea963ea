// SPDX-License-Identifier: Apache-2.0
#include "analyze/cost.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/machine.h"
#include "analyze/noise.h"
#include "base/mem.h"

void sj_costs_release(struct sj_costs *costs)
{
    if (costs) {
        free(costs->key_of);
        free(costs->unit_of);
        free(costs->keys);
        free(costs->machines);
        *costs = (struct sj_costs){0};
    }
}

/** Keys under construction: a table of places, open addressing. */
struct table {
    struct sj_costs *costs;
    uint32_t *slots; // place + 1; 0: empty
    size_t mask;
    size_t key_size; // allocated of costs->keys
    uint32_t *last;  // each unit's latest key: most builds repeat it
};

static size_t hash_of(uint32_t unit, uint32_t state, uint32_t config, uint64_t own_ns)
{
    uint64_t hash = ((uint64_t)unit << 32 | state) * 0x9e3779b97f4a7c15u;
    hash ^= (hash >> 29) ^ ((uint64_t)config * 0xbf58476d1ce4e5b9u) ^ own_ns;
    hash *= 0x94d049bb133111ebu;
    return (size_t)(hash ^ (hash >> 32));
}

static bool is_key(const struct sj_cost_key *key, const struct sj_sample *sample, uint64_t own_ns)
{
    return key->unit == sample->unit && key->state == sample->state &&
           key->config == sample->config && key->own_ns == own_ns;
}

static void grow(struct table *table)
{
    size_t size = table->mask ? (table->mask + 1) * 2 : 4096;
    free(table->slots);
    table->slots = sj_calloc(size, sizeof *table->slots);
    table->mask = size - 1;
    for (size_t i = 0; i < table->costs->key_count; i++) {
        const struct sj_cost_key *key = &table->costs->keys[i];
        size_t at = hash_of(key->unit, key->state, key->config, key->own_ns) & table->mask;
        while (table->slots[at]) {
            at = (at + 1) & table->mask;
        }
        table->slots[at] = (uint32_t)i + 1;
    }
}

static uint32_t add_key(struct table *table, const struct sj_sample *sample, uint64_t own_ns)
{
    struct sj_costs *costs = table->costs;
    if (costs->key_count == table->key_size) {
        table->key_size = table->key_size ? table->key_size * 2 : 1024;
        costs->keys = sj_realloc(costs->keys, table->key_size, sizeof *costs->keys);
    }
    costs->keys[costs->key_count] = (struct sj_cost_key){
        .unit = sample->unit,
        .state = sample->state,
        .config = sample->config,
        .own_ns = own_ns,
    };
    return (uint32_t)costs->key_count++;
}

static uint32_t find_key(struct table *table, const struct sj_sample *sample)
{
    uint64_t own_ns = sample->state                       ? 0
                      : sample->outcome == SJ_OUTCOME_HIT ? sample->saved_ns
                                                          : sample->cpu_ns;
    uint32_t *last = &table->last[sample->unit];
    if (*last != SJ_NO_KEY && is_key(&table->costs->keys[*last], sample, own_ns)) {
        return *last;
    }
    if ((table->costs->key_count + 1) * 2 > table->mask) {
        grow(table);
    }
    size_t at = hash_of(sample->unit, sample->state, sample->config, own_ns) & table->mask;
    while (table->slots[at]) {
        uint32_t place = table->slots[at] - 1;
        if (is_key(&table->costs->keys[place], sample, own_ns)) {
            *last = place;
            return place;
        }
        at = (at + 1) & table->mask;
    }
    uint32_t place = add_key(table, sample, own_ns);
    table->slots[at] = place + 1;
    *last = place;
    return place;
}

// What failed cost something, too, but says nothing of what the unit costs.
static bool is_compiled(const struct sj_sample *sample)
{
    return sample->unit != 0 && sample->exit_status == 0 &&
           (sample->outcome == SJ_OUTCOME_HIT || sample->outcome == SJ_OUTCOME_MISS);
}

static void measure_log(struct sj_measurements *all, uint32_t key, uint32_t build, double log_ns)
{
    if (all->count == all->size) {
        all->size = all->size ? all->size * 2 : 4096;
        all->list = sj_realloc(all->list, all->size, sizeof *all->list);
    }
    all->list[all->count++] = (struct sj_measurement){
        .key = key,
        .build = build,
        .log_ns = log_ns,
    };
}

static void measure(struct sj_measurements *all, uint32_t key, uint32_t build, uint64_t cpu_ns)
{
    measure_log(all, key, build, log((double)cpu_ns));
}

// `outside` takes what an audit tells of the compile that made the result, when that is older than
// the view.
static void take_sample(struct table *table, uint32_t build, uint32_t index,
                        const struct sj_sample *sample, struct sj_measurements *all,
                        struct sj_measurements *outside)
{
    struct sj_costs *costs = table->costs;
    bool is_audit = (sample->flags & SJ_RECORD_AUDIT) != 0;
    costs->unit_of[index] = sample->unit;
    costs->audits += is_audit;
    costs->audits_differed += (sample->flags & SJ_RECORD_DIFFERS) != 0;
    costs->audits_ns += is_audit ? sample->cpu_ns : 0;
    if (!is_compiled(sample)) {
        costs->key_of[index] = SJ_NO_KEY;
        return;
    }
    uint32_t place = find_key(table, sample);
    struct sj_cost_key *key = &costs->keys[place];
    costs->key_of[index] = place;
    if (is_audit && key->compiles == 0 && sample->saved_ns > 0) {
        measure(outside, place, UINT32_MAX, sample->saved_ns);
    }
    if (sample->cpu_ns > 0) {
        measure(all, place, build, sample->cpu_ns);
        key->compiles++;
        key->sample = index;
        key->build = build;
    } else if (key->compiles == 0) {
        key->sample = index;
        key->build = build;
        key->cost_ns = (double)sample->saved_ns;
    }
}

static void find_keys(const struct sj_view *view, struct sj_costs *costs,
                      struct sj_measurements *all)
{
    // A build's samples are sorted by unit.
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        uint32_t unit = build->count ? view->samples[build->first + build->count - 1].unit : 0;
        costs->unit_end = unit >= costs->unit_end ? unit + 1 : costs->unit_end;
    }
    struct table table = {.costs = costs};
    table.last = sj_calloc((size_t)costs->unit_end + 1, sizeof *table.last);
    for (size_t i = 0; i < costs->unit_end; i++) {
        table.last[i] = SJ_NO_KEY;
    }
    struct sj_measurements outside = {0};
    costs->key_of = sj_calloc(view->sample_count + 1, sizeof *costs->key_of);
    costs->unit_of = sj_calloc(view->sample_count + 1, sizeof *costs->unit_of);
    for (size_t build = 0; build < view->build_count; build++) {
        size_t end = view->builds[build].first + view->builds[build].count;
        for (size_t i = view->builds[build].first; i < end; i++) {
            take_sample(&table, (uint32_t)build, (uint32_t)i, &view->samples[i], all, &outside);
        }
    }
    for (size_t i = 0; i < outside.count; i++) {
        measure_log(all, outside.list[i].key, (uint32_t)view->build_count, outside.list[i].log_ns);
    }
    free(outside.list);
    free(table.slots);
    free(table.last);
}

// Medians of what each key's compiles cost once the machines are taken off.
static void find_costs(const struct sj_measurements *all, struct sj_costs *costs)
{
    SJ_AUTO(sj_auto_free) size_t *first = sj_calloc(costs->key_count + 2, sizeof *first);
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(all->count + 1, sizeof *values);
    for (size_t i = 0; i < all->count; i++) {
        first[all->list[i].key + 2]++;
    }
    for (size_t i = 0; i < costs->key_count; i++) {
        first[i + 2] += first[i + 1];
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct sj_measurement *one = &all->list[i];
        values[first[one->key + 1]++] = one->log_ns - costs->machines[one->build].factor;
    }
    for (size_t i = 0; i < costs->key_count; i++) {
        size_t count = first[i + 1] - first[i];
        if (count > 0) {
            costs->keys[i].cost_ns = exp(sj_noise_median(&values[first[i]], count));
        }
    }
}

void sj_costs_find(const struct sj_view *view, struct sj_costs *out)
{
    *out = (struct sj_costs){0};
    struct sj_measurements all = {0};
    find_keys(view, out, &all);
    out->machines = sj_calloc(view->build_count + 1, sizeof *out->machines);
    sj_machines_find(view, &all, out);
    find_costs(&all, out);
    free(all.list);
}
