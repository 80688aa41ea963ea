// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which units read which files of the repository, both ways round.
 */
#pragma once

#include "analyze/units.h"

/** A file that units read. */
struct sj_fanout_file {
    uint32_t path;     /**< text */
    uint32_t content;  /**< of the latest unit that reads it: sj_db_content() */
    uint32_t first;    /**< first of its readers in `readers` */
    uint32_t count;    /**< how many units read it */
    uint64_t cpu_ns;   /**< what they cost together */
    bool is_generated; /**< below the root, but git does not track it */
    bool is_source;    /**< it is the main input of a unit */
};

/** A unit. */
struct sj_fanout_unit {
    uint32_t unit;   /**< its number */
    uint32_t source; /**< place of its source among the files; UINT32_MAX: not there */
    uint32_t first;  /**< first of the files that it reads in `reads` */
    uint32_t count;  /**< how many */
    uint64_t cpu_ns; /**< what it costs */
};

/** Who reads what. Zeroed: nothing. */
struct sj_fanout {
    struct sj_db *db;             /**< texts; the caller's */
    struct sj_fanout_file *files; /**< in no order */
    size_t file_count;            /**< length of files */
    struct sj_fanout_unit *units; /**< as in the units that it was made of, links left out */
    size_t unit_count;            /**< length of units */
    uint32_t *reads;              /**< places in files, by unit */
    uint32_t *readers;            /**< places in units, by file */
    uint64_t cpu_ns;              /**< what all units cost */
    size_t unknown;               /**< units whose inputs are not known: left out */
    size_t uncosted;              /**< units that were never compiled: they count as usual ones */
};

/**
 * Find out who reads what.
 *
 * @param view  view that the units come from; its database must outlive the result
 * @param units units
 * @param out   takes the result; release with sj_fanout_release()
 * @return 0 or a negative errno
 */
int sj_fanout_make(const struct sj_view *view, const struct sj_units *units, struct sj_fanout *out);

/** Free a result. @param fanout result, zeroed or NULL */
void sj_fanout_release(struct sj_fanout *fanout);

/**
 * Find a file as people name it: its whole path, or the end of one path only.
 *
 * @param fanout result
 * @param name   path, or its last components
 * @param out    takes the place
 * @return 0, -ENOENT (no unit reads it) or -EEXIST (several end like that; out is the first)
 */
int sj_fanout_find(const struct sj_fanout *fanout, const char *name, uint32_t *out);
