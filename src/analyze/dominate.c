// SPDX-License-Identifier: Apache-2.0
#include "analyze/dominate.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

/** What is needed on the way only. */
struct walk {
    uint32_t *number;  // of each node: its place in a walk that leaves children before parents
    uint32_t *order;   // nodes by that number
    uint32_t *sources; // where edges come from, by where they lead to
    uint32_t *from;    // count + 1 places in sources
};

static void release_walk(struct walk *walk)
{
    free(walk->number);
    free(walk->order);
    free(walk->sources);
    free(walk->from);
}

// Depth first without recursion: includes may be nested as deep as somebody likes.
static uint32_t number_nodes(const struct sj_graph *graph, struct walk *walk)
{
    SJ_AUTO(sj_auto_free) uint32_t *stack = sj_calloc(graph->count, sizeof *stack);
    SJ_AUTO(sj_auto_free) uint32_t *at = sj_calloc(graph->count, sizeof *at);
    SJ_AUTO(sj_auto_free) bool *is_seen = sj_calloc(graph->count, sizeof *is_seen);
    uint32_t depth = 1;
    uint32_t reached = 0;
    is_seen[0] = true;
    at[0] = graph->next[0];
    while (depth > 0) {
        uint32_t node = stack[depth - 1];
        if (at[node] == graph->next[node + 1]) {
            walk->number[node] = reached;
            walk->order[reached++] = node;
            depth--;
            continue;
        }
        uint32_t child = graph->edges[at[node]++];
        if (!is_seen[child]) {
            is_seen[child] = true;
            at[child] = graph->next[child];
            stack[depth++] = child;
        }
    }
    return reached;
}

// Counts stand two places on while they are summed up, one while the places are filled.
static void turn_edges(const struct sj_graph *graph, struct walk *walk)
{
    uint32_t edges = graph->next[graph->count];
    walk->from = sj_calloc((size_t)graph->count + 2, sizeof *walk->from);
    walk->sources = sj_calloc((size_t)edges + 1, sizeof *walk->sources);
    for (uint32_t i = 0; i < edges; i++) {
        walk->from[graph->edges[i] + 2]++;
    }
    for (uint32_t i = 2; i < graph->count + 2; i++) {
        walk->from[i] += walk->from[i - 1];
    }
    for (uint32_t node = 0; node < graph->count; node++) {
        for (uint32_t i = graph->next[node]; i < graph->next[node + 1]; i++) {
            walk->sources[walk->from[graph->edges[i] + 1]++] = node;
        }
    }
}

// The last node that both have on every way to them.
static uint32_t meet(const struct walk *walk, const uint32_t *parent, uint32_t a, uint32_t b)
{
    while (a != b) {
        while (walk->number[a] < walk->number[b]) {
            a = parent[a];
        }
        while (walk->number[b] < walk->number[a]) {
            b = parent[b];
        }
    }
    return a;
}

static uint32_t meet_sources(const struct walk *walk, const uint32_t *parent, uint32_t node)
{
    uint32_t found = SJ_NODE_NONE;
    for (uint32_t i = walk->from[node]; i < walk->from[node + 1]; i++) {
        uint32_t source = walk->sources[i];
        if (parent[source] != SJ_NODE_NONE) {
            found = found == SJ_NODE_NONE ? source : meet(walk, parent, source, found);
        }
    }
    return found;
}

static void find_parents(const struct walk *walk, uint32_t reached, uint32_t *parent)
{
    parent[0] = 0;
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (uint32_t i = reached - 1; i-- > 0;) {
            uint32_t node = walk->order[i];
            uint32_t found = meet_sources(walk, parent, node);
            has_changed = has_changed || parent[node] != found;
            parent[node] = found;
        }
    }
    parent[0] = SJ_NODE_NONE;
}

// Numbers the tree so that a subtree is a range. A parent has a higher number in the walk than its
// children, so sizes add up from the first to the last and places from the last to the first.
static void number_tree(const struct walk *walk, struct sj_dominators *out)
{
    SJ_AUTO(sj_auto_free) uint32_t *size = sj_calloc(out->count, sizeof *size);
    SJ_AUTO(sj_auto_free) uint32_t *used = sj_calloc(out->count, sizeof *used);
    for (uint32_t i = 0; i < out->reached; i++) {
        uint32_t node = walk->order[i];
        size[node]++;
        if (node != 0) {
            size[out->parent[node]] += size[node];
        }
    }
    for (uint32_t i = out->reached; i-- > 0;) {
        uint32_t node = walk->order[i];
        if (node != 0) {
            uint32_t parent = out->parent[node];
            out->first[node] = out->first[parent] + 1 + used[parent];
            used[parent] += size[node];
        }
        out->last[node] = out->first[node] + size[node] - 1;
        out->ordered[out->reached - 1 - i] = node;
    }
}

static uint32_t only_source(const struct walk *walk, const struct sj_dominators *out, uint32_t node)
{
    uint32_t found = SJ_NODE_NONE;
    for (uint32_t i = walk->from[node]; i < walk->from[node + 1]; i++) {
        uint32_t source = walk->sources[i];
        // A way that comes from behind the node has been there already.
        if (!sj_dominates(out, 0, source) || sj_dominates(out, node, source) || source == found) {
            continue;
        }
        if (found != SJ_NODE_NONE) {
            return SJ_NODE_NONE;
        }
        found = source;
    }
    return found;
}

void sj_dominate(const struct sj_graph *graph, struct sj_dominators *out)
{
    uint32_t count = graph->count;
    SJ_AUTO(release_walk)
    struct walk walk = {
        .number = sj_calloc(count, sizeof(uint32_t)),
        .order = sj_calloc(count, sizeof(uint32_t)),
    };
    *out = (struct sj_dominators){
        .count = count,
        .parent = sj_calloc(count, sizeof(uint32_t)),
        .only = sj_calloc(count, sizeof(uint32_t)),
        .first = sj_calloc(count, sizeof(uint32_t)),
        .last = sj_calloc(count, sizeof(uint32_t)),
        .ordered = sj_calloc(count, sizeof(uint32_t)),
    };
    for (uint32_t i = 0; i < count; i++) {
        out->parent[i] = SJ_NODE_NONE;
        out->only[i] = SJ_NODE_NONE;
        out->first[i] = SJ_NODE_NONE;
    }
    out->reached = number_nodes(graph, &walk);
    turn_edges(graph, &walk);
    find_parents(&walk, out->reached, out->parent);
    out->first[0] = 0;
    number_tree(&walk, out);
    for (uint32_t i = 1; i < out->reached; i++) {
        uint32_t node = out->ordered[i];
        out->only[node] = only_source(&walk, out, node);
    }
}

void sj_dominators_release(struct sj_dominators *dominators)
{
    if (dominators) {
        free(dominators->parent);
        free(dominators->only);
        free(dominators->first);
        free(dominators->last);
        free(dominators->ordered);
        *dominators = (struct sj_dominators){0};
    }
}

bool sj_dominates(const struct sj_dominators *dominators, uint32_t over, uint32_t node)
{
    uint32_t at = dominators->first[node];
    return at != SJ_NODE_NONE && dominators->first[over] != SJ_NODE_NONE &&
           at >= dominators->first[over] && at <= dominators->last[over];
}
