// SPDX-License-Identifier: Apache-2.0
// The page "units".
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/scope.h"

#define ROWS_PEOPLE   50
#define ROWS_PROGRAMS 100000
#define BUILDS_MAX    300 // that are looked at
#define SAMPLES_MAX   UINT64_C(400000)
#define SPARK         24 // compiles of a small drawing

/** What is known of a unit. */
struct told {
    uint32_t unit;
    uint32_t config;
    uint64_t hits;
    uint64_t misses;
    uint64_t spent_ns;
    uint64_t saved_ns;
    uint64_t cpu_ns;   // of one compile, the latest that is known
    uint64_t known_ns; // when that was
    double recent[SPARK];
    size_t recent_count; // of all; the last SPARK of them are in recent, in a ring
};

/** Units under way. */
struct units {
    struct told *items;
    size_t count;
    size_t size;
    uint32_t *place; // by number: place and one
    size_t place_size;
};

static struct told *get(struct units *units, uint32_t unit)
{
    if (unit >= units->place_size) {
        size_t size = (size_t)unit * 2 + 64;
        units->place = sj_realloc(units->place, size, sizeof *units->place);
        memset(units->place + units->place_size, 0,
               (size - units->place_size) * sizeof *units->place);
        units->place_size = size;
    }
    if (units->place[unit] == 0) {
        if (units->count == units->size) {
            units->size = units->size ? 2 * units->size : 256;
            units->items = sj_realloc(units->items, units->size, sizeof *units->items);
        }
        units->items[units->count++] = (struct told){.unit = unit};
        units->place[unit] = (uint32_t)units->count;
    }
    return &units->items[units->place[unit] - 1];
}

static void add(struct units *units, const struct sj_sample *sample)
{
    bool is_hit = sample->outcome == SJ_OUTCOME_HIT;
    uint64_t cpu_ns = is_hit ? sample->saved_ns : sample->cpu_ns;
    struct told *told = get(units, sample->unit);
    told->config = sample->config ? sample->config : told->config;
    told->hits += is_hit;
    told->misses += !is_hit;
    told->saved_ns += sample->saved_ns;
    told->spent_ns += is_hit ? 0 : sample->cpu_ns;
    if (cpu_ns > 0 && sample->start_ns >= told->known_ns) {
        told->cpu_ns = cpu_ns;
        told->known_ns = sample->start_ns;
    }
    if (!is_hit) {
        told->recent[told->recent_count++ % SPARK] = (double)sample->cpu_ns;
    }
}

static bool is_of_toolchain(const struct sj_scope *scope, const struct told *told)
{
    const char *wanted = scope->call->query->parameter[SJ_DASH_TOOLCHAIN];
    if (!wanted) {
        return true;
    }
    struct sj_db_config config;
    return sj_db_config(scope->view.db, told->config, &config) == 0 &&
           strcmp(sj_db_text(scope->view.db, config.toolchain), wanted) == 0;
}

/** A column by which units are sorted before any are left out. */
struct order {
    const char *name;
    double (*key)(const struct told *told);
    bool is_up;
};

static double by_spent(const struct told *told)
{
    return (double)told->spent_ns;
}

static double by_cpu(const struct told *told)
{
    return (double)told->cpu_ns;
}

static double by_misses(const struct told *told)
{
    return (double)told->misses;
}

static double by_saved(const struct told *told)
{
    return (double)told->saved_ns;
}

static double by_hits(const struct told *told)
{
    return (double)told->hits;
}

static const struct order orders[] = {
    {.name = "spent_cpu_ns", .key = by_spent}, {.name = "cpu_ns", .key = by_cpu},
    {.name = "misses", .key = by_misses},      {.name = "saved_cpu_ns", .key = by_saved},
    {.name = "hits", .key = by_hits},
};

static struct order order_of(const struct sj_dash_call *call)
{
    struct order found = orders[0];
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (sj_dash_sorts_by(call, orders[i].name, &found.is_up)) {
            found.key = orders[i].key;
        }
    }
    return found;
}

