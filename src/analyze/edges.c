// SPDX-License-Identifier: Apache-2.0
#include "analyze/edges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/dominate.h"
#include "analyze/mentions.h"
#include "analyze/rate.h"
#include "base/mem.h"

#define NONE UINT32_MAX

/** Includes by their ends: a table with open places. */
struct table {
    struct sj_edge *items;
    size_t count;
    uint32_t *places; // place in items and one
    size_t size;      // a power of two
};

/** One unit's includes. Node 0 is the unit itself; the others are the files that it reads. */
struct tree {
    uint32_t count;    // nodes
    uint32_t *file_of; // by node
    uint32_t *next;    // as in struct sj_graph
    uint32_t *edges;
    uint32_t *lines; // by edge: its slot and one; 0: assumed
    uint32_t edge_size;
    uint32_t edge_count;
    uint32_t *stack;
    bool *is_reached;
    uint32_t *loose; // nodes that no include leads to
    uint32_t loose_count;
};

/** What is needed on the way only. */
struct work {
    const struct sj_fanout *fanout;
    const struct sj_replay *replay;
    const struct sj_mentions *slots;
    struct sj_edges *out;
    struct table table;
    struct tree tree;
    uint32_t *node_of;     // by file: its node in the present unit; 0: not there
    uint32_t *visits_next; // by file: where the commits that changed it begin in `visits`
    uint32_t *visits;      // places of commits in the replay
    uint32_t *met;         // by commit of the replay: node and one, where its files meet
    uint32_t *met_commits; // those of met that are set
    size_t met_count;
    uint32_t target; // NONE: all; else only what leads to this file
};

