// SPDX-License-Identifier: Apache-2.0
#include "analyze/around.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/noise.h"
#include "base/mem.h"

#define SIDES        2
#define COLUMNS      (SIDES * SJ_AROUND_BUILDS)
#define KEYS_MAX     ((size_t)16 << 20) // places times columns times units
#define MEDIAN_ERROR 1.2533

void sj_arounds_release(struct sj_arounds *arounds)
{
    if (arounds) {
        free(arounds->places);
        free(arounds->keys);
        *arounds = (struct sj_arounds){0};
    }
}

void sj_around_release(struct sj_around *around)
{
    if (around) {
        free(around->units);
        *around = (struct sj_around){0};
    }
}

static uint32_t *column(const struct sj_arounds *arounds, size_t place, size_t column)
{
    size_t units = (size_t)arounds->series->costs->unit_end + 1;
    return arounds->keys + (place * COLUMNS + column) * units;
}

// Copies the roster into the columns of all places that the point stands beside.
static void keep(const struct sj_arounds *arounds, const struct sj_roster *roster, size_t point)
{
    size_t units = (size_t)arounds->series->costs->unit_end + 1;
    for (size_t i = 0; i < arounds->count; i++) {
        size_t first =
            arounds->places[i] > SJ_AROUND_BUILDS ? arounds->places[i] - SJ_AROUND_BUILDS : 0;
        if (point >= first && point < arounds->places[i] + SJ_AROUND_BUILDS) {
            size_t at = point + SJ_AROUND_BUILDS - arounds->places[i];
            memcpy(column(arounds, i, at), roster->key, units * sizeof *roster->key);
        }
    }
}

void sj_arounds_find(struct sj_series *series, const size_t *places, size_t count,
                     struct sj_arounds *out)
{
    *out = (struct sj_arounds){.series = series};
    size_t units = (size_t)series->costs->unit_end + 1;
    size_t most = KEYS_MAX / (COLUMNS * units);
    if (count > most) {
        places += count - most;
        count = most;
    }
    if (count == 0) {
        return;
    }
    out->count = count;
    out->places = sj_calloc(count, sizeof *out->places);
    memcpy(out->places, places, count * sizeof *places);
    out->keys = sj_calloc(count * COLUMNS * units, sizeof *out->keys);
    memset(out->keys, 0xff, count * COLUMNS * units * sizeof *out->keys); // SJ_NO_KEY
    SJ_AUTO(sj_roster_release) struct sj_roster roster;
    sj_roster_init(&roster, series->view, series->costs);
    sj_series_start(series, &roster);
    for (size_t i = 0; i < series->point_count; i++) {
        sj_series_take(series, &roster, i);
        keep(out, &roster, i);
    }
}

/** One side of a unit. */
struct side {
    double part; // median
    uint32_t keys[SJ_AROUND_BUILDS];
    uint32_t key_count; // different ones
    double measured;    // how often it was measured
};

static struct side side_of(const struct sj_arounds *arounds, enum sj_measure measure, size_t place,
                           size_t first, uint32_t unit)
{
    struct side side = {0};
    double parts[SJ_AROUND_BUILDS];
    size_t count = 0;
    for (size_t i = 0; i < SJ_AROUND_BUILDS; i++) {
        uint32_t key = column(arounds, place, first + i)[unit];
        if (key == SJ_NO_KEY) {
            continue;
        }
        parts[count++] = sj_series_part(arounds->series, key, measure);
        uint32_t known = 0;
        while (known < side.key_count && side.keys[known] != key) {
            known++;
        }
        if (known == side.key_count) {
            side.keys[side.key_count++] = key;
            double compiles = arounds->series->costs->keys[key].compiles;
            side.measured += compiles > 0 ? compiles : 1;
        }
    }
    side.part = sj_noise_median(parts, count);
    return side;
}

/** What one look at a place works with. */
struct look {
    const struct sj_arounds *arounds;
    const struct sj_series_line *line;
    double *by_build; // CPU that each build's measurements put into the change; the last: others
    size_t place;
};

