// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A bill, added up by commit, author, directory or file.
 */
#pragma once

#include "analyze/bill.h"

/** By what to add up. */
enum sj_blame_by {
    SJ_BLAME_BY_COMMIT,    /**< each commit */
    SJ_BLAME_BY_AUTHOR,    /**< name and address, by the mailmap */
    SJ_BLAME_BY_DIRECTORY, /**< directories of changed files, with all below them */
    SJ_BLAME_BY_FILE,      /**< changed files */
    SJ_BLAME_BY_CAUSE,     /**< kinds of causes, commits among them */
    SJ_BLAME_BY_COUNT,
};

/** Something that was charged. */
struct sj_blame_line {
    const char *name;        /**< author, directory, file or kind; "" for a commit */
    const char *detail;      /**< address of an author, more words of a cause; "": none */
    struct sj_oid commit;    /**< for a commit */
    uint32_t place;          /**< of the commit in the history; SJ_NO_COMMIT: not there */
    uint32_t row;            /**< of the bill, for a commit and a cause; UINT32_MAX: none */
    enum sj_blame_kind kind; /**< for a cause */
    bool is_inferred;        /**< nothing of it is on record */
    unsigned ways;           /**< bits by enum sj_blame_via */
    uint64_t charge_ns;      /**< its share */
    uint64_t whole_ns; /**< what it costs when built by itself; 0: says nothing of this kind */
    uint64_t alone_ns; /**< CPU of compiles that nothing else made necessary */
    uint64_t compiles; /**< that it had a part in; of a directory and an author: a compile
                            counts once for each commit or file */
    uint64_t commits;  /**< commits in it */
};

/** What was charged, dearest first. Zeroed: nothing. */
struct sj_blame_lines {
    struct sj_blame_line *items; /**< the lines */
    size_t count;                /**< length of items */
    size_t size;                 /**< allocated */
    struct sj_keymap map;        /**< of them; by name */
};

/** Free lines. @param lines lines, zeroed or NULL */
void sj_blame_lines_release(struct sj_blame_lines *lines);

/**
 * Add up what commits were charged; by cause: all.
 *
 * @param bill    bill
 * @param history knows the commits; NULL: none at hand
 * @param by      by what
 * @param out     takes the lines; texts are the bill's pool's
 */
void sj_blame_lines_make(const struct sj_bill *bill, const struct sj_history *history,
                         enum sj_blame_by by, struct sj_blame_lines *out);

/**
 * What was charged to causes other than commits, one line for each kind and its words.
 *
 * @param bill  bill
 * @param group of causes
 * @param out   takes the lines
 */
void sj_blame_lines_causes(const struct sj_bill *bill, enum sj_blame_group group,
                           struct sj_blame_lines *out);

/**
 * The commits that a merge brought.
 *
 * @param bill    bill that looked into merges
 * @param history knows the commits
 * @param merge   which
 * @param out     takes the lines
 */
void sj_blame_lines_parts(const struct sj_bill *bill, const struct sj_history *history,
                          const struct sj_oid *merge, struct sj_blame_lines *out);

/** Which files belong to which line of a bill. Zeroed: nothing. */
struct sj_blame_index {
    uint32_t *first; /**< by line: its first file; UINT32_MAX: none */
    uint32_t *next;  /**< by file: the next one of the same line; UINT32_MAX: none */
};

/** Make an index. @param bill bill, which must not change @param out takes it; release with
 * sj_blame_index_release() */
void sj_blame_index_make(const struct sj_bill *bill, struct sj_blame_index *out);

/** Free an index. @param index index, zeroed or NULL */
void sj_blame_index_release(struct sj_blame_index *index);

/** The files of a line of the bill, dearest first. @param bill bill @param index its index @param
 * row line @param out takes the lines */
void sj_blame_lines_files(const struct sj_bill *bill, const struct sj_blame_index *index,
                          uint32_t row, struct sj_blame_lines *out);
