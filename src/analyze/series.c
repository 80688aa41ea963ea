// SPDX-License-Identifier: Apache-2.0
#include "analyze/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/pick.h"
#include "base/clock.h"
#include "base/mem.h"

#define GROUPS_MAX 1000 // of a split, unless the options say so

const struct sj_measure_info sj_measures[SJ_MEASURE_COUNT] = {
    [SJ_MEASURE_CPU] = {"cpu", "CPU if all missed", SJ_UNIT_NS, true, true},
    [SJ_MEASURE_SPENT] = {"spent", "CPU of misses", SJ_UNIT_NS, false, true},
    [SJ_MEASURE_SAVED] = {"saved", "CPU saved by hits", SJ_UNIT_NS, false, true},
    [SJ_MEASURE_HITS] = {"hits", "hits by count", SJ_UNIT_SHARE, false, false},
    [SJ_MEASURE_HITS_CPU] = {"hits-cpu", "hits by CPU", SJ_UNIT_SHARE, false, false},
    [SJ_MEASURE_WALL] = {"wall", "wall time", SJ_UNIT_NS, false, true},
    [SJ_MEASURE_INSTRUCTIONS] = {"instructions", "instructions if all missed", SJ_UNIT_COUNT, true,
                                 false},
    [SJ_MEASURE_UNITS] = {"units", "units", SJ_UNIT_COUNT, true, false},
    [SJ_MEASURE_INPUT_BYTES] = {"input-bytes", "bytes read by all", SJ_UNIT_BYTES, true, false},
    [SJ_MEASURE_OUTPUT_BYTES] = {"output-bytes", "bytes written by all", SJ_UNIT_BYTES, true,
                                 false},
    [SJ_MEASURE_BYPASSED] = {"bypassed", "CPU not cached", SJ_UNIT_NS, false, true},
};

enum sj_measure sj_measure_find(const char *name)
{
    for (int i = 0; i < SJ_MEASURE_COUNT; i++) {
        if (strcmp(sj_measures[i].name, name) == 0) {
            return (enum sj_measure)i;
        }
    }
    return SJ_MEASURE_COUNT;
}

void sj_series_release(struct sj_series *series)
{
    if (series) {
        for (size_t i = 0; i < series->line_count; i++) {
            free(series->lines[i].values);
        }
        free(series->lines);
        free(series->points);
        sj_groups_release(&series->groups);
        *series = (struct sj_series){0};
    }
}

static struct sj_series_line *add_line(struct sj_series *series, enum sj_measure measure,
                                       const char *group, uint32_t number)
{
    series->lines = sj_realloc(series->lines, series->line_count + 1, sizeof *series->lines);
    struct sj_series_line *line = &series->lines[series->line_count++];
    *line = (struct sj_series_line){.measure = measure, .group = group, .group_number = number};
    line->values = sj_calloc(series->point_count, sizeof *line->values);
    for (size_t i = 0; i < series->point_count; i++) {
        line->values[i] = NAN;
    }
    return line;
}

/** What is added up over units. */
enum figure {
    FIGURE_CPU,
    FIGURE_INSTRUCTIONS,
    FIGURE_INPUT_BYTES,
    FIGURE_OUTPUT_BYTES,
    FIGURE_COUNT,
};

static const enum sj_measure figure_measures[FIGURE_COUNT] = {
    [FIGURE_CPU] = SJ_MEASURE_CPU,
    [FIGURE_INSTRUCTIONS] = SJ_MEASURE_INSTRUCTIONS,
    [FIGURE_INPUT_BYTES] = SJ_MEASURE_INPUT_BYTES,
    [FIGURE_OUTPUT_BYTES] = SJ_MEASURE_OUTPUT_BYTES,
};

/** Sums of one group. */
struct sums {
    double figure[FIGURE_COUNT];
    uint32_t unknown[FIGURE_COUNT]; // units of which the figure is not known
    uint32_t units;
};

/** Sums of all groups, as builds go by. */
struct tally {
    struct sj_series *series;
    struct sums *sums;
    size_t size;
};

