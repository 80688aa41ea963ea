// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the parts of the preload library share. They run inside other people's programs, at any
 * time: before main(), between vfork() and exec, in signal handlers, in many threads. So they
 * allocate nothing, take no locks, print nothing, and leave errno as the real call left it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "observe/event.h"

/**
 * Define a function in libc's place; the body follows.
 * @param type   what it returns
 * @param name   its name
 * @param params its parameters, in parentheses
 */
#define REPLACE(type, name, params)                          \
    __attribute__((visibility("default"))) type name params; \
    type name params

/**
 * Define a function that stands in front of libc's of the same name; the body follows.
 * @param type   what it returns
 * @param name   its name
 * @param params its parameters, in parentheses
 */
#define WRAP(type, name, params) \
    static void *real_##name;    \
    REPLACE(type, name, params)

/** The next function of that name: libc's, or another preload library's. @param name its name */
#define REAL(name) ((__typeof__(&(name)))sj_preload_next(&real_##name, #name))

/** The errno of a call that answers -1 when it fails, else 0. @param result its answer */
#define ERROR_OF(result) ((result) < 0 ? errno : 0)

/**
 * Find the next function of a name.
 * @param slot where it is kept once found
 * @param name its name
 * @return address; NULL when libc has none
 */
void *sj_preload_next(void **slot, const char *name);

/** Whether there is a log. Finds out at the first call. @return true when there is */
bool sj_preload_is_on(void);

/**
 * Report an event whose path needs no resolving. Repetitions may be left out.
 * @param kind  event
 * @param path  NUL-terminated
 * @param error errno, or what the kind says
 */
void sj_preload_report(enum sj_event kind, const char *path, uint32_t error);

/**
 * Report an event that belongs to a given process.
 * @param kind  event
 * @param path  NUL-terminated
 * @param error errno, or what the kind says
 * @param pid   the process
 */
void sj_preload_report_pid(enum sj_event kind, const char *path, uint32_t error, pid_t pid);

/**
 * Report what happened to a path that was given to libc.
 * @param kind   event
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given; NULL and "" are no paths and are passed over
 * @param error  errno, or what the kind says
 */
void sj_preload_report_at(enum sj_event kind, int dir_fd, const char *path, uint32_t error);

/**
 * Report that a path was looked at: ABSENT, EXISTS, or FAILURE when the look failed in a way that
 * says nothing of the path (no permission, say) and may end another way next time.
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given
 * @param error  0, or the errno that the look failed with
 */
void sj_preload_report_look(int dir_fd, const char *path, int error);

/**
 * Report that a directory was looked at, and which one it was.
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given
 * @param dev    its device
 * @param ino    its inode
 */
void sj_preload_report_dir(int dir_fd, const char *path, uint64_t dev, uint64_t ino);

/**
 * Report that a change of a path was refused, which is no input of itself: ABSENT or EXISTS.
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given
 * @param error  errno
 */
void sj_preload_report_refusal(int dir_fd, const char *path, int error);

/**
 * Report that a path was opened.
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given
 * @param flags  of open(2)
 * @param fd     descriptor, or negative when that failed
 * @param error  errno when that failed
 */
void sj_preload_report_open(int dir_fd, const char *path, int flags, int fd, int error);

/**
 * Report that the names of an open directory are read.
 * @param fd descriptor
 */
void sj_preload_report_list(int fd);

/**
 * A path as the log has it: relative only to the directory where the tool was started.
 * @param dir_fd directory for a relative path, or AT_FDCWD
 * @param path   as given
 * @param buffer room for a path that must be put together
 * @param size   bytes of the buffer
 * @return path or buffer; NULL when it cannot be told, which was reported
 */
const char *sj_preload_resolve(int dir_fd, const char *path, char *buffer, size_t size);

/** Report the shared objects of the process that were not reported yet. */
void sj_preload_report_objects(void);

/** Take note that the process has changed its directory. */
void sj_preload_note_chdir(void);

/** The library's own name, as LD_PRELOAD gave it. @return NUL-terminated */
const char *sj_preload_library(void);

/** The log's path. @return NUL-terminated */
const char *sj_preload_log(void);
