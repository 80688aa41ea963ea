// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Argument lists, and the response files (\@FILE) in them.
 * Source: GCC manual, "Overall Options", \@file; libiberty, expandargv().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** An argument list that owns its strings. Zeroed: empty. */
struct sj_args {
    char **items;      /**< NULL-terminated once something was added */
    size_t count;      /**< length without the terminator */
    size_t size;       /**< allocated */
    char **files;      /**< response files that were read, absolute or relative to the directory */
    size_t file_count; /**< length of files */
};

/** Most arguments after expansion. */
#define SJ_ARGS_MAX 1000000u

/**
 * Append an argument.
 *
 * @param args list
 * @param text copied
 */
void sj_args_add(struct sj_args *args, const char *text);

/**
 * Put an argument in front of another.
 *
 * @param args  list
 * @param index where it will stand, at most args->count
 * @param text  copied
 */
void sj_args_insert(struct sj_args *args, size_t index, const char *text);

/**
 * Append arguments, with each \@FILE that can be read replaced by the words in it, as the compilers
 * do: nested, with ' and " and \ quoting. What cannot be read stays as it is.
 *
 * @param args list
 * @param argv NULL-terminated
 * @return 0, -ELOOP (a response file names itself, or they nest too deep), -E2BIG, or -ESPIPE (one
 *         is no regular file, which can be read only once: by the compiler)
 */
int sj_args_expand(struct sj_args *args, const char *const *argv);

/** Free a list. @param args list, zeroed or NULL */
void sj_args_release(struct sj_args *args);
