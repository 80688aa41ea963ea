// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What pages have worked out, kept in memory and in a file until something else needs the room.
 * Whatever it follows from stands in its key, so nothing in it is ever out of date.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "key/key.h"

#define SJ_DASH_CACHE_MAX ((size_t)128 << 20) /**< bytes, unless something else is said */

/** A cache. Safe from several threads at once. */
struct sj_dash_cache;

/**
 * Make a cache. Its file is read when something is first looked up, and may be shared with other
 * processes: each finds what the others had kept by then. Where it cannot be read or written, all
 * is kept in memory alone.
 *
 * @param path         of its file; a second one has ".old" behind it; NULL: memory alone
 * @param is_read_only the file is only read
 * @param limit        bytes that it may hold, in memory and in its files
 * @return never NULL; the caller frees it
 */
struct sj_dash_cache *sj_dash_cache_new(const char *path, bool is_read_only, size_t limit);

/** Free a cache; what its file holds stays. @param cache cache, or NULL */
void sj_dash_cache_free(struct sj_dash_cache *cache);

/** Forget all, but not what the file holds: it is read anew, for it may be another one by now.
 * @param cache cache, or NULL */
void sj_dash_cache_forget(struct sj_dash_cache *cache);

/**
 * Look something up.
 *
 * @param cache cache; NULL: nothing is ever there
 * @param key   its key
 * @param out   bytes are appended; they may come from a file that anybody has written
 * @return whether it was there
 */
bool sj_dash_cache_get(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_buf *out);

/** Keep something. What is too large is not kept. @param cache cache, or NULL @param key its key
 * @param data bytes; copied @param len how many */
void sj_dash_cache_put(struct sj_dash_cache *cache, const struct sj_key *key, const void *data,
                       size_t len);
