// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a change of a build description means for flags, and how far it reaches; and which files
 * become units of their own. Which files are build descriptions description.h tells.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