double sj_series_part(const struct sj_series *series, uint32_t key, enum sj_measure measure)
{
    if (key == SJ_NO_KEY) {
        return 0;
    }
    const struct sj_cost_key *found = &series->costs->keys[key];
    const struct sj_sample *sample = &series->view->samples[found->sample];
    switch (measure) {
    case SJ_MEASURE_CPU:
        return found->cost_ns;
    case SJ_MEASURE_INSTRUCTIONS:
        return (double)sample->instructions;
    case SJ_MEASURE_INPUT_BYTES:
        return (double)sample->input_bytes;
    case SJ_MEASURE_OUTPUT_BYTES:
        return (double)sample->output_bytes;
    case SJ_MEASURE_UNITS:
        return 1;
    case SJ_MEASURE_SPENT:
    case SJ_MEASURE_SAVED:
    case SJ_MEASURE_HITS:
    case SJ_MEASURE_HITS_CPU:
    case SJ_MEASURE_WALL:
    case SJ_MEASURE_BYPASSED:
    case SJ_MEASURE_COUNT:
        break;
    }
    return 0;
}

static void add(struct tally *tally, uint32_t key, int sign)
{
    if (key == SJ_NO_KEY) {
        return;
    }
    uint32_t group = sj_groups_of(&tally->series->groups, key);
    if (group == SJ_NO_GROUP) {
        return;
    }
    if (group >= tally->size) {
        size_t size = (size_t)group * 2 + 16;
        tally->sums = sj_realloc(tally->sums, size, sizeof *tally->sums);
        memset(tally->sums + tally->size, 0, (size - tally->size) * sizeof *tally->sums);
        tally->size = size;
    }
    struct sums *sums = &tally->sums[group];
    sums->units += (uint32_t)sign;
    for (int i = 0; i < FIGURE_COUNT; i++) {
        double value = sj_series_part(tally->series, key, figure_measures[i]);
        sums->figure[i] += sign * value;
        sums->unknown[i] += value > 0 ? 0 : (uint32_t)sign;
    }
}

static void write_sums(const struct tally *tally, size_t point)
{
    for (size_t i = 0; i < tally->series->line_count; i++) {
        struct sj_series_line *line = &tally->series->lines[i];
        uint32_t group = line->group_number;
        if (group >= tally->size || tally->sums[group].units == 0) {
            continue;
        }
        const struct sums *sums = &tally->sums[group];
        if (line->measure == SJ_MEASURE_UNITS) {
            line->values[point] = sums->units;
        }
        for (int j = 0; j < FIGURE_COUNT; j++) {
            // A compile too short for a clock counts as nothing, not as unknown.
            bool is_known = j == FIGURE_CPU || sums->unknown[j] == 0;
            if (line->measure == figure_measures[j] && is_known && sums->figure[j] > 0) {
                line->values[point] = sums->figure[j];
            }
        }
    }
}

void sj_series_start(struct sj_series *series, struct sj_roster *roster)
{
    if (series->is_complete) {
        return;
    }
    SJ_AUTO(sj_auto_free) size_t *builds = sj_calloc(series->point_count + 1, sizeof *builds);
    for (size_t i = 0; i < series->point_count; i++) {
        builds[i] = series->points[i].build;
    }
    series->is_complete = sj_roster_seed(roster, builds, series->point_count) == 0;
}

void sj_series_take(struct sj_series *series, struct sj_roster *roster, size_t point)
{
    struct sj_series_point *at = &series->points[point];
    roster->change_count = 0;
    if (!(series->view->builds[at->build].build.flags & SJ_BUILD_EXPIRED)) {
        at->named = sj_roster_take(roster, at->build);
    }
}

// Runs all builds through a roster; with lines there, their values are written.
static void run(struct tally *tally)
{
    struct sj_series *series = tally->series;
    SJ_AUTO(sj_roster_release) struct sj_roster roster;
    sj_roster_init(&roster, series->view, series->costs);
    sj_series_start(series, &roster);
    for (size_t i = 0; i < roster.change_count; i++) {
        add(tally, roster.changes[i].after, 1);
    }
    for (size_t i = 0; i < series->point_count; i++) {
        sj_series_take(series, &roster, i);
        for (size_t j = 0; j < roster.change_count; j++) {
            add(tally, roster.changes[j].before, -1);
            add(tally, roster.changes[j].after, 1);
        }
        const struct sj_build *build = &series->view->builds[series->points[i].build].build;
        if (!(build->flags & SJ_BUILD_EXPIRED)) {
            write_sums(tally, i);
        }
    }
}

static double share(uint64_t part, uint64_t rest)
{
    return part + rest > 0 ? (double)part / (double)(part + rest) : NAN;
}

