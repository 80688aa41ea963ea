// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Files that are known by their names: build descriptions, whose change may change every unit's
 * flags, and sources, which become units of their own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Whether a path is a build description: CMakeLists.txt, meson.build, Makefile, a CI workflow, …
 * @param path relative to the root @return true when it is */
bool sj_recipe_is(const char *path);

/** How far a build description reaches: those that list what lies beside them, such as
 * CMakeLists.txt, reach as far as their own directory. @param path of a build description @return
 * length of the directory in it, with the slash; 0: everywhere */
size_t sj_recipe_scope(const char *path);

/** Whether a compiler takes a file of that name as a unit. @param path any path @return true for
 * .c, .cpp, .S, .rs, .go, … */
bool sj_source_is(const char *path);

/**
 * Whether what differs between two states of a build description has to do with flags, tools or
 * definitions, rather than with lists of files.
 *
 * @param before     its text before
 * @param before_len bytes
 * @param after      its text after
 * @param after_len  bytes
 * @return true when a line that only one of them has names such a thing
 */
bool sj_recipe_changes_flags(const char *before, size_t before_len, const char *after,
                             size_t after_len);
