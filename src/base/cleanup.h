// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Ends of life that a scope takes care of. `SJ_AUTO(fn)` on a local calls `fn(&local)` when the
 * scope is left; sj_steal() and sj_take_fd() hand the value over instead.
 * Source: GCC manual, "Common Variable Attributes", cleanup.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** On a local: `fn(&local)` is called when its scope is left. @param fn takes its address */
#define SJ_AUTO(fn) __attribute__((cleanup(fn)))

/** On a function: its result is not to be dropped. */
#define SJ_MUST_USE __attribute__((warn_unused_result))

/** On a function with a printf format. @param a number of the format @param b of its arguments */
#define SJ_PRINTF(a, b) __attribute__((format(printf, a, b)))

/**
 * Take the pointer out of a variable and leave NULL behind; sj_steal() gives it its type back.
 *
 * @param variable address of the pointer variable
 * @return the pointer
 */
static inline void *sj_take_pointer(void *variable)
{
    void **at = variable;
    void *taken = *at;
    *at = NULL;
    return taken;
}

/** Take the pointer out of a variable, so that its scope frees nothing. @param variable pointer */
#define sj_steal(variable) ((__typeof__(variable))sj_take_pointer(&(variable)))

/**
 * Take a descriptor out of a variable and leave -1 behind.
 *
 * @param fd the variable
 * @return the descriptor; the caller closes it
 */
static inline int sj_take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/**
 * Close a descriptor at the end of a scope.
 *
 * @param fd the variable; negative: nothing happens
 */
static inline void sj_auto_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

/**
 * Free memory at the end of a scope.
 *
 * @param pointer address of the pointer variable
 */
static inline void sj_auto_free(void *pointer)
{
    free(*(void **)pointer);
}

/**
 * Close a stdio stream at the end of a scope.
 *
 * @param stream the variable; NULL: nothing happens
 */
static inline void sj_auto_fclose(FILE **stream)
{
    if (*stream) {
        (void)fclose(*stream);
    }
}

/**
 * Close a directory stream at the end of a scope.
 *
 * @param dir the variable; NULL: nothing happens
 */
static inline void sj_auto_closedir(DIR **dir)
{
    if (*dir) {
        (void)closedir(*dir);
    }
}