static int by_order(const void *left, const void *right, void *user)
{
    const struct order *order = user;
    const struct told *a = left;
    const struct told *b = right;
    int down = (order->key(a) < order->key(b)) - (order->key(a) > order->key(b));
    if (down != 0) {
        return order->is_up ? -down : down;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void add_row(const struct sj_scope *scope, struct sj_doc_table *table,
                    const struct told *told)
{
    sj_unit_cells(scope->call, table, scope->view.db, told->unit);
    sj_doc_value(table, told->cpu_ns ? (double)told->cpu_ns : NAN, NULL);
    sj_doc_value(table, (double)told->misses, NULL);
    sj_doc_value(table, (double)told->spent_ns, NULL);
    sj_doc_value(table, (double)told->hits, NULL);
    sj_doc_value(table, (double)told->saved_ns, NULL);
    sj_doc_value(table, (double)told->misses / (double)(told->misses + told->hits), NULL);
    double recent[SPARK];
    size_t count = told->recent_count < SPARK ? told->recent_count : SPARK;
    for (size_t i = 0; i < count; i++) {
        recent[i] = told->recent[(told->recent_count - count + i) % SPARK];
    }
    sj_doc_spark(table, recent, count);
}

static void add_table(const struct sj_scope *scope, struct units *units)
{
    const struct sj_dash_call *call = scope->call;
    struct sj_doc_table *table =
        sj_doc_table(call->doc, "units", "Units, by the CPU that their misses took");
    sj_doc_column(table, "unit", "unit", SJ_DOC_TEXT);
    sj_doc_data_column(table, "source", "source", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu_ns", "CPU of a compile", SJ_DOC_SPAN);
    sj_doc_column(table, "misses", "misses", SJ_DOC_COUNT);
    sj_doc_column(table, "spent_cpu_ns", "CPU of misses", SJ_DOC_SPAN);
    sj_doc_column(table, "hits", "hits", SJ_DOC_COUNT);
    sj_doc_column(table, "saved_cpu_ns", "CPU saved", SJ_DOC_SPAN);
    sj_doc_column(table, "miss_rate", "missed", SJ_DOC_SHARE);
    sj_doc_column(table, "recent", "latest compiles", SJ_DOC_SPARK);
    sj_doc_empty(table, "No unit was compiled or found in the cache in these builds.");
    struct order order = order_of(call);
    if (units->count > 0) {
        qsort_r(units->items, units->count, sizeof *units->items, by_order, &order);
    }
    size_t max = sj_dash_rows(call, ROWS_PEOPLE, ROWS_PROGRAMS);
    size_t shown = 0;
    size_t fitting = 0;
    for (size_t i = 0; i < units->count; i++) {
        if (!is_of_toolchain(scope, &units->items[i])) {
            continue;
        }
        fitting++;
        if (shown < max) {
            add_row(scope, table, &units->items[i]);
            shown++;
        }
    }
    sj_dash_say_left(call, shown, fitting, "units");
}

static void add_figures(const struct sj_scope *scope, const struct sj_view *part,
                        const struct units *units)
{
    struct sj_doc *doc = scope->call->doc;
    uint64_t cpu_ns = 0;
    uint64_t misses = 0;
    for (size_t i = 0; i < units->count; i++) {
        cpu_ns += units->items[i].cpu_ns;
        misses += units->items[i].misses;
    }
    sj_doc_figure(doc, "builds", "builds looked at", SJ_DOC_COUNT, (double)part->build_count, NULL);
    sj_doc_figure(doc, "unit_count", "units", SJ_DOC_COUNT, (double)units->count, NULL);
    sj_doc_figure(doc, "cpu_ns", "CPU of compiling each once", SJ_DOC_SPAN, (double)cpu_ns, NULL);
    sj_doc_figure(doc, "misses", "misses", SJ_DOC_COUNT, (double)misses, NULL);
    if (part->build_count < scope->wanted) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "Only the latest %zu of %zu builds are looked at.", part->build_count,
                    scope->wanted);
        sj_doc_note(doc, sj_buf_text(&text));
    }
}

static void add_ways(const struct sj_dash_call *call)
{
    static const char *const ways[][2] = {{"-spent_cpu_ns", "by CPU of misses"},
                                          {"-cpu_ns", "dearest to compile"},
                                          {"-misses", "most missed"}};
    const char *sort = call->query->parameter[SJ_DASH_SORT];
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link_with(call->query, SJ_DASH_SORT, ways[i][0]);
        bool is_now = sort ? strcmp(sort, ways[i][0]) == 0 : i == 0;
        sj_doc_link(call->doc, is_now ? NULL : href, ways[i][1]);
    }
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    int status = sj_scope_load(call, &scope, err);
    if (status < 0) {
        return status;
    }
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_view_release) struct sj_view part = {0};
    status =
        sj_scope_latest(&scope, scope.is_wanted, BUILDS_MAX, SAMPLES_MAX, outcomes, &part, err);
    if (status < 0) {
        return status;
    }
    struct units units = {0};
    for (size_t i = 0; i < part.sample_count; i++) {
        if (part.samples[i].unit) {
            add(&units, &part.samples[i]);
        }
    }
    add_figures(&scope, &part, &units);
    add_ways(call);
    add_table(&scope, &units);
    free(units.items);
    free(units.place);
    return 0;
}

const struct sj_dash_page sj_page_units = {
    .name = "units",
    .title = "Units",
    .subject = NULL,
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