// A build's factor moves all that was measured in it at once.
static void weigh(struct look *look, const struct side *side, double sign)
{
    const struct sj_costs *costs = look->arounds->series->costs;
    for (uint32_t i = 0; i < side->key_count; i++) {
        const struct sj_cost_key *key = &costs->keys[side->keys[i]];
        size_t build = key->compiles > 0 ? key->build : look->arounds->series->view->build_count;
        look->by_build[build] += sign * side->part / side->key_count;
    }
}

static double noise_of(const struct look *look, const struct side *side)
{
    double error = MEDIAN_ERROR * look->arounds->series->costs->sigma * side->part;
    return side->measured > 0 ? error * error / side->measured : 0;
}

static bool counts(const struct look *look, uint32_t key)
{
    return key != SJ_NO_KEY &&
           sj_groups_of(&look->arounds->series->groups, key) == look->line->group_number;
}

static void look_at(struct look *look, uint32_t unit, struct sj_around *out)
{
    const struct sj_arounds *arounds = look->arounds;
    uint32_t before = column(arounds, look->place, SJ_AROUND_BUILDS - 1)[unit];
    uint32_t after = column(arounds, look->place, SJ_AROUND_BUILDS)[unit];
    bool was = counts(look, before);
    bool is = counts(look, after);
    if (before == after || (!was && !is)) {
        return;
    }
    struct sj_around_unit *found = &out->units[out->count++];
    *found = (struct sj_around_unit){.unit = unit, .key_before = SJ_NO_KEY, .key_after = SJ_NO_KEY};
    if (was) {
        struct side side = side_of(arounds, look->line->measure, look->place, 0, unit);
        found->key_before = before;
        found->before = side.part;
        found->variance += noise_of(look, &side);
        weigh(look, &side, -1);
    }
    if (is) {
        struct side side =
            side_of(arounds, look->line->measure, look->place, SJ_AROUND_BUILDS, unit);
        found->key_after = after;
        found->after = side.part;
        found->variance += noise_of(look, &side);
        weigh(look, &side, 1);
    }
    out->change += found->after - found->before;
}

static int largest_first(const void *a, const void *b)
{
    const struct sj_around_unit *left = a;
    const struct sj_around_unit *right = b;
    double left_size = fabs(left->after - left->before);
    double right_size = fabs(right->after - right->before);
    if (left_size != right_size) {
        return left_size < right_size ? 1 : -1;
    }
    return (left->unit > right->unit) - (left->unit < right->unit);
}

static double error_of(const struct look *look, const struct sj_around *around)
{
    const struct sj_costs *costs = look->arounds->series->costs;
    size_t builds = look->arounds->series->view->build_count;
    double variance = 0;
    for (size_t i = 0; i < around->count; i++) {
        variance += around->units[i].variance;
    }
    for (size_t i = 0; i <= builds; i++) {
        double error = i < builds ? costs->machines[i].error : costs->spread;
        variance += pow(look->by_build[i] * error, 2);
    }
    return sqrt(variance);
}

bool sj_around_units(const struct sj_arounds *arounds, const struct sj_series_line *line,
                     size_t place, struct sj_around *out)
{
    *out = (struct sj_around){0};
    struct look look = {.arounds = arounds, .line = line};
    while (look.place < arounds->count && arounds->places[look.place] != place) {
        look.place++;
    }
    if (look.place == arounds->count) {
        return false;
    }
    size_t units = arounds->series->costs->unit_end;
    look.by_build = sj_calloc(arounds->series->view->build_count + 1, sizeof *look.by_build);
    out->units = sj_calloc(units + 1, sizeof *out->units);
    for (uint32_t unit = 0; unit < units; unit++) {
        look_at(&look, unit, out);
    }
    qsort(out->units, out->count, sizeof *out->units, largest_first);
    out->error = sj_measures[line->measure].is_noisy ? error_of(&look, out) : 0;
    free(look.by_build);
    if (out->count == 0) {
        sj_around_release(out);
        return false;
    }
    return true;
}
