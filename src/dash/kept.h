// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Whole pages that took long to make, kept as they are: one that nothing has changed for is not
 * made again. Private to the room.
 */
#pragma once

#include "dash/ground.h"
#include "dash/page.h"

/**
 * What a page follows from: the address, who asks, which builds they may see and what these hold,
 * the repository, settings.
 *
 * @param ground ground, refreshed
 * @param call   what is asked
 * @return its key
 */
struct sj_key sj_kept_key(const struct sj_dash_ground *ground, const struct sj_dash_call *call);

/** Look a page up. @param cache cache @param key of the page @param out takes the page; the caller
 * frees it @return whether it was there */
bool sj_kept_find(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_doc **out);

/** Keep a page. @param cache cache @param key of the page @param doc page */
void sj_kept_put(struct sj_dash_cache *cache, const struct sj_key *key, const struct sj_doc *doc);
