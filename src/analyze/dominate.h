// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which nodes of a directed graph lie on every way to which others: what is lost when an edge goes.
 * Source: K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SJ_NODE_NONE UINT32_MAX /**< no node */

/** A graph; node 0 is where all ways begin. Circles and double edges may be. */
struct sj_graph {
    uint32_t count;        /**< nodes */
    const uint32_t *next;  /**< count + 1 places in `edges`: where each node's edges begin */
    const uint32_t *edges; /**< nodes that edges lead to */
};

/** What was found. Zeroed: nothing. */
struct sj_dominators {
    uint32_t count;    /**< nodes */
    uint32_t *parent;  /**< of each: the last node before it that lies on every way to it;
                            SJ_NODE_NONE: the first node, and those that no way leads to */
    uint32_t *only;    /**< of each: the node whose edge to it lies on every way to it;
                            SJ_NODE_NONE: there are several */
    uint32_t *first;   /**< of each: number in the walk over the tree of parents */
    uint32_t *last;    /**< of each: highest number below it */
    uint32_t *ordered; /**< nodes that ways lead to, the first node first, none before its parent */
    uint32_t reached;  /**< length of ordered */
};

/**
 * Find what lies on every way.
 *
 * @param graph graph; at least one node
 * @param out   takes the result; release with sj_dominators_release()
 */
void sj_dominate(const struct sj_graph *graph, struct sj_dominators *out);

/** Free a result. @param dominators result, zeroed or NULL */
void sj_dominators_release(struct sj_dominators *dominators);

/** Whether every way to a node leads over another one, or it is that one.
 * @param dominators result @param over the one @param node the node @return true when it is so;
 * false where no way leads to either */
bool sj_dominates(const struct sj_dominators *dominators, uint32_t over, uint32_t node);
