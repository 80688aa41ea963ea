// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A store that the threads of one process share, with all of its namespaces: what a server needs.
 *
 * Reads come from any thread: they look a place up, end their transaction at once, and then read
 * the generation's file, which stays open while a view of it exists, whatever is unlinked
 * meanwhile. Writes (write.h) are queued to one writer thread, which commits what has gathered as
 * one bundle and, when asked to, has it on the disk before it says so. No read waits for a write.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "key/key.h"
#include "store/maintain.h"
#include "store/store.h"

/** A shared store. */
struct sj_shared;

/** How to open a shared store. */
struct sj_shared_options {
    const char *dir;          /**< directory; made when it is missing */
    uint64_t max_size_bytes;  /**< cap of all generations together; 0: 5 GiB */
    uint64_t max_queue_bytes; /**< of writes that wait; 0: 64 MiB */
    int compression_level;    /**< zstd level for objects; 0: never compress */
    bool is_durable;          /**< a write is done when it is on the disk */
};

/**
 * Open a store and start its writer thread. Scans nothing, as sj_store_open().
 *
 * @param options how; not kept
 * @param out     takes the store; the caller closes it
 * @param err     names the thing and the remedy
 * @return 0 or a negative errno, as sj_store_open()
 *
 * A process opens a directory only once, be it by this or by sj_store_open().
 */
int sj_shared_open(const struct sj_shared_options *options, struct sj_shared **out,
                   struct sj_err *err);

/**
 * Write what is queued, end the writer thread and close. No view and no write may be left.
 *
 * @param shared store, or NULL
 */
void sj_shared_close(struct sj_shared *shared);

/** A generation's file, kept open by references. */
struct sj_shared_file;

/** Where a blob lies; holds a reference to the file. Zeroed: nothing. */
struct sj_view {
    struct sj_shared_file *file; /**< keeps fd open */
    int fd;                      /**< the generation's file; not to be closed */
    uint64_t offset;             /**< of the item in the file */
    uint32_t prefix_len;         /**< bytes of the item before its data */
    uint32_t stored_len;         /**< bytes of the data as stored */
    uint32_t raw_len;            /**< bytes of the data, decompressed */
    uint32_t generation;         /**< number of the generation */
    uint32_t space;              /**< number of the namespace */
    uint64_t space_check;        /**< hash of the namespace's name */
    bool is_aging;               /**< of the oldest quarter: what is read is copied forward */
    enum sj_blob kind;           /**< what it holds */
    struct sj_key key;           /**< its key */
};

/** Whether a view's data is one zstd frame. @param view view @return true when it is */
static inline bool sj_view_is_compressed(const struct sj_view *view)
{
    return view->stored_len < view->raw_len;
}

/** Offset of a view's data, as stored, in its file. @param view view @return bytes */
static inline uint64_t sj_view_data_offset(const struct sj_view *view)
{
    return view->offset + view->prefix_len;
}

/**
 * Find a blob.
 *
 * @param shared store
 * @param space  namespace's name; "": the default one
 * @param kind   what it holds
 * @param key    its key
 * @param out    takes the view; release with sj_view_close()
 * @return 0, SJ_STORE_MISS or a negative errno
 *
 * Safe from several threads at once, as are all functions that take a view of one's own.
 */
int sj_shared_find(struct sj_shared *shared, struct sj_str space, enum sj_blob kind,
                   const struct sj_key *key, struct sj_view *out);

/** Give a view up. @param shared store @param view view, zeroed or NULL; zeroed afterwards */
void sj_view_close(struct sj_shared *shared, struct sj_view *view);

/**
 * Read a view's data, decompressed and checked against its XXH3-128.
 *
 * @param shared store
 * @param view   view
 * @param out    the bytes are appended; untouched on a miss or failure
 * @return 0, SJ_STORE_MISS (it was damaged; it is forgotten, so that it heals) or a negative errno
 */
int sj_view_read(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out);

