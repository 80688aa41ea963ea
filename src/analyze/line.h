// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The commits between a build and the one that it is compared with: first parents only, so a merge
 * is one of them. For a merge that the CI system made of a pull request there are two lines: what
 * came into the target branch, and the pull request's own commits.
 */
#pragma once

#include "analyze/blame.h"
#include "analyze/view.h"

/** A stretch of first parents: the commits behind `from` up to `to`. */
struct sj_stretch {
    uint32_t from; /**< place; SJ_NO_COMMIT: there is no such stretch */
    uint32_t to;   /**< place */
};

/** A change of a build description on a line. */
struct sj_line_description {
    uint32_t change;  /**< place in sj_history_changes() */
    unsigned decides; /**< bits of enum sj_description */
};

/** The commits between two builds. Zeroed: none. */
struct sj_line {
    const struct sj_view *view; /**< theirs */
    size_t reference;           /**< index of the earlier build */
    size_t build;               /**< index of the later build */
    struct sj_stretch main;     /**< on the branch */
    struct sj_stretch side;     /**< of the pull request, where the commit is a synthetic merge */
    struct sj_oid head;         /**< of the pull request, when this repository does not have it;
                                     zero: nothing is missing */
    enum sj_blame_kind broken;  /**< SJ_BLAME_COMMIT: the line is there; else what to say of
                                     changes that it would have explained */
    const char *broken_why;     /**< more words; static */
    bool is_straight;           /**< the earlier commit is an ancestor of the later one */
    bool is_dirty;              /**< the later build had uncommitted changes */
    bool was_dirty;             /**< the earlier build had uncommitted changes */
    bool was_synthetic;         /**< the earlier build was of a pull request */
    struct sj_line_description *descriptions; /**< changes of build descriptions, oldest first */
    size_t description_count;                 /**< length of descriptions */
    bool is_described;                        /**< descriptions are there */
};

/** Free what a line holds. @param line line, zeroed or NULL */
void sj_line_release(struct sj_line *line);

/**
 * The line between two builds.
 *
 * @param view      view
 * @param reference index of the earlier one
 * @param build     index of the later one
 * @param out       takes the line; release with sj_line_release()
 */
void sj_line_between(const struct sj_view *view, size_t reference, size_t build,
                     struct sj_line *out);

/** What is known of a file's content. */
struct sj_line_blob {
    bool is_known;      /**< blob is set */
    struct sj_oid blob; /**< git's name; zero: the file is not there */
};

/** Changes of one path. Zeroed: none. */
struct sj_line_changes {
    uint32_t *changes; /**< places in sj_history_changes(), oldest first; the caller frees it */
    size_t count;      /**< length of changes */
    size_t size;       /**< allocated */
};

/**
 * The changes of a path on a stretch, but for those before the last commit at which the path was
 * what the earlier build read: what was changed and changed back has no part in it.
 *
 * @param line    line that is not broken
 * @param stretch of it
 * @param path    number of the history
 * @param before  what the earlier build read
 * @param out     changes are appended
 */
void sj_line_of_path(const struct sj_line *line, const struct sj_stretch *stretch, uint32_t path,
                     const struct sj_line_blob *before, struct sj_line_changes *out);

/**
 * Visit all changes of a line, newest commit first.
 *
 * @param line  line; broken: nothing is visited
 * @param visit called for each
 * @param user  handed to visit
 */
void sj_line_each(const struct sj_line *line, void (*visit)(uint32_t change, void *user),
                  void *user);

/**
 * The changes of build descriptions of a line.
 *
 * @param line  line
 * @param count takes how many
 * @return the first; the line's
 */
const struct sj_line_description *sj_line_descriptions(struct sj_line *line, size_t *count);
