// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * History as the analyser needs it: which commit follows which along first parents, and which paths
 * each of them changed. Made by comparing trees by name, without a single blob, once for each
 * commit, and kept in a file, so that a push costs what it brought.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/oid.h"
#include "repo/repo.h"

#define SJ_NO_COMMIT UINT32_MAX /**< no such commit */

/** Bits of a commit. */
enum sj_commit_flags {
    SJ_COMMIT_MERGE = 1u << 0,   /**< has more than one parent */
    SJ_COMMIT_ROOT = 1u << 1,    /**< has no parent */
    SJ_COMMIT_CUT = 1u << 2,     /**< its parent is not there: the edge of a shallow clone. Its
                                      changes are not known and left empty */
    SJ_COMMIT_PARTIAL = 1u << 3, /**< some of its changes are missing: trees of it are damaged or
                                      not there, or names in them too long, too deep or too many */
};

/** A commit. Texts are the history's. */
struct sj_commit {
    struct sj_oid id;      /**< its name */
    struct sj_oid second;  /**< its second parent; zero: none */
    uint32_t parent;       /**< first parent's place; SJ_NO_COMMIT: root or cut */
    uint32_t position;     /**< commits before it along first parents */
    uint32_t change;       /**< first of its changes */
    uint32_t change_count; /**< how many */
    uint32_t flags;        /**< of enum sj_commit_flags */
    int64_t time_s;        /**< committer's time: may go backwards */
    const char *author;    /**< name, by the mailmap; not escaped */
    const char *email;     /**< address, by the mailmap */
    const char *subject;   /**< first line of the message */
};

/** A path that a commit changed against its first parent. */
struct sj_change {
    uint32_t path;        /**< sj_history_path() */
    uint32_t commit;      /**< place of the commit */
    struct sj_oid before; /**< blob before; zero: added */
    struct sj_oid after;  /**< blob after; zero: removed */
    uint16_t type_before; /**< git's mode before: 0160000 for a submodule */
    uint16_t type_after;  /**< git's mode after */
};

/** History of one repository. */
struct sj_history;

/** What an update did. */
struct sj_history_update {
    uint32_t added;   /**< commits that were new */
    uint32_t partial; /**< commits of all that are known some changes of which are missing:
                           SJ_COMMIT_PARTIAL */
    bool is_shallow;  /**< history ends at a cut */
    bool was_remade;  /**< the file was damaged or of another version: made again */
};

/**
 * Open a history.
 *
 * @param repo     repository; must outlive the history
 * @param cache    file to keep it in, made with its directory when missing; NULL: keep nothing. A
 *                 damaged one is made again
 * @param out      takes the history; the caller closes it
 * @param err      what failed
 * @return 0 or a negative errno
 *
 * One handle serves one thread at a time.
 */
int sj_history_open(struct sj_repo *repo, const char *cache, struct sj_history **out,
                    struct sj_err *err);

/** Close a history. @param history history, or NULL */
void sj_history_close(struct sj_history *history);

/**
 * Take in a commit and all first parents of it that are not known yet, and write them to the file.
 * Pointers that were borrowed from the history are gone.
 *
 * @param history history
 * @param tip     commit
 * @param out     takes what was done; may be NULL
 * @param err     what failed
 * @return 0, -ENOENT (no such commit here: rewritten, or never fetched) or another negative errno
 */
int sj_history_take(struct sj_history *history, const struct sj_oid *tip,
                    struct sj_history_update *out, struct sj_err *err);

/** Find a commit. @param history history @param id its name @return place, or SJ_NO_COMMIT where it
 * was not taken in */
uint32_t sj_history_find(const struct sj_history *history, const struct sj_oid *id);

/** All commits; parents stand before children. @param history history @param count takes how many
 * @return the first */
const struct sj_commit *sj_history_commits(const struct sj_history *history, size_t *count);

/** All changes, by commit, then path name. @param history history @param count takes how many
 * @return the first */
const struct sj_change *sj_history_changes(const struct sj_history *history, size_t *count);

/** A path. @param history history @param path its number @return text */
const char *sj_history_path(const struct sj_history *history, uint32_t path);

/** The number of a path. @param history history @param text path @return number; UINT32_MAX: no
 * commit changed it */
uint32_t sj_history_path_find(const struct sj_history *history, const char *text);

/**
 * Changes of one path, oldest first, of all commits taken in, whichever line they stand in.
 *
 * @param history history
 * @param path    its number
 * @param count   takes how many
 * @return places in sj_history_changes(); the history's
 */
const uint32_t *sj_history_of_path(struct sj_history *history, uint32_t path, size_t *count);

/** Whether a commit is another one's ancestor along first parents, or itself.
 * @param history history @param ancestor place @param commit place @return true when it is */
bool sj_history_is_ancestor(const struct sj_history *history, uint32_t ancestor, uint32_t commit);

/** The nearest commit that two commits both come from along first parents.
 * @param history history @param a place @param b place @return place, or SJ_NO_COMMIT */
uint32_t sj_history_fork(const struct sj_history *history, uint32_t a, uint32_t b);

/**
 * Changes of a commit against another of its parents, or what a merge brought commit by commit: the
 * commits of the second parent's side that are not on the first parent's.
 *
 * @param history history
 * @param merge   place of a merge
 * @param max     at most so many
 * @param out     takes their names, oldest first; the caller frees it
 * @param count   takes how many
 * @return 0 or a negative errno
 */
int sj_history_side(struct sj_history *history, uint32_t merge, size_t max, struct sj_oid **out,
                    size_t *count);

/**
 * Where a path came from in the commit that added it: another path that the same commit removed,
 * with equal content, or, where blobs are at hand, with similar content (50 %).
 *
 * @param history history
 * @param commit  place
 * @param path    number of a path that the commit added
 * @param out     takes the number of the path it was before
 * @return 0, -ENOENT (it is new) or another negative errno
 */
int sj_history_renamed(struct sj_history *history, uint32_t commit, uint32_t path, uint32_t *out);
