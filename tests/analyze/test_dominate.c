// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyze/dominate.h"

#define NONE  SJ_NODE_NONE
#define NODES 8

/** Edges as pairs; {0, 0} ends the list. */
static void analyse(const uint32_t edges[][2], uint32_t count, struct sj_dominators *out)
{
    uint32_t next[NODES + 1] = {0};
    uint32_t to[64];
    uint32_t used = 0;
    for (uint32_t node = 0; node < count; node++) {
        next[node] = used;
        for (size_t i = 0; edges[i][0] || edges[i][1]; i++) {
            if (edges[i][0] == node) {
                to[used++] = edges[i][1];
            }
        }
    }
    next[count] = used;
    struct sj_graph graph = {count, next, to};
    sj_dominate(&graph, out);
}

Test(dominate, every_way_is_looked_at)
{
    static const struct {
        const char *what;
        uint32_t edges[16][2];
        uint32_t count;
        uint32_t parent[NODES];
        uint32_t only[NODES];
    } graphs[] = {
        {"one node", {{0, 0}}, 1, {NONE}, {NONE}},
        {"a chain", {{0, 1}, {1, 2}}, 3, {NONE, 0, 1}, {NONE, 0, 1}},
        {"a diamond",
         {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}},
         5,
         {NONE, 0, 0, 0, 3},
         {NONE, 0, 0, NONE, 3}},
        {"a double edge is one", {{0, 1}, {0, 1}}, 2, {NONE, 0}, {NONE, 0}},
        {"a short cut", {{0, 1}, {1, 2}, {0, 2}}, 3, {NONE, 0, 0}, {NONE, 0, NONE}},
        {"a circle behind", {{0, 1}, {1, 2}, {2, 1}, {2, 3}}, 4, {NONE, 0, 1, 2}, {NONE, 0, 1, 2}},
        {"two ways into a circle",
         {{0, 1}, {0, 2}, {1, 2}, {2, 1}},
         3,
         {NONE, 0, 0},
         {NONE, NONE, NONE}},
        {"out of reach", {{0, 1}, {2, 1}, {2, 3}}, 4, {NONE, 0, NONE, NONE}, {NONE, 0, NONE, NONE}},
        {"irreducible",
         {{0, 1}, {0, 2}, {1, 3}, {2, 4}, {3, 4}, {4, 3}, {4, 5}, {5, 0}},
         6,
         {NONE, 0, 0, 0, 0, 4},
         {NONE, 0, 0, NONE, NONE, 4}},
    };
    for (size_t i = 0; i < sizeof graphs / sizeof graphs[0]; i++) {
        struct sj_dominators found;
        analyse(graphs[i].edges, graphs[i].count, &found);
        for (uint32_t node = 0; node < graphs[i].count; node++) {
            cr_expect_eq(found.parent[node], graphs[i].parent[node], "%s: parent of %u is %u",
                         graphs[i].what, node, found.parent[node]);
            cr_expect_eq(found.only[node], graphs[i].only[node], "%s: only into %u is %u",
                         graphs[i].what, node, found.only[node]);
        }
        sj_dominators_release(&found);
    }
}

// What is reached from node 0 when a node, or an edge, is left out.
static void reach(const struct sj_graph *graph, uint32_t node, uint32_t without,
                  const uint32_t edge[2], bool *is_reached)
{
    if (node == without || is_reached[node]) {
        return;
    }
    is_reached[node] = true;
    for (uint32_t i = graph->next[node]; i < graph->next[node + 1]; i++) {
        if (!edge || edge[0] != node || edge[1] != graph->edges[i]) {
            reach(graph, graph->edges[i], without, edge, is_reached);
        }
    }
}

// Holds a graph against the definitions.
static void check(const struct sj_graph *graph, const struct sj_dominators *found)
{
    bool all[NODES] = {false};
    reach(graph, 0, NONE, NULL, all);
    for (uint32_t over = 0; over < graph->count; over++) {
        bool is_reached[NODES] = {false};
        reach(graph, 0, over, NULL, is_reached);
        for (uint32_t node = 0; node < graph->count; node++) {
            bool is_lost = all[over] && all[node] && !is_reached[node];
            cr_assert_eq(sj_dominates(found, over, node), is_lost);
        }
    }
    for (uint32_t node = 0; node < graph->count; node++) {
        uint32_t only = NONE;
        for (uint32_t from = 0; from < graph->count && node != 0 && all[node]; from++) {
            bool is_reached[NODES] = {false};
            const uint32_t edge[2] = {from, node};
            reach(graph, 0, NONE, edge, is_reached);
            only = is_reached[node] ? only : from;
        }
        cr_assert_eq(found->only[node], only);
    }
}

Test(dominate, agrees_with_the_definition_on_many_graphs)
{
    uint64_t seed = 3;
    for (int round = 0; round < 3000; round++) {
        uint32_t next[NODES + 1] = {0};
        uint32_t to[NODES * NODES];
        uint32_t used = 0;
        for (uint32_t from = 0; from < NODES; from++) {
            next[from] = used;
            for (uint32_t node = 0; node < NODES; node++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                if (seed >> 60 < (uint64_t)(1 + round % 6)) {
                    to[used++] = node;
                }
            }
        }
        next[NODES] = used;
        struct sj_graph graph = {NODES, next, to};
        struct sj_dominators found;
        sj_dominate(&graph, &found);
        check(&graph, &found);
        sj_dominators_release(&found);
    }
}

Test(dominate, a_deep_chain_needs_no_stack)
{
    const uint32_t count = 300000;
    uint32_t *next = calloc(count + 1, sizeof *next);
    uint32_t *to = calloc(count, sizeof *to);
    for (uint32_t i = 0; i < count; i++) {
        next[i] = i;
        to[i] = i + 1;
    }
    next[count] = count - 1;
    struct sj_graph graph = {count, next, to};
    struct sj_dominators found;
    sj_dominate(&graph, &found);
    cr_expect_eq(found.reached, count);
    cr_expect_eq(found.only[count - 1], count - 2);
    cr_expect(sj_dominates(&found, 1, count - 1));
    sj_dominators_release(&found);
    free(next);
    free(to);
}
