// SPDX-License-Identifier: Apache-2.0
// The waterfall of a build: its actions in lanes, how many of each class ran at once, and where its
// wall time went.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/build_parts.h"
#include "dash/causes.h"
#include "trace/lanes.h"

#define BARS     1000 // drawn; the longest ones
#define BARS_MAX 20000
#define BUCKETS  120

static const struct {
    const char *name;
    const char *text;
    unsigned colour; // as in bars.js
} bars[SJ_BAR_COUNT] = {
    [SJ_BAR_NECESSARY] = {"necessary", "necessary misses", 1},
    [SJ_BAR_REDUNDANT] = {"redundant", "redundant misses", 2},
    [SJ_BAR_BYPASS] = {"bypass", "not a thing to cache", 3},
    [SJ_BAR_FAILED] = {"failed", "compiler failed", 4},
    [SJ_BAR_ERROR] = {"error", "cache failed", 5},
    [SJ_BAR_HIT] = {"hit", "hits", 8},
};

const char *sj_bar_name(enum sj_bar bar)
{
    return bars[bar].name;
}

enum sj_bar sj_bar_of(const struct sj_build_page *page, size_t index)
{
    static const enum sj_bar of_outcome[SJ_OUTCOME_COUNT] = {
        [SJ_OUTCOME_HIT] = SJ_BAR_HIT,       [SJ_OUTCOME_MISS] = SJ_BAR_NECESSARY,
        [SJ_OUTCOME_BYPASS] = SJ_BAR_BYPASS, [SJ_OUTCOME_FAILED] = SJ_BAR_FAILED,
        [SJ_OUTCOME_ERROR] = SJ_BAR_ERROR,
    };
    uint8_t outcome = page->trace.samples[index].outcome;
    if (outcome == 0 || outcome >= SJ_OUTCOME_COUNT) {
        return SJ_BAR_ERROR;
    }
    bool is_redundant =
        outcome == SJ_OUTCOME_MISS && strcmp(page->trace.actions[index].group, "redundant") == 0;
    return is_redundant ? SJ_BAR_REDUNDANT : of_outcome[outcome];
}

/** An action in its lane. */
struct bar {
    size_t index; // of the action
    uint64_t start_ns;
    uint64_t end_ns;
    uint32_t lane;
};

static int by_start(const void *left, const void *right)
{
    const struct bar *a = left;
    const struct bar *b = right;
    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static int longest_first(const void *left, const void *right)
{
    const struct bar *a = left;
    const struct bar *b = right;
    uint64_t a_ns = a->end_ns - a->start_ns;
    uint64_t b_ns = b->end_ns - b->start_ns;
    return a_ns != b_ns ? (a_ns > b_ns ? -1 : 1) : by_start(left, right);
}

// All actions, in lanes, by start.
static struct bar *make_bars(const struct sj_build_page *page, uint32_t *lanes)
{
    size_t count = page->trace.count;
    struct bar *all = sj_calloc(count + 1, sizeof *all);
    SJ_AUTO(sj_auto_free) struct sj_lane_item *items = sj_calloc(count + 1, sizeof *items);
    SJ_AUTO(sj_auto_free) uint32_t *places = sj_calloc(count + 1, sizeof *places);
    for (size_t i = 0; i < count; i++) {
        const struct sj_sample *sample = &page->trace.samples[i];
        all[i] = (struct bar){
            .index = i,
            .start_ns = sample->start_ns,
            .end_ns = sample->start_ns + sample->wall_ns,
        };
    }
    qsort(all, count, sizeof *all, by_start);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct sj_lane_item){all[i].start_ns, all[i].end_ns};
    }
    *lanes = sj_lanes_pack(items, count, places);
    for (size_t i = 0; i < count; i++) {
        all[i].lane = places[i];
    }
    return all;
}

// What a bar is coloured by: a miss by its cause, but what was compiled in vain is one thing.
static const char *colour_class(const struct sj_build_page *page, size_t index)
{
    enum sj_bar bar = sj_bar_of(page, index);
    const char *label =
        bar == SJ_BAR_NECESSARY ? sj_cause_label(page->trace.actions[index].cause) : NULL;
    return label ? label : sj_bar_name(bar);
}

