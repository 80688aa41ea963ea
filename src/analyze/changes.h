// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A set of changed paths: what a commit, a range, a diff or the index changes. Paths are relative
 * to the repository's root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/history.h"

/** What happened to a path. */
enum sj_changed_kind {
    SJ_CHANGED_EDIT = 'M',    /**< other content */
    SJ_CHANGED_ADDED = 'A',   /**< was not there before */
    SJ_CHANGED_REMOVED = 'D', /**< is not there any more */
};

/** A changed path. */
struct sj_changed {
    uint32_t path;     /**< where it begins in sj_changes.names */
    uint32_t from;     /**< of an added one: the path that it was before; UINT32_MAX: none */
    char kind;         /**< enum sj_changed_kind */
    bool is_submodule; /**< the path is a submodule */
};

/** Changed paths. Zeroed: none, and nothing can be added. */
struct sj_changes {
    struct sj_changed *items; /**< by path once sorted */
    size_t count;             /**< length of items */
    size_t size;              /**< allocated */
    struct sj_buf names;      /**< each NUL-terminated */
};

/** No changes yet. */
#define SJ_CHANGES_NONE ((struct sj_changes){.names = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)})

/** Free what a set holds. @param changes set, zeroed or NULL */
void sj_changes_release(struct sj_changes *changes);

/**
 * Add a path.
 *
 * @param changes      set; to be sorted before it is used
 * @param kind         what happened to it
 * @param path         copied
 * @param from         what it was before it was renamed; NULL: it was not
 * @param is_submodule it is one
 */
void sj_changes_add(struct sj_changes *changes, enum sj_changed_kind kind, const char *path,
                    const char *from, bool is_submodule);

/** Sort by path, and make one of entries for the same path: added and removed is edited.
 * @param changes set */
void sj_changes_sort(struct sj_changes *changes);

/** The path of an entry. @param changes set @param index which @return text; the set's */
const char *sj_changed_path(const struct sj_changes *changes, size_t index);

/** What an added path was before. @param changes set @param index which @return text; NULL: new */
const char *sj_changed_from(const struct sj_changes *changes, size_t index);

/**
 * What lies between two commits of one line of first parents: paths whose content at the end is
 * another than at the beginning. What was changed and changed back is no change, nor are modes.
 *
 * @param history history
 * @param from    place; SJ_NO_COMMIT: only what `to` itself changed
 * @param to      place
 * @param out     paths are added, and the set sorted
 * @return whether all changes are known: false where history is cut off in between
 */
bool sj_changes_between(const struct sj_history *history, uint32_t from, uint32_t to,
                        struct sj_changes *out);
