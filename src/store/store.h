// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The content store: an index environment and generations of immutable blobs, both LMDB.
 *
 * Many processes may have it open at once. Reads never wait for a writer. A blob is written once,
 * into the newest generation, checked against its XXH3-128 whenever it is read, and leaves with its
 * generation. docs/store.md draws the layout on disk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/filestat.h"
#include "base/str.h"
#include "key/key.h"

/** Outcome: the store does not have it (or had it damaged, which is the same). */
#define SJ_STORE_MISS 1

/** An open store. */
struct sj_store;

/** What a blob holds. */
enum sj_blob {
    SJ_BLOB_OBJECT = 1, /**< bytes under their own key */
    SJ_BLOB_RESULT,     /**< result of an action, under its strong key */
    SJ_BLOB_PATHSET,    /**< path set, under the key of its own bytes */
    SJ_BLOB_ENTRY = 5,  /**< bytes under any key, as other clients name them: a later one replaces
                           it, and it is never compressed */
};

/** How to open a store. Zeroed members take the default. */
struct sj_store_options {
    const char *dir;            /**< directory; made when it is missing, unless read_only */
    const char *namespace_name; /**< whose entries are seen; NULL or "": the default one */
    uint64_t max_size_bytes;    /**< cap of all generations together; 0: 5 GiB */
    int compression_level;      /**< zstd level for blobs of 4 KiB and more; 0: never compress */
    bool is_read_only;          /**< nothing is written, not even the second chance */
};

/**
 * Open a store. Costs some eighteen system calls; scans nothing, but for the first opening after a
 * power cut, which makes the index again.
 *
 * @param options how; not kept
 * @param out     takes the store; the caller closes it
 * @param err     names the thing and the remedy
 * @return 0, or a negative errno: -ENOTDIR (a file stands there), -EACCES/-EROFS, -ENOSPC,
 *         -EREMOTE (a network file system, where LMDB's locks do not work), -EPROTO (made by a
 *         newer version), -EBADMSG (damaged beyond what opening can mend)
 *
 * One handle serves one thread at a time; a process opens a directory only once.
 */
int sj_store_open(const struct sj_store_options *options, struct sj_store **out,
                  struct sj_err *err);

/** Close a store. @param store store, or NULL */
void sj_store_close(struct sj_store *store);

/**
 * See another namespace's entries from now on.
 *
 * @param store          open store, without a batch under construction
 * @param namespace_name NULL or "": the default one
 * @return 0 or -EINVAL (the name is too long; nothing has changed)
 */
int sj_store_use(struct sj_store *store, const char *namespace_name);

/** Whose entries are seen. @param store open store @return namespace; "": the default one. Valid
 * until sj_store_use() */
const char *sj_store_namespace(const struct sj_store *store);

/**
 * Note that reading the store at this directory crashed (a truncated file under the map raises
 * SIGBUS): the next open that may write throws the index away and rebuilds it from the generations.
 * Async-signal-safe.
 *
 * @param dir the store's directory
 */
void sj_store_condemn(const char *dir);

/**
 * Find the stamp of an action. The bytes lie in the map and stay valid until sj_store_release().
 *
 * @param store  open store
 * @param action key of the literal action
 * @param out    takes the stamp's bytes
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_store_stamp_find(struct sj_store *store, const struct sj_key *action, struct sj_str *out);

/**
 * End the read that sj_store_stamp_find() and the like began, so that no writer is held up by it.
 *
 * @param store open store
 */
void sj_store_release(struct sj_store *store);

/**
 * Read a blob, decompressed and checked.
 *
 * @param store open store
 * @param kind  what it holds
 * @param key   its key
 * @param out   its bytes are appended; untouched on a miss or failure
 * @return 0, SJ_STORE_MISS (also when it was damaged: it is forgotten, so that it heals), or a
 *         negative errno
 */
int sj_store_blob_read(struct sj_store *store, enum sj_blob kind, const struct sj_key *key,
                       struct sj_buf *out);