// What cannot be seen anyway is left out first.
static void add_waterfall(const struct sj_build_page *page, struct bar *all, uint32_t lanes)
{
    struct sj_dash_call *call = page->call;
    size_t count = page->trace.count;
    size_t rows = sj_dash_rows(call, BARS, BARS_MAX);
    rows = rows < count ? rows : count;
    if (rows < count) {
        qsort(all, count, sizeof *all, longest_first);
        qsort(all, rows, sizeof *all, by_start);
    }
    struct sj_doc_table *table = sj_doc_table(call->doc, "waterfall", "Actions in their lanes");
    sj_doc_column(table, "name", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "lane", "Lane", SJ_DOC_COUNT);
    sj_doc_column(table, "start", "Began after", SJ_DOC_SPAN);
    sj_doc_column(table, "length", "Wall time", SJ_DOC_SPAN);
    sj_doc_column(table, "why", "Why", SJ_DOC_TEXT);
    sj_doc_data_column(table, "class", "Class", SJ_DOC_TEXT);
    sj_doc_column(table, "cause", "Cause", SJ_DOC_TEXT);
    sj_doc_empty(table, "The records of this build are gone, only its sums are left.");
    for (size_t i = 0; i < rows; i++) {
        const struct sj_sample *sample = &page->trace.samples[all[i].index];
        const char *because = page->trace.actions[all[i].index].because;
        sj_cell_unit(call, table, sample->unit);
        sj_doc_value(table, all[i].lane, NULL);
        sj_doc_value(table, (double)(all[i].start_ns - page->start_ns), NULL);
        sj_doc_value(table, (double)(all[i].end_ns - all[i].start_ns), NULL);
        sj_doc_cell(table, colour_class(page, all[i].index), NULL);
        sj_doc_cell(table, sj_bar_name(sj_bar_of(page, all[i].index)), NULL);
        sj_doc_cell(table, *because ? because : NULL, NULL);
        if (page->is_on_path[all[i].index]) {
            sj_doc_row_mark(table, "critical path");
        }
    }
    char summary[240];
    (void)snprintf(
        summary, sizeof summary,
        "%zu actions in %u lanes: %llu hits, %llu necessary and %llu redundant misses.%s", count,
        lanes, (unsigned long long)page->count[SJ_BAR_HIT],
        (unsigned long long)page->count[SJ_BAR_NECESSARY],
        (unsigned long long)page->count[SJ_BAR_REDUNDANT],
        page->path_count > 0 ? " What is framed is on the critical path." : "");
    sj_doc_chart(table, SJ_CHART_WATERFALL, summary);
    sj_dash_say_left(call, rows, count, "actions, the longest ones,");
}

static void add_concurrency(const struct sj_build_page *page, const struct bar *all)
{
    double sums[BUCKETS][SJ_BAR_COUNT] = {{0}};
    double width = (double)(page->end_ns - page->start_ns) / BUCKETS;
    if (width <= 0) {
        return;
    }
    for (size_t i = 0; i < page->trace.count; i++) {
        enum sj_bar class = sj_bar_of(page, all[i].index);
        double start = (double)(all[i].start_ns - page->start_ns) / width;
        double end = (double)(all[i].end_ns - page->start_ns) / width;
        for (size_t k = (size_t)start; k < BUCKETS && (double)k < end; k++) {
            sums[k][class] += fmin(end, (double)k + 1) - fmax(start, (double)k);
        }
    }
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "concurrency", "Actions that ran at once");
    sj_doc_column(table, "start", "After", SJ_DOC_SPAN);
    for (size_t class = 0; class < SJ_BAR_COUNT; class ++) {
        if (page->count[class] > 0) {
            sj_doc_column(table, bars[class].name, bars[class].text, SJ_DOC_NUMBER);
            sj_doc_column_colour(table, bars[class].colour);
        }
    }
    for (size_t k = 0; k < BUCKETS; k++) {
        sj_doc_value(table, (double)k * width, NULL);
        for (size_t class = 0; class < SJ_BAR_COUNT; class ++) {
            if (page->count[class] > 0) {
                sj_doc_value(table, sums[k][class], NULL);
            }
        }
    }
    sj_doc_chart(table, SJ_CHART_STACK,
                 "How many actions of each class ran at once, from the beginning of the build to "
                 "its end.");
}

