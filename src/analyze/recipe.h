// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Files that are known by their names: build descriptions, whose change may change every unit's
 * flags, and sources, which become units of their own.
 */
#pragma once

#include <stdbool.h>

/** Whether a path is a build description: CMakeLists.txt, meson.build, Makefile, a CI workflow, …
 * @param path relative to the root @return true when it is */
bool sj_recipe_is(const char *path);

/** Whether a compiler takes a file of that name as a unit. @param path any path @return true for
 * .c, .cpp, .S, .rs, .go, … */
bool sj_source_is(const char *path);
