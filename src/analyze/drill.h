// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a merge brought, commit by commit: its charge is split among them by the rule by which it
 * was charged itself.
 */
#pragma once

#include "analyze/blame.h"
#include "key/keymap.h"
#include "repo/history.h"

/** Looks into merges. Opaque. */
struct sj_drill;

/** Begin. @param history takes in the commits of merges' sides; must outlive the handle @param pool
 * takes texts @return never NULL; the caller frees it */
struct sj_drill *sj_drill_new(struct sj_history *history, struct sj_pool *pool);

/** End. @param drill handle, or NULL */
void sj_drill_free(struct sj_drill *drill);

/** Whether a commit is a merge of this history. @param drill handle @param commit its name @return
 * true when it is */
bool sj_drill_is_merge(const struct sj_drill *drill, const struct sj_oid *commit);

/**
 * Put what a merge changed down to the commits that it brought.
 *
 * @param drill handle
 * @param files causes of one compile that name the merge, one for each file
 * @param count how many
 * @param out   takes an array of causes, sorted, none twice, at least one: what no commit of the
 *              side changed stays the merge's own. The caller frees it
 * @param found takes its length
 * @param err   what failed
 * @return 0 or a negative errno
 */
int sj_drill_split(struct sj_drill *drill, const struct sj_blame *files, size_t count,
                   struct sj_blame **out, size_t *found, struct sj_err *err);
