// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * JSON files of any size, read one object at a time: a file may be one object, an array of
 * objects, objects one behind another, with or without line feeds between, or one object with a
 * long array in it. Only one of them is ever in memory.
 * Source: RFC 8259; https://jsonlines.org.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <scrubjay/import.h>

#define IMPORT_WALK_DEPTH_MAX 64                 /**< deepest nesting of objects and arrays */
#define IMPORT_WALK_VALUE_MAX ((size_t)64 << 20) /**< largest object that is read, in bytes */

/** How to walk. */
struct import_walk {
    const struct sj_import_source *source; /**< the file */
    const struct sj_import_sink *sink;     /**< takes problems */
    const char *array; /**< member of the outer object that is an array of objects to be visited one
                            by one; NULL, or no such member: an outer object is visited itself */

    /**
     * Called for each object, and for each other member of an outer object with `array` in it.
     *
     * @param user   the walk's
     * @param member its name; NULL: an object
     * @param value  borrowed; an object when member is NULL, else anything
     * @param where  byte in the file at which it begins
     * @return 0, or a negative errno, which ends the walk
     */
    int (*visit)(void *user, const char *member, json_t *value, uint64_t where);
    void *user; /**< handed to visit */
};

/**
 * Visit all objects of a file. An object that is no good (not UTF-8, a member twice, a number out
 * of range) is told as a problem and left out.
 *
 * @param walk    how
 * @param problem takes a sentence when it fails
 * @param len     room in problem
 * @return 0, -EBADMSG (no JSON, or broken off: what came before was visited) or what visit returned
 */
int import_walk_run(const struct import_walk *walk, char *problem, size_t len);

/**
 * Whether the first bytes of a file hold all of some texts.
 *
 * @param source the file
 * @param first  the byte it begins with behind white space; '\0': any
 * @param texts  array of texts, ended by NULL
 * @return 1 or 0
 */
int import_walk_looks(const struct sj_import_source *source, char first, const char *const *texts);
