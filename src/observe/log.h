// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The wrapper's side of the observer: makes the log and the environment for the tool, tells
 * beforehand whether a tool can be observed at all, and reads what was reported.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/filestat.h"
#include "observe/event.h"

/** A log. Zeroed: none. */
struct sj_observe_log {
    char *path;  /**< by which the tool's processes open it */
    void *map;   /**< mapping of the whole file */
    size_t size; /**< bytes mapped */
    int fd;      /**< of a log without a name, which path leads to; else -1 */
};

/**
 * Make an empty log: memory without a name, which nothing need remove if this process is killed.
 * The tool must run as the same user, and this process must live as long as the tool. Without /proc
 * the log becomes a file.
 *
 * @param dir where that file is made (best in memory, such as /dev/shm)
 * @param out takes the log; release with sj_observe_log_release()
 * @param err what failed
 * @return 0 or a negative errno
 */
int sj_observe_log_open(const char *dir, struct sj_observe_log *out, struct sj_err *err);

/** Unmap and remove a log. @param log log, zeroed or NULL */
void sj_observe_log_release(struct sj_observe_log *log);

/**
 * Whether the preload library can be active in a program: dynamic, of the library's ELF class and
 * machine, linked against glibc, not set-user-id; scripts are judged by their interpreter.
 *
 * @param program absolute path of an executable
 * @return true when it can
 */
bool sj_observe_can(const char *program);

/**
 * An environment with the library in front of LD_PRELOAD and the log named.
 *
 * @param log     log
 * @param library absolute path of observe.so
 * @param env     environment to start from, NULL-terminated
 * @return NULL-terminated array; the caller frees it with sj_observe_env_free()
 */
char **sj_observe_env(const struct sj_observe_log *log, const char *library, char *const *env);

/** Free what sj_observe_env() gave. @param env array, or NULL */
void sj_observe_env_free(char **env);

/** What was reported, condensed: one entry for each path, in the order of first mention. */
struct sj_sighting {
    const char *path;        /**< in the log; or a variable's name */
    enum sj_event kind;      /**< strongest thing said of it before this tree wrote or removed it:
                                  OPEN over EXEC over LOAD over LIST over LINK over EXISTS over
                                  ABSENT; WRITE when the tree did that first; ENV, CLOCK, NETWORK,
                                  UNSEEN as they are */
    bool was_written;        /**< written or removed at any time by the tree */
    bool was_removed;        /**< removed, and not written again */
    bool was_listed;         /**< its names were read */
    bool was_resolved;       /**< a link on its way was read */
    struct sj_filestat stat; /**< state when it was opened, of a directory device and inode
                                  alone; zero: not known */
};

/** All sightings of a log. Zeroed: none. */
struct sj_sightings {
    struct sj_sighting *items; /**< array */
    size_t count;              /**< its length */
    bool is_complete;          /**< every process of the tree reported, and nothing was lost */
    uint32_t first_pid;        /**< process that reported first: the tool, unless it is silent */
    char *gap;                 /**< when not complete: why, for a person; else NULL */
};

/**
 * Condense a log. The tool's processes must have ended.
 *
 * @param log log; its bytes are treated as hostile
 * @param out takes the sightings, which point into the log; release with sj_sightings_release()
 * @return 0 (also when the log is not complete) or -EBADMSG (the log is damaged)
 */
int sj_observe_log_read(const struct sj_observe_log *log, struct sj_sightings *out);

/** Free the sightings. @param sightings sightings, zeroed or NULL */
void sj_sightings_release(struct sj_sightings *sightings);
