// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Recognises compilers by name: TRIPLE-gcc-12, c++, clang-14.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * Whether a program's name, without the triple before it and the version behind it, is in a list.
 *
 * @param name        file name without directories
 * @param names       sorted list
 * @param name_count  its length
 * @return true when it is
 *
 * Reentrant.
 */
bool sj_cc_claims(const char *name, const char *const *names, size_t name_count);