static uint64_t hash_of(uint32_t from, uint32_t to)
{
    uint64_t hash = ((uint64_t)from << 32 | to) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static void table_grow(struct table *table)
{
    size_t size = table->size ? table->size * 2 : 1024;
    free(table->places);
    table->places = sj_calloc(size, sizeof *table->places);
    table->items = sj_realloc(table->items, size / 2 + 1, sizeof *table->items);
    table->size = size;
    for (size_t i = 0; i < table->count; i++) {
        size_t at = hash_of(table->items[i].from, table->items[i].to) & (size - 1);
        while (table->places[at]) {
            at = (at + 1) & (size - 1);
        }
        table->places[at] = (uint32_t)i + 1;
    }
}

static struct sj_edge *table_get(struct table *table, uint32_t from, uint32_t to)
{
    if (table->count * 2 >= table->size) {
        table_grow(table);
    }
    size_t at = hash_of(from, to) & (table->size - 1);
    while (table->places[at]) {
        struct sj_edge *edge = &table->items[table->places[at] - 1];
        if (edge->from == from && edge->to == to) {
            return edge;
        }
        at = (at + 1) & (table->size - 1);
    }
    struct sj_edge *edge = &table->items[table->count++];
    *edge = (struct sj_edge){.from = from, .to = to};
    table->places[at] = (uint32_t)table->count;
    return edge;
}

// Two includes of one file, or one that a compiler told as well, are one.
static bool has_edge(const struct tree *tree, uint32_t from, uint32_t to)
{
    for (uint32_t i = tree->next[from]; i < tree->edge_count; i++) {
        if (tree->edges[i] == to) {
            return true;
        }
    }
    return false;
}

static void add_edge(struct tree *tree, uint32_t to, uint32_t slot)
{
    if (tree->edge_count == tree->edge_size) {
        tree->edge_size = tree->edge_size ? tree->edge_size * 2 : 1024;
        tree->edges = sj_realloc(tree->edges, tree->edge_size, sizeof *tree->edges);
        tree->lines = sj_realloc(tree->lines, tree->edge_size, sizeof *tree->lines);
    }
    tree->edges[tree->edge_count] = to;
    tree->lines[tree->edge_count++] = slot;
}

// The edges of one file in the present unit.
static void add_includes(struct work *work, uint32_t from)
{
    uint32_t file = work->tree.file_of[from];
    const struct sj_mentions *slots = work->slots;
    for (uint32_t i = slots->next[file]; i < slots->next[file + 1]; i++) {
        const struct sj_mention *slot = &slots->items[i];
        const uint32_t *targets = slots->targets + slot->first;
        // A file beside the includer hides all others of the name.
        uint32_t count = slot->is_near && work->node_of[targets[0]] ? 1 : slot->count;
        for (uint32_t j = 0; j < count; j++) {
            uint32_t node = work->node_of[targets[j]];
            if (node && !has_edge(&work->tree, from, node)) {
                add_edge(&work->tree, node, i + 1);
            }
        }
    }
}

static void reach(struct tree *tree, uint32_t from)
{
    uint32_t depth = 0;
    if (!tree->is_reached[from]) {
        tree->is_reached[from] = true;
        tree->stack[depth++] = from;
    }
    while (depth > 0) {
        uint32_t node = tree->stack[--depth];
        for (uint32_t i = tree->next[node]; i < tree->next[node + 1]; i++) {
            uint32_t to = tree->edges[i];
            if (!tree->is_reached[to]) {
                tree->is_reached[to] = true;
                tree->stack[depth++] = to;
            }
        }
    }
}

// Finds what no include leads to: first what nothing names at all, then one of each circle.
static void find_loose(struct tree *tree, uint32_t source)
{
    if (source) {
        reach(tree, source);
    }
    SJ_AUTO(sj_auto_free) bool *is_named = sj_calloc(tree->count, sizeof *is_named);
    for (uint32_t i = 0; i < tree->edge_count; i++) {
        is_named[tree->edges[i]] = true;
    }
    tree->loose_count = 0;
    for (int round = 0; round < 2; round++) {
        for (uint32_t node = 1; node < tree->count; node++) {
            if (!tree->is_reached[node] && (round == 1 || !is_named[node])) {
                tree->loose[tree->loose_count++] = node;
                reach(tree, node);
            }
        }
    }
}

// Lays out the graph of one unit. Node 0 comes last in the making, when it is known what is loose,
// so its edges stand behind all others; `next` is turned to fit.
static void make_tree(struct work *work, const struct sj_fanout_unit *unit)
{
    struct tree *tree = &work->tree;
    tree->count = unit->count + 1;
    tree->edge_count = 0;
    for (uint32_t i = 0; i < unit->count; i++) {
        uint32_t file = work->fanout->reads[unit->first + i];
        work->node_of[file] = i + 1;
        tree->file_of[i + 1] = file;
        tree->is_reached[i + 1] = false;
    }
    tree->next[0] = 0;
    for (uint32_t node = 1; node < tree->count; node++) {
        tree->next[node] = tree->edge_count;
        add_includes(work, node);
    }
    tree->next[tree->count] = tree->edge_count;
    uint32_t source = unit->source != NONE ? work->node_of[unit->source] : 0;
    find_loose(tree, source);
    uint32_t own = tree->loose_count + (source ? 1 : 0);
    for (uint32_t i = 0; i < own; i++) {
        add_edge(tree, 0, 0);
    }
    memmove(tree->edges + own, tree->edges, (tree->edge_count - own) * sizeof *tree->edges);
    memmove(tree->lines + own, tree->lines, (tree->edge_count - own) * sizeof *tree->lines);
    for (uint32_t node = 1; node <= tree->count; node++) {
        tree->next[node] += own;
    }
    memcpy(tree->edges, tree->loose, tree->loose_count * sizeof *tree->edges);
    memset(tree->lines, 0, own * sizeof *tree->lines);
    if (source) {
        tree->edges[own - 1] = source;
    }
    work->out->reads += unit->count;
    work->out->loose += tree->loose_count;
}

static void clear_tree(struct work *work)
{
    for (uint32_t node = 1; node < work->tree.count; node++) {
        work->node_of[work->tree.file_of[node]] = 0;
    }
}

// Notes each include of the unit once, and what would be lost without it.
static void count_edges(struct work *work, const struct sj_dominators *found, uint64_t cpu_ns)
{
    const struct tree *tree = &work->tree;
    for (uint32_t node = 1; node < tree->count; node++) {
        if (!sj_dominates(found, 0, node)) {
            continue;
        }
        for (uint32_t i = tree->next[node]; i < tree->next[node + 1]; i++) {
            const struct sj_mention *slot = &work->slots->items[tree->lines[i] - 1];
            struct sj_edge *edge =
                table_get(&work->table, tree->file_of[node], tree->file_of[tree->edges[i]]);
            bool is_first = edge->units == 0;
            edge->line =
                is_first || (slot->line && slot->line < edge->line) ? slot->line : edge->line;
            edge->is_conditional = (is_first || edge->is_conditional) && slot->is_conditional;
            edge->units++;
        }
        uint32_t only = found->only[node];
        if (work->target == NONE && only != SJ_NODE_NONE && only != 0) {
            struct sj_edge *edge =
                table_get(&work->table, tree->file_of[only], tree->file_of[node]);
            edge->lost++;
            edge->lost_cpu_ns += cpu_ns;
        }
    }
}

// Of one file: every include on the way to it that there is no way round.
static void count_target(struct work *work, const struct sj_dominators *found, uint64_t cpu_ns)
{
    const struct tree *tree = &work->tree;
    uint32_t node = work->node_of[work->target];
    if (!node) {
        return;
    }
    for (; node != SJ_NODE_NONE && node != 0; node = found->parent[node]) {
        uint32_t only = found->only[node];
        if (only != SJ_NODE_NONE && only != 0) {
            struct sj_edge *edge =
                table_get(&work->table, tree->file_of[only], tree->file_of[node]);
            edge->lost++;
            edge->lost_cpu_ns += cpu_ns;
        }
    }
}

// For each commit that touches the unit: the last node that lies on every way to all that it
// touches. Without an include that leads to it, or to what lies before it, the unit would not have
// been compiled.
static void meet_commits(struct work *work, const struct sj_dominators *found)
{
    const struct tree *tree = &work->tree;
    work->met_count = 0;
    for (uint32_t node = 1; node < tree->count; node++) {
        uint32_t file = tree->file_of[node];
        for (uint32_t i = work->visits_next[file]; i < work->visits_next[file + 1]; i++) {
            uint32_t commit = work->visits[i];
            uint32_t meeting = work->met[commit];
            if (meeting == 0) {
                work->met_commits[work->met_count++] = commit;
                work->met[commit] = node + 1;
                continue;
            }
            meeting--;
            while (meeting != 0 && !sj_dominates(found, meeting, node)) {
                meeting = found->parent[meeting];
            }
            work->met[commit] = meeting + 1;
        }
    }
}

static void credit_commits(struct work *work, const struct sj_dominators *found, uint64_t cpu_ns)
{
    meet_commits(work, found);
    for (size_t i = 0; i < work->met_count; i++) {
        uint32_t commit = work->met_commits[i];
        double saved_ns = work->replay->commits[commit].weight * (double)cpu_ns;
        uint32_t node = work->met[commit] - 1;
        work->met[commit] = 0;
        for (; node != SJ_NODE_NONE && node != 0; node = found->parent[node]) {
            uint32_t only = found->only[node];
            if (only != SJ_NODE_NONE && only != 0) {
                table_get(&work->table, work->tree.file_of[only], work->tree.file_of[node])
                    ->window_ns += saved_ns;
            }
        }
    }
}

static void work_unit(struct work *work, const struct sj_fanout_unit *unit)
{
    make_tree(work, unit);
    struct sj_graph graph = {work->tree.count, work->tree.next, work->tree.edges};
    struct sj_dominators found;
    sj_dominate(&graph, &found);
    count_edges(work, &found, unit->cpu_ns);
    if (work->target != NONE) {
        count_target(work, &found, unit->cpu_ns);
    }
    credit_commits(work, &found, unit->cpu_ns);
    sj_dominators_release(&found);
    clear_tree(work);
}

// Which commits changed each file.
static void turn_replay(struct work *work)
{
    const struct sj_replay *replay = work->replay;
    size_t files = work->fanout->file_count;
    size_t total = 0;
    work->visits_next = sj_calloc(files + 2, sizeof *work->visits_next);
    for (size_t i = 0; i < replay->commit_count; i++) {
        for (uint32_t j = 0; j < replay->commits[i].count; j++) {
            work->visits_next[replay->touched[replay->commits[i].first + j] + 2]++;
        }
        total += replay->commits[i].count;
    }
    for (size_t i = 2; i < files + 2; i++) {
        work->visits_next[i] += work->visits_next[i - 1];
    }
    work->visits = sj_calloc(total + 1, sizeof *work->visits);
    for (size_t i = 0; i < replay->commit_count; i++) {
        for (uint32_t j = 0; j < replay->commits[i].count; j++) {
            uint32_t file = replay->touched[replay->commits[i].first + j];
            work->visits[work->visits_next[file + 1]++] = (uint32_t)i;
        }
    }
}

static void prepare(struct work *work)
{
    uint32_t most = 0;
    for (size_t i = 0; i < work->fanout->unit_count; i++) {
        most = work->fanout->units[i].count > most ? work->fanout->units[i].count : most;
    }
    size_t nodes = (size_t)most + 2;
    work->tree.file_of = sj_calloc(nodes, sizeof(uint32_t));
    work->tree.next = sj_calloc(nodes + 1, sizeof(uint32_t));
    work->tree.stack = sj_calloc(nodes, sizeof(uint32_t));
    work->tree.loose = sj_calloc(nodes, sizeof(uint32_t));
    work->tree.is_reached = sj_calloc(nodes, sizeof(bool));
    work->node_of = sj_calloc(work->fanout->file_count + 1, sizeof(uint32_t));
    work->met = sj_calloc(work->replay->commit_count + 1, sizeof(uint32_t));
    work->met_commits = sj_calloc(work->replay->commit_count + 1, sizeof(uint32_t));
    turn_replay(work);
}

static void release_work(struct work *work)
{
    free(work->tree.file_of);
    free(work->tree.next);
    free(work->tree.stack);
    free(work->tree.loose);
    free(work->tree.is_reached);
    free(work->tree.edges);
    free(work->tree.lines);
    free(work->node_of);
    free(work->met);
    free(work->met_commits);
    free(work->visits);
    free(work->visits_next);
    free(work->table.places);
    free(work->table.items);
}

static int compare_edges(const void *left, const void *right)
{
    const struct sj_edge *a = left;
    const struct sj_edge *b = right;
    if (a->month_ns != b->month_ns) {
        return a->month_ns > b->month_ns ? -1 : 1;
    }
    if (a->lost_cpu_ns != b->lost_cpu_ns) {
        return a->lost_cpu_ns > b->lost_cpu_ns ? -1 : 1;
    }
    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }
    return a->to < b->to ? -1 : a->to > b->to;
}

