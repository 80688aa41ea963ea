// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The observer's log: shared memory that the preload library of every process of a tool fills and
 * the wrapper reads when the tool has ended. This header is the contract between the two; it needs
 * nothing but libc.
 *
 * The file is mapped by all. Its first 64 bytes are the head; events follow, each aligned to 8:
 *
 *     head   u32 magic  u32 version  u64 used (atomic: bytes of events claimed)  u64 limit
 *            u64 reserved (atomic: bytes of events that storage is allocated for)
 *            u64 start_dev  u64 start_ino (directory where the tool was started)
 *     event  u32 size (of the whole event, set last: 0 means claimed but not written)
 *            u8 kind  u8 0  u16 path_len
 *            u32 pid  u32 error (errno of a failed call, else 0)
 *            u64 dev  u64 ino  u64 size  i64 mtime_ns  i64 ctime_ns   (kind OPEN, else 0)
 *            path bytes, terminated, padded to 8
 *
 * Integers are host-endian: both sides run on the same machine. A path is absolute, or relative to
 * the directory where the tool was started.
 */
#pragma once

#include <stdint.h>

#define SJ_OBSERVE_ENV     "SCRUBJAY_OBSERVE" /**< names the log file for the preload library */
#define SJ_OBSERVE_MAGIC   0x4f4a5342u        /**< first word of a log */
#define SJ_OBSERVE_VERSION 1u                 /**< second word of a log: this layout */
#define SJ_OBSERVE_HEAD    64u                /**< bytes before the first event */

/** What a process did. */
enum sj_event {
    SJ_EVENT_HELLO = 1, /**< the library is active in this process; path is the program's name */
    SJ_EVENT_OPEN,      /**< opened for reading: path is an input with this state */
    SJ_EVENT_WRITE,     /**< opened for writing, created, or the target of a rename or link */
    SJ_EVENT_REMOVE,    /**< unlinked, or the source of a rename */
    SJ_EVENT_EXISTS,    /**< looked at (stat, access) and found; or a change of it was refused */
    SJ_EVENT_ABSENT,    /**< looked for in any way and not found (ENOENT, ENOTDIR) */
    SJ_EVENT_LIST,      /**< directory whose names were read */
    SJ_EVENT_EXEC,      /**< program executed: path is an input, pid the process that becomes it
                             and must say HELLO (0: a child that libc made); with an error: the
                             last EXEC or UNSEEN of that pid did not happen */
    SJ_EVENT_UNSEEN,    /**< program executed that the library cannot observe (static, other ELF
                             class, set-user-id, other dynamic loader) */
    SJ_EVENT_LOAD,      /**< shared object mapped into the process: path is an input */
    SJ_EVENT_ENV,       /**< environment variable asked for; path is its name */
    SJ_EVENT_CLOCK,     /**< calendar time asked for; path is the function's name */
    SJ_EVENT_NETWORK,   /**< a socket was connected; path is "" */
    SJ_EVENT_FORK,      /**< a child was made; error is the child's pid */
    SJ_EVENT_FAILURE,   /**< the library could not report something: the log is not complete; path
                             says what, in words; with an error: the path that could not be
                             looked at */
    SJ_EVENT_LINK,      /**< symbolic link whose target was read (readlink), or path with links on
                             its way that was resolved (realpath) */
    SJ_EVENT_END,       /**< behind the last kind */
};

/** Head of the log. */
struct sj_observe_head {
    uint32_t magic;     /**< SJ_OBSERVE_MAGIC */
    uint32_t version;   /**< SJ_OBSERVE_VERSION */
    uint64_t used;      /**< bytes of events claimed; over limit: the log is not complete */
    uint64_t limit;     /**< bytes of events there is room for */
    uint64_t reserved;  /**< bytes of events that can be written without SIGBUS on a full disk */
    uint64_t start_dev; /**< directory where the tool was started */
    uint64_t start_ino; /**< … */
};

/** Fixed part of an event; the path follows. */
struct sj_observe_event {
    uint32_t size;     /**< whole event, padded to 8; written last */
    uint8_t kind;      /**< enum sj_event */
    uint8_t reserved;  /**< 0 */
    uint16_t path_len; /**< bytes of the path without its terminator */
    uint32_t pid;      /**< of the process */
    uint32_t error;    /**< errno, or what the kind says */
    uint64_t dev;      /**< state of an opened file; with EXISTS: which directory
                            it was, or 0 */
    uint64_t ino;      /**< … */
    uint64_t bytes;    /**< … its size */
    int64_t mtime_ns;  /**< … */
    int64_t ctime_ns;  /**< … */
};
