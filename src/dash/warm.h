// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Makes pages before anybody asks for them, whenever the records have changed: what they work out
 * is kept, so that the next reader waits for none of it. A thread of its own at low priority, with
 * a ground of its own. Private to the room.
 */
#pragma once

#include "dash/ground.h"
#include "server/pages.h"

/** Such a thread. */
struct sj_warmer;

/**
 * Start. The pages that are looked at most are made for a reader who sees all; those that took long
 * are remembered and made again for who asked for them.
 *
 * @param options the dashboard's; outlive it
 * @param cache   takes what was worked out; outlives it
 * @return NULL: no thread can be started, or the settings are wrong: readers wait, no more
 */
struct sj_warmer *sj_warmer_new(const struct sj_dash_options *options, struct sj_dash_cache *cache);

/** Stop, soon, and free. @param warmer warmer, or NULL */
void sj_warmer_free(struct sj_warmer *warmer);

/**
 * Remember a request that took long.
 *
 * @param warmer  warmer, or NULL
 * @param ground  what it was answered from
 * @param request request
 *
 * Safe from several threads at once.
 */
void sj_warmer_note(struct sj_warmer *warmer, const struct sj_dash_ground *ground,
                    const struct sj_page_request *request);

/** Wait until all is made of what the records hold now. @param warmer warmer, or NULL. Safe from
 * several threads at once */
void sj_warmer_settle(struct sj_warmer *warmer);
