// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How long a set of tasks takes on so many cores: what a build system that starts the next ready
 * task whenever a core is free comes to, and what no order can beat.
 * Source: R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969: any list comes within
 * 2 - 1/N of the best, longest first within 4/3 - 1/(3 N) where tasks are independent.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** A task. */
struct sj_task {
    uint64_t cost_ns;     /**< how long it takes on one core */
    uint32_t after;       /**< first of the tasks it waits for, in the list of all such */
    uint32_t after_count; /**< how many it waits for */
};

/** Which of the ready tasks starts first. */
enum sj_order {
    SJ_ORDER_GIVEN,   /**< the one that stands first */
    SJ_ORDER_LONGEST, /**< the one with the longest way to the end behind it */
};

/** How long it takes. */
struct sj_makespan {
    uint64_t wall_ns;     /**< with that order */
    uint64_t bound_ns;    /**< no order is faster: the longest chain, or all work over all cores */
    uint64_t total_ns;    /**< all work */
    uint64_t critical_ns; /**< the longest chain of tasks that wait for each other */
};

/**
 * Play a schedule through.
 *
 * @param tasks the tasks
 * @param count how many
 * @param after indices of tasks that others wait for; NULL where nobody waits
 * @param jobs  cores; 0 counts as 1
 * @param order which ready task starts first
 * @param out   takes the times
 * @return 0, or -ELOOP (tasks wait for each other in a circle; nothing is written)
 *
 * Safe from several threads at once.
 */
int sj_makespan(const struct sj_task *tasks, size_t count, const uint32_t *after, unsigned jobs,
                enum sj_order order, struct sj_makespan *out);
