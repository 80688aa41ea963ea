// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Writes to a shared store: gathered by any thread, carried out by its writer thread.
 */
#pragma once

#include "store/shared.h"

/** Writes that become visible together. */
struct sj_write;

/** Called by the writer thread when a write is done. Must be brief. @param status 0 or a negative
 * errno: -ENOSPC, -EDQUOT (over the namespace's quota), -EIO … @param user the caller's */
typedef void sj_write_done(int status, void *user);

/**
 * Start a write.
 *
 * @param shared store
 * @param space  namespace's name; at most SJ_ITEM_NAME_MAX bytes; copied
 * @return never NULL
 */
struct sj_write *sj_write_new(struct sj_shared *shared, struct sj_str space);

/** Throw away a write that was not submitted. @param write write, or NULL */
void sj_write_free(struct sj_write *write);

/**
 * Most bytes that the namespace may hold; beyond it a write fails with -EDQUOT.
 *
 * @param write       write
 * @param limit_bytes of all that lies in the generations for its namespace; 0: no limit
 */
void sj_write_limit(struct sj_write *write, uint64_t limit_bytes);

/**
 * Keep entries that are there: one whose key has an entry already is left out, and the write counts
 * as done. Of several writes under way the first one counts.
 *
 * @param write write
 */
void sj_write_keep(struct sj_write *write);

/**
 * Add a blob. Content that is there already is not written twice; a result or an entry replaces an
 * earlier one under its key.
 *
 * @param write write
 * @param kind  what it holds
 * @param key   its key; for an object and a path set it must be the XXH3-128 of the data
 * @param take  bytes as they are; its memory is taken over and it is left empty. Compressed by the
 *              writer thread where that pays (entries never are, so that they can be sent straight
 *              from the file). At most 2 GiB: more fails with -EFBIG when it is done
 */
void sj_write_blob(struct sj_write *write, enum sj_blob kind, const struct sj_key *key,
                   struct sj_buf *take);

/**
 * Add a blob that is one zstd frame already. The caller has checked it.
 *
 * @param write   write
 * @param kind    what it holds
 * @param key     its key
 * @param hash    XXH3-128 of the data, decompressed
 * @param raw_len bytes of the data, decompressed
 * @param take    the frame, shorter than raw_len; its memory is taken over
 */
void sj_write_frame(struct sj_write *write, enum sj_blob kind, const struct sj_key *key,
                    const struct sj_key *hash, uint32_t raw_len, struct sj_buf *take);

/** Let a weak key lead to a path set. @param write write @param weak weak key @param pathset key of
 * the path set */
void sj_write_link(struct sj_write *write, const struct sj_key *weak, const struct sj_key *pathset);

/** Forget a blob. @param write write @param kind what it holds @param key its key */
void sj_write_forget(struct sj_write *write, enum sj_blob kind, const struct sj_key *key);

/** Bytes that a write holds. @param write write @return bytes */
uint64_t sj_write_bytes(const struct sj_write *write);

/**
 * Queue a write. Never waits.
 *
 * @param write write; taken over when 0 is returned, else still the caller's
 * @param done  called once by the writer thread; NULL: nobody asks
 * @param user  handed to done
 * @return 0 or -EAGAIN (max_queue_bytes wait already; come again)
 *
 * Safe from several threads at once.
 */
int sj_write_submit(struct sj_write *write, sj_write_done *done, void *user);

/**
 * Wait until all that was submitted before is done.
 *
 * @param shared store
 */
void sj_shared_flush(struct sj_shared *shared);
