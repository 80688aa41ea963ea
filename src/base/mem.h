// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Memory that is never NULL. When there is none left, the program's out-of-memory hook runs: the
 * wrapper's executes the real compiler, every other program aborts. Free with free().
 */
#pragma once

#include <stddef.h>

/** What to do when memory is gone; must not return. */
typedef void sj_oom_hook(void);

/**
 * Set the out-of-memory hook. Call once, before any thread starts.
 *
 * @param hook the function; NULL: abort()
 */
void sj_oom_set_hook(sj_oom_hook *hook);

/** Run the out-of-memory hook; does not return. */
_Noreturn void sj_oom(void);

/**
 * Zeroed memory for an array.
 *
 * @param count items
 * @param size_bytes bytes of an item
 * @return never NULL; the caller frees it
 */
void *sj_calloc(size_t count, size_t size_bytes) __attribute__((malloc, returns_nonnull));

/**
 * Grow or shrink an array; what is added is not zeroed.
 *
 * @param pointer    from this module, or NULL; taken over
 * @param count      items
 * @param size_bytes bytes of an item
 * @return never NULL; the caller frees it
 */
void *sj_realloc(void *pointer, size_t count, size_t size_bytes) __attribute__((returns_nonnull));

/**
 * Copy a string.
 *
 * @param text NUL-terminated
 * @return never NULL; the caller frees it
 */
char *sj_strdup(const char *text) __attribute__((malloc, returns_nonnull));

/**
 * Copy the first bytes of a text and terminate the copy.
 *
 * @param data bytes, none of them read past len
 * @param len  bytes
 * @return never NULL, NUL-terminated; the caller frees it
 */
char *sj_strndup(const char *data, size_t len) __attribute__((malloc, returns_nonnull));

/**
 * Format into new memory.
 *
 * @param format printf format
 * @return never NULL; the caller frees it
 */
char *sj_asprintf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/** A zeroed object of a type; the caller frees it. */
#define sj_new(type) ((type *)sj_calloc(1, sizeof(type)))
