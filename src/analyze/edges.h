// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Who includes whom, and what would be saved if one include were taken out: units lose a header
 * when every way from their source to it leads over that include.
 *
 * Includes come from the sources' text (includes.h), with every file that a name may mean among
 * those that a unit really reads, and from notes of compilers that told. What a unit reads but no
 * include that was found leads to counts as read directly: nothing is promised for it.
 */
#pragma once

#include "analyze/headers.h"
#include "repo/repo.h"

/** One file includes another. */
struct sj_edge {
    uint32_t from;        /**< place in the fan-out */
    uint32_t to;          /**< place in the fan-out */
    uint32_t line;        /**< in `from`; 0: told by a compiler */
    uint32_t units;       /**< units that read both, and where the one leads to the other */
    uint32_t lost;        /**< of them, those that would not read `to` any more */
    bool is_conditional;  /**< it stands under a condition */
    uint64_t lost_cpu_ns; /**< CPU of the units that would not read `to` any more */
    double window_ns;     /**< CPU that the commits played through would not have cost, older ones
                               counting less */
    double month_ns;      /**< CPU a month that would be saved */
};

/** Where the texts of files come from. */
struct sj_edge_source {
    struct sj_repo *repo; /**< NULL: none at hand, then only notes count */
    /** Called with each file that could not be read. NULL: nobody wants to know. */
    void (*unread)(void *user, const char *path);
    void *user; /**< handed to unread */
};

/** Includes. Zeroed: none. */
struct sj_edges {
    struct sj_edge *items; /**< what saves most first */
    size_t count;          /**< length of items */
    uint32_t scanned;      /**< files whose text was read */
    uint32_t unread;       /**< files whose text is not at hand */
    uint32_t macros;       /**< includes that a macro names: not followed */
    uint32_t told;         /**< includes that compilers told */
    uint64_t reads;        /**< files that units read, each time */
    uint64_t loose;        /**< of them, those that no include leads to */
};

/**
 * Find all includes, and what each of them brings about.
 *
 * @param view    view
 * @param headers of sj_headers_make()
 * @param source  where texts come from
 * @param out     takes the includes; release with sj_edges_release()
 * @return 0 or a negative errno
 */
int sj_edges_make(const struct sj_view *view, const struct sj_headers *headers,
                  const struct sj_edge_source *source, struct sj_edges *out);

/**
 * Of all includes, those without which units would lose a file, whether they name it or a file on
 * the way to it.
 *
 * @param view    view
 * @param headers of sj_headers_make()
 * @param source  where texts come from
 * @param file    place in the fan-out
 * @param out     takes the includes: `lost` and `lost_cpu_ns` are of this file; release with
 *                sj_edges_release()
 * @return 0 or a negative errno
 */
int sj_edges_to(const struct sj_view *view, const struct sj_headers *headers,
                const struct sj_edge_source *source, uint32_t file, struct sj_edges *out);

/** Free includes. @param edges includes, zeroed or NULL */
void sj_edges_release(struct sj_edges *edges);