// Of one file only what leads to it stays: includes of it, and those that it is lost without.
static void finish(struct work *work)
{
    struct table *table = &work->table;
    double span = sj_rate_span(work->replay->days);
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct sj_edge *edge = &table->items[i];
        edge->month_ns = span > 0 ? edge->window_ns / span : 0;
        if (work->target == NONE || edge->lost > 0 || edge->to == work->target) {
            table->items[kept++] = *edge;
        }
    }
    work->out->count = kept;
    work->out->items = table->items;
    table->items = NULL;
    if (kept > 0) {
        qsort(work->out->items, kept, sizeof *work->out->items, compare_edges);
    }
}

int sj_edges_to(const struct sj_view *view, const struct sj_headers *headers,
                const struct sj_edge_source *source, uint32_t file, struct sj_edges *out)
{
    *out = (struct sj_edges){0};
    struct sj_mentions slots;
    int status = sj_mentions_make(view, &headers->fanout, headers->commit, source, &slots, out);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(release_work)
    struct work work = {
        .fanout = &headers->fanout,
        .replay = &headers->replay,
        .slots = &slots,
        .out = out,
        .target = file,
    };
    prepare(&work);
    for (size_t i = 0; i < work.fanout->unit_count; i++) {
        work_unit(&work, &work.fanout->units[i]);
    }
    finish(&work);
    sj_mentions_release(&slots);
    return 0;
}

int sj_edges_make(const struct sj_view *view, const struct sj_headers *headers,
                  const struct sj_edge_source *source, struct sj_edges *out)
{
    return sj_edges_to(view, headers, source, NONE, out);
}

void sj_edges_release(struct sj_edges *edges)
{
    if (edges) {
        free(edges->items);
        *edges = (struct sj_edges){0};
    }
}