// `most` is the number of units of the largest build.
static double of_build(const struct sj_build *build, enum sj_measure measure, uint64_t most)
{
    uint64_t hits = build->count[SJ_OUTCOME_HIT];
    uint64_t misses = build->count[SJ_OUTCOME_MISS];
    uint64_t spent_ns = build->cpu_ns[SJ_OUTCOME_MISS];
    switch (measure) {
    case SJ_MEASURE_SPENT:
        return (double)spent_ns;
    case SJ_MEASURE_SAVED:
        return (double)build->saved_ns;
    case SJ_MEASURE_HITS:
        return share(hits, misses);
    case SJ_MEASURE_HITS_CPU:
        return share(build->saved_ns, spent_ns);
    case SJ_MEASURE_WALL:
        return build->wall_ns ? (double)build->wall_ns : NAN;
    case SJ_MEASURE_BYPASSED:
        return (double)build->cpu_ns[SJ_OUTCOME_BYPASS];
    case SJ_MEASURE_CPU:
        // Of a build whose records are gone, the sums say what it would have cost on its machine,
        // if it was no small one in a used work tree.
        return build->flags & SJ_BUILD_EXPIRED && build->units * 2 > most
                   ? (double)(spent_ns + build->saved_ns)
                   : NAN;
    case SJ_MEASURE_INSTRUCTIONS:
    case SJ_MEASURE_UNITS:
    case SJ_MEASURE_INPUT_BYTES:
    case SJ_MEASURE_OUTPUT_BYTES:
    case SJ_MEASURE_COUNT:
        break;
    }
    return NAN;
}

static void fill_measures(struct sj_series *series, uint32_t only)
{
    uint32_t all = 0; // the first group that the tally names
    uint64_t most = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        uint64_t units = series->view->builds[series->points[i].build].build.units;
        most = units > most ? units : most;
    }
    for (int i = 0; i < SJ_MEASURE_COUNT; i++) {
        enum sj_measure measure = (enum sj_measure)i;
        struct sj_series_line *line = add_line(series, measure, "", all);
        for (size_t j = 0; !only && j < series->point_count; j++) {
            const struct sj_series_point *point = &series->points[j];
            line->values[j] = of_build(&series->view->builds[point->build].build, measure, most);
        }
    }
    struct tally tally = {.series = series};
    run(&tally);
    free(tally.sums);
}

static void fill_phases(struct sj_series *series)
{
    for (size_t i = 0; i < series->point_count; i++) {
        const struct sj_build *build = &series->view->builds[series->points[i].build].build;
        for (size_t j = 0; j < build->phase_count; j++) {
            const struct sj_phase *phase = &build->phases[j];
            size_t at = 0;
            while (at < series->line_count && strcmp(series->lines[at].group, phase->name) != 0) {
                at++;
            }
            if (at == series->line_count) {
                (void)add_line(series, SJ_MEASURE_WALL, phase->name, SJ_NO_GROUP);
            }
            double *value = &series->lines[at].values[i];
            *value = (isnan(*value) ? 0 : *value) + (double)phase->wall_ns;
        }
    }
}

/** A group and what it costs, for choosing. */
struct ranked {
    uint32_t group;
    double cost;
};

static int dearest_first(const void *a, const void *b)
{
    const struct ranked *left = a;
    const struct ranked *right = b;
    if (left->cost != right->cost) {
        return left->cost < right->cost ? 1 : -1;
    }
    return (left->group > right->group) - (left->group < right->group);
}

// The groups that cost most at the end get a line each.
static void choose_groups(struct sj_series *series, size_t max)
{
    struct tally tally = {.series = series};
    run(&tally);
    size_t count = series->groups.count;
    SJ_AUTO(sj_auto_free) struct ranked *ranked = sj_calloc(count + 1, sizeof *ranked);
    for (size_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){(uint32_t)i, tally.sums[i].figure[FIGURE_CPU]};
    }
    qsort(ranked, count, sizeof *ranked, dearest_first);
    for (size_t i = 0; i < count && i < max; i++) {
        uint32_t group = ranked[i].group;
        (void)add_line(series, SJ_MEASURE_CPU, series->groups.names[group], group);
    }
    series->groups_left_out = count > max ? count - max : 0;
    free(tally.sums);
}

void sj_series_find(const struct sj_view *view, const struct sj_costs *costs,
                    const struct sj_series_options *options, struct sj_series *out)
{
    *out = (struct sj_series){.view = view, .costs = costs};
    sj_groups_init(&out->groups, view, costs, options->by, options->only);
    sj_series_pick(view, options, out);
    if (out->point_count == 0) {
        return;
    }
    if (options->by == SJ_BY_NOTHING) {
        fill_measures(out, options->only);
        return;
    }
    if (options->by == SJ_BY_PHASE) {
        fill_phases(out);
        return;
    }
    choose_groups(out, options->max_groups ? options->max_groups : GROUPS_MAX);
    struct tally tally = {.series = out};
    run(&tally);
    free(tally.sums);
}