/** An action begins or ends. */
struct edge {
    uint64_t time_ns;
    enum sj_bar class;
    int step;
};

static int by_time(const void *left, const void *right)
{
    const struct edge *a = left;
    const struct edge *b = right;
    return a->time_ns != b->time_ns ? (a->time_ns < b->time_ns ? -1 : 1) : a->step - b->step;
}

// A second in which four actions ran is a quarter of a second of each: so that all add up to what
// went by. Returns the time in which nothing ran.
static double weigh(const struct sj_build_page *page, double wall_ns[SJ_BAR_COUNT])
{
    size_t count = page->trace.count;
    SJ_AUTO(sj_auto_free) struct edge *edges = sj_calloc(2 * count + 1, sizeof *edges);
    for (size_t i = 0; i < count; i++) {
        const struct sj_sample *sample = &page->trace.samples[i];
        enum sj_bar class = sj_bar_of(page, i);
        edges[2 * i] = (struct edge){sample->start_ns, class, 1};
        edges[2 * i + 1] = (struct edge){sample->start_ns + sample->wall_ns, class, -1};
    }
    qsort(edges, 2 * count, sizeof *edges, by_time);
    int running[SJ_BAR_COUNT] = {0};
    int all = 0;
    double idle_ns = 0;
    uint64_t at_ns = page->start_ns;
    for (size_t i = 0; i < 2 * count; i++) {
        double passed = (double)(edges[i].time_ns - at_ns);
        idle_ns += all <= 0 ? passed : 0;
        for (size_t class = 0; all > 0 && class < SJ_BAR_COUNT; class ++) {
            wall_ns[class] += passed * running[class] / all;
        }
        running[edges[i].class] += edges[i].step;
        all += edges[i].step;
        at_ns = edges[i].time_ns;
    }
    return idle_ns + (double)(page->end_ns - at_ns);
}

static void add_wall(const struct sj_build_page *page)
{
    double wall_ns[SJ_BAR_COUNT] = {0};
    double idle_ns = weigh(page, wall_ns);
    struct sj_doc_table *table =
        sj_doc_table(page->call->doc, "classes", "Where wall time and CPU went");
    sj_doc_column(table, "class", "Class", SJ_DOC_TEXT);
    sj_doc_column(table, "count", "Actions", SJ_DOC_COUNT);
    sj_doc_column(table, "wall", "Wall time", SJ_DOC_SPAN);
    sj_doc_column(table, "cpu", "CPU", SJ_DOC_SPAN);
    for (size_t class = 0; class < SJ_BAR_COUNT; class ++) {
        if (page->count[class] > 0) {
            sj_doc_cell(table, bars[class].text, NULL);
            sj_doc_value(table, (double)page->count[class], NULL);
            sj_doc_value(table, wall_ns[class], NULL);
            sj_doc_value(table, (double)page->cpu_ns[class], NULL);
        }
    }
    sj_doc_cell(table, "no action ran", NULL);
    sj_doc_value(table, NAN, NULL);
    sj_doc_value(table, idle_ns, NULL);
    sj_doc_value(table, NAN, NULL);
    sj_doc_text(page->call->doc, "Time in which several actions ran is shared among them, so wall "
                                 "time adds up to that of the build.");
}

void sj_build_add_times(const struct sj_build_page *page)
{
    sj_doc_heading(page->call->doc, "actions", "Actions");
    uint32_t lanes = 0;
    SJ_AUTO(sj_auto_free) struct bar *all = make_bars(page, &lanes);
    if (page->trace.count > 0) {
        add_concurrency(page, all);
    }
    add_waterfall(page, all, lanes);
    if (page->trace.count > 0) {
        add_wall(page);
    }
}
