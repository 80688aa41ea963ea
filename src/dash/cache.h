// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What pages have worked out, kept in memory until something else needs the room. Whatever it
 * follows from stands in its key, so nothing in it is ever out of date.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "key/key.h"

#define SJ_DASH_CACHE_MAX ((size_t)128 << 20) /**< bytes, unless something else is said */

/** A cache. Safe from several threads at once. */
struct sj_dash_cache;

/** Make a cache. @param limit bytes that it may hold @return never NULL; the caller frees it */
struct sj_dash_cache *sj_dash_cache_new(size_t limit);

/** Free a cache. @param cache cache, or NULL */
void sj_dash_cache_free(struct sj_dash_cache *cache);

/**
 * Look something up.
 *
 * @param cache cache; NULL: nothing is ever there
 * @param key   its key
 * @param out   bytes are appended
 * @return whether it was there
 */
bool sj_dash_cache_get(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_buf *out);

/** Keep something. What is too large is not kept. @param cache cache, or NULL @param key its key
 * @param data bytes; copied @param len how many */
void sj_dash_cache_put(struct sj_dash_cache *cache, const struct sj_key *key, const void *data,
                       size_t len);