/**
 * Read a view's data as stored, the frame of what is compressed, checked as by sj_view_read(); a
 * frame as by sj_view_check().
 *
 * @param shared store
 * @param view   view
 * @param out    the bytes are appended; untouched on a miss or failure
 * @return as sj_view_read()
 */
int sj_view_read_stored(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out);

/**
 * See that the data that a view shows is what was stored, before it is sent straight from the file.
 * It is read and hashed the first time only: what was found good, or written by this process, is
 * remembered.
 *
 * @param shared store
 * @param view   view
 * @return 0, SJ_STORE_MISS (it was damaged, as above) or a negative errno
 */
int sj_view_check(struct sj_shared *shared, const struct sj_view *view);

/**
 * Show a view's data in memory, where it lies, checked as by sj_view_check(). It is not to be
 * looked at, only to be sent: a page of it that cannot be read would end the process, but makes a
 * send fail.
 *
 * @param shared store
 * @param view   view of what is not compressed
 * @param head   takes a copy of the first bytes of the data
 * @param len    how many; at most raw_len
 * @param data   takes the address of the data, which stays as it is for as long as the view's
 *               reference is held, by the view or whoever took it
 * @return 0, SJ_STORE_MISS (it was damaged, as above), -EOPNOTSUPP (it has to be read) or another
 *         negative errno
 */
int sj_view_show(struct sj_shared *shared, const struct sj_view *view, void *head, size_t len,
                 const char **data);

/** Take a view's reference over, to keep what it shows beyond it. @param view view; zeroed
 * afterwards @return to be given to sj_view_drop() */
void *sj_view_take(struct sj_view *view);

/** Give up what sj_view_take() returned. @param held it, or NULL. Safe from any thread */
void sj_view_drop(void *held);

/**
 * List the path sets that a weak key leads to, the latest first.
 *
 * @param shared store
 * @param space  namespace's name
 * @param weak   weak key
 * @param out    takes keys for sj_shared_find(SJ_BLOB_PATHSET)
 * @param max    room in out
 * @return how many, or a negative errno
 */
int sj_shared_pathsets(struct sj_shared *shared, struct sj_str space, const struct sj_key *weak,
                       struct sj_key *out, int max);

/** What a namespace holds in the generations on disk, what was replaced included. */
struct sj_space_usage {
    uint64_t bytes; /**< of items */
    uint64_t items; /**< how many */
};

/**
 * Ask what a namespace holds.
 *
 * @param shared store
 * @param space  namespace's name
 * @param out    takes the figures
 * @return 0 (also when it has never been written to) or a negative errno
 */
int sj_shared_usage(struct sj_shared *shared, struct sj_str space, struct sj_space_usage *out);

/** Called for each namespace. @param name its name @param usage what it holds @param user the
 * caller's */
typedef void sj_space_visit(struct sj_str name, const struct sj_space_usage *usage, void *user);

/** Visit all namespaces that were ever written to. @param shared store @param visit called for each
 * @param user handed to visit @return 0 or a negative errno */
int sj_shared_spaces(struct sj_shared *shared, sj_space_visit *visit, void *user);

/** Counters since the store was opened; levels are those of the moment. */
struct sj_shared_stat {
    struct sj_store_stat store;   /**< what it holds */
    uint64_t commits;             /**< groups of writes committed */
    uint64_t writes;              /**< writes committed */
    uint64_t written_bytes;       /**< of their items, as stored */
    uint64_t failed_writes;       /**< writes that failed */
    uint64_t dropped_generations; /**< generations evicted */
    uint64_t damaged;             /**< blobs found damaged */
    uint64_t promoted;            /**< blobs copied forward (second chance) */
    uint64_t sync_ns;             /**< time spent waiting for the disk */
    uint64_t queued_bytes;        /**< of writes that wait */
    int last_failure;             /**< negative errno of the last write if it failed, else 0 */
};

/** Read the counters. @param shared store @param out takes them @return 0 or a negative errno */
int sj_shared_stat(struct sj_shared *shared, struct sj_shared_stat *out);
