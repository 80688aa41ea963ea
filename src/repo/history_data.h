// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a history holds in memory. For this room only.
 */
#pragma once

#include <git2.h>

#include "base/str.h"
#include "repo/git.h"
#include "repo/history.h"
#include "repo/slots.h"

/** Beside enum sj_commit_flags: what is missing was not there; it may be one day. */
#define SJ_COMMIT_LACKS (1u << 4)

#define SJ_COMMIT_FLAGS_ALL 31u /**< all bits of enum sj_commit_flags, and SJ_COMMIT_LACKS */

/** An author: as commits name him, and as the mailmap does. */
struct sj_person {
    const char *name;        /**< in the commit */
    const char *email;       /**< in the commit */
    const char *shown_name;  /**< by the mailmap */
    const char *shown_email; /**< by the mailmap */
};

/** A block of texts; they never move. */
struct sj_texts {
    struct sj_texts *next; /**< block before it */
    size_t len;            /**< bytes used */
    size_t size;           /**< bytes there are */
    char data[];           /**< texts, each terminated */
};

/** How much there is of everything. */
struct sj_history_counts {
    size_t commits; /**< commits */
    size_t changes; /**< changes */
    size_t paths;   /**< paths */
    size_t people;  /**< authors */
};

/** The file that a history is kept in. */
struct sj_history_file {
    char *path;                       /**< NULL: none */
    int fd;                           /**< -1: none */
    uint64_t len;                     /**< bytes of it that were read or written */
    uint64_t mark;                    /**< what it was begun with */
    struct sj_history_counts written; /**< what it holds */
    bool is_writable;                 /**< it can be written to */
    bool was_damaged;                 /**< what is behind len is no good */
    bool is_to_renew;                 /**< it is to be written from its beginning */
};

/** Arrays that grow, with what finds things in them. */
struct sj_history {
    struct sj_repo *repo;        /**< borrowed */
    struct sj_history_file file; /**< where it is kept */

    struct sj_commit *commits; /**< parents before children */
    uint32_t *jumps;           /**< for each commit an ancestor some way back */
    uint32_t *persons;         /**< for each commit its author */
    size_t commit_count;       /**< how many */
    size_t commit_size;        /**< room for so many */
    struct sj_slots by_id;     /**< their names */

    struct sj_change *changes; /**< by commit, then path */
    size_t change_count;       /**< how many */
    size_t change_size;        /**< room for so many */

    const char **paths;      /**< texts of paths */
    size_t path_count;       /**< how many */
    size_t path_size;        /**< room for so many */
    struct sj_slots by_path; /**< filled when first asked: see sj_history_path_find() */

    struct sj_person *people;  /**< authors */
    size_t person_count;       /**< how many */
    size_t person_size;        /**< room for so many */
    struct sj_slots by_person; /**< as they stand in commits */
    git_mailmap *mailmap;      /**< NULL: none */

    struct sj_texts *texts; /**< newest block */

    uint32_t *of_path;       /**< changes of each path, one path after the other; NULL: not made */
    uint32_t *of_path_first; /**< where each path's begin, and the end of the last one's */

    uint32_t renames_commit;   /**< commit that renames are of; SJ_NO_COMMIT: none */
    struct sj_rename *renames; /**< its renames */
    size_t rename_count;       /**< how many */
};

/** A path that came from another one. */
struct sj_rename {
    uint32_t from; /**< path it was */
    uint32_t to;   /**< path it is */
};

/**
 * Keep a text for as long as the history lives.
 *
 * @param history history
 * @param data    bytes; a NUL ends them early
 * @param len     how many
 * @return the text
 */
const char *sj_history_keep(struct sj_history *history, const char *data, size_t len);

/** Keep a block of texts. @param history history @param data texts @param len their length together
 * @return the block */
const char *sj_history_keep_block(struct sj_history *history, const char *data, size_t len);

/** A history that is kept nowhere. @param repo repository @return empty history; the caller closes
 * it */
struct sj_history *sj_history_new(struct sj_repo *repo);

/** How much there is. @param history history @return counts */
struct sj_history_counts sj_history_count(const struct sj_history *history);

/** Forget all that was added behind some counts. @param history history @param counts counts */
void sj_history_cut_to(struct sj_history *history, const struct sj_history_counts *counts);

/** Make room for commits. @param history history @param more so many more */
void sj_history_reserve_commits(struct sj_history *history, size_t more);
/** Make room for changes. @param history history @param more so many more */
void sj_history_reserve_changes(struct sj_history *history, size_t more);

/**
 * Append a commit whose members but position are set; its changes are appended after it.
 *
 * @param history history
 * @param commit  commit; author and email are not looked at
 * @param person  its author
 * @return its place
 */
uint32_t sj_history_add_commit(struct sj_history *history, const struct sj_commit *commit,
                               uint32_t person);

/** Append a path that is not there yet. @param history history @param text kept by the caller
 * @return its number */
uint32_t sj_history_add_path(struct sj_history *history, const char *text);

/** Number of a path; appended when it is new. @param history history @param text path @param len
 * its length @return number */
uint32_t sj_history_take_path(struct sj_history *history, const char *text, size_t len);

/** Append an author that is not there yet. @param history history @param name kept by the caller
 * @param email kept by the caller @return the number */
uint32_t sj_history_add_person(struct sj_history *history, const char *name, const char *email);

/** Number of an author; appended when new. @param history history @param name name @param email
 * address @return number */
uint32_t sj_history_take_person(struct sj_history *history, struct sj_str name,
                                struct sj_str email);

/** Forget what was worked out from commits and changes: they are about to grow.
 * @param history history */
void sj_history_forget(struct sj_history *history);