/**
 * Write an object's bytes to a descriptor, without holding a large one in memory twice. The bytes
 * are checked while they pass: on anything but 0 the caller throws the file away.
 *
 * @param store open store
 * @param key   the object
 * @param fd    open for writing
 * @return 0, SJ_STORE_MISS or a negative errno (the writing failed)
 */
int sj_store_object_copy(struct sj_store *store, const struct sj_key *key, int fd);

/**
 * Whether a blob is there, judged by the index alone.
 *
 * @param store open store
 * @param kind  what it holds
 * @param key   its key
 * @return true when the index has it and its generation still exists
 */
bool sj_store_blob_exists(struct sj_store *store, enum sj_blob kind, const struct sj_key *key);

/**
 * List the path sets known for a weak key, the latest found useful first where that is known.
 *
 * @param store open store
 * @param weak  weak key
 * @param out   takes keys for sj_store_blob_read(SJ_BLOB_PATHSET)
 * @param max   room in out
 * @return how many (0 to max), or a negative errno
 */
int sj_store_pathsets_find(struct sj_store *store, const struct sj_key *weak, struct sj_key *out,
                           int max);

/**
 * Look up the content key that a file had in a given state.
 *
 * @param store open store
 * @param path  absolute
 * @param stat  the state it is in now
 * @param out   takes the content key
 * @return 0, SJ_STORE_MISS (never seen in this state) or a negative errno
 */
int sj_store_file_find(struct sj_store *store, const char *path, const struct sj_filestat *stat,
                       struct sj_key *out);

/** Writes that become visible together. */
struct sj_batch;

/** Start a batch. @param store open store @return never NULL */
struct sj_batch *sj_batch_new(struct sj_store *store);
/** Throw a batch away. @param batch batch, or NULL; committed or not */
void sj_batch_free(struct sj_batch *batch);

/**
 * Add a blob; compressed here when that pays, outside of any lock.
 *
 * @param batch batch
 * @param kind  what it holds
 * @param key   its key
 * @param data  bytes; copied
 * @param len   how many; at most 2 GiB
 */
void sj_batch_blob(struct sj_batch *batch, enum sj_blob kind, const struct sj_key *key,
                   const void *data, size_t len);

/** Add a path set's key to a weak key. @param batch batch @param weak weak key @param pathset key
 * of the path set */
void sj_batch_pathset(struct sj_batch *batch, const struct sj_key *weak,
                      const struct sj_key *pathset);

/**
 * Set the stamp of an action.
 *
 * @param batch  batch
 * @param action key of the literal action
 * @param strong the result it stands for: the stamp goes when that result goes
 * @param data   bytes; copied
 * @param len    how many; at most 1 MiB
 */
void sj_batch_stamp(struct sj_batch *batch, const struct sj_key *action,
                    const struct sj_key *strong, const void *data, size_t len);

/**
 * Note the content key of a file in a state.
 *
 * @param batch batch
 * @param path  absolute; a path longer than LMDB's keys is stored under its hash
 * @param stat  the state; one that is racy must not be given
 * @param key   content key
 */
void sj_batch_file(struct sj_batch *batch, const char *path, const struct sj_filestat *stat,
                   const struct sj_key *key);

/**
 * Write the batch: blobs first, then what points to them. Ends the read, as sj_store_release()
 * does.
 *
 * @param batch batch; only sj_batch_free() may follow
 * @param err   names the thing and the remedy
 * @return 0 or a negative errno: -ENOSPC, -EROFS (read-only), …; then nothing points to what was
 *         not written
 */
int sj_batch_commit(struct sj_batch *batch, struct sj_err *err);

/**
 * Give a second chance to what this handle has read from the oldest quarter of the generations:
 * copy it into the newest. Called when the user's outputs are in place. Costs nothing when there is
 * nothing to copy.
 *
 * @param store open store
 */
void sj_store_promote(struct sj_store *store);
