// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Care for a whole store: what it holds, making it smaller, emptying it, checking it. None of this
 * is on the way of a compile.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/** What a store holds. */
struct sj_store_stat {
    uint64_t size_bytes;     /**< disk space of generations and index */
    uint64_t max_size_bytes; /**< the cap in force */
    uint64_t objects;        /**< objects */
    uint64_t results;        /**< results */
    uint64_t pathsets;       /**< path sets */
    uint64_t entries;        /**< entries of other clients */
    uint64_t stamps;         /**< stamps */
    uint64_t files;          /**< files whose content key is known */
    uint32_t generations;    /**< generations on disk */
    uint32_t newest;         /**< number of the newest generation */
};

/**
 * Count what is stored.
 *
 * @param store open store
 * @param out   takes the counts
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_store_stat(struct sj_store *store, struct sj_store_stat *out, struct sj_err *err);

/** What gc did. */
struct sj_gc_report {
    uint64_t freed_bytes; /**< disk space given back */
    uint32_t dropped;     /**< generations unlinked */
    uint64_t forgotten;   /**< index entries without a blob, removed */
};

/**
 * Bring the store under a size, drop what is too old, and clean the index of what is gone.
 *
 * @param store          open store
 * @param max_size_bytes at most this much; UINT64_MAX: the store's own cap
 * @param max_age_s      generations whose newest blob is older go; 0: no limit
 * @param out            takes what was done; may be NULL
 * @param err            what failed
 * @return 0 or a negative errno
 */
int sj_store_gc(struct sj_store *store, uint64_t max_size_bytes, uint64_t max_age_s,
                struct sj_gc_report *out, struct sj_err *err);

/**
 * Remove every entry of every namespace. Processes that have the store open go on: they miss.
 *
 * @param store open store
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_store_clear(struct sj_store *store, struct sj_err *err);

/**
 * See that all that was written is on disk, so that a power cut costs nothing. Called when there is
 * time: by a server that is idle, and by gc. No writer waits for it.
 *
 * @param store open store
 * @return 0 or a negative errno
 */
int sj_store_sync(struct sj_store *store);

/** What verify found. */
struct sj_verify_report {
    uint64_t checked;       /**< blobs read and hashed */
    uint64_t checked_bytes; /**< their bytes, decompressed */
    uint64_t damaged;       /**< blobs that were not what they should be; now forgotten */
    uint64_t dangling;      /**< index entries that pointed nowhere; now forgotten */
};

/** Called now and then while verify runs. @param done blobs so far @param total blobs @param user
 * the caller's */
typedef void sj_verify_progress(uint64_t done, uint64_t total, void *user);

/**
 * Read and check every blob that the index leads to, of every namespace. What it does not lead to
 * cannot be read.
 *
 * @param store    open store
 * @param progress called now and then; may be NULL
 * @param user     handed to progress
 * @param out      takes what was found
 * @param err      what failed
 * @return 0 (also when there was damage: see out) or a negative errno
 */
int sj_store_verify(struct sj_store *store, sj_verify_progress *progress, void *user,
                    struct sj_verify_report *out, struct sj_err *err);
