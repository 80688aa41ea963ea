// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Whether a set of changed paths touches what a unit reads, looked for in vain, or listed.
 */
#pragma once

#include "analyze/changes.h"
#include "record/db.h"

/** Numbers of texts. Zeroed: none. */
struct sj_numbers {
    uint64_t *bits; /**< one for each number */
    uint32_t size;  /**< numbers below it have a bit */
    size_t count;   /**< how many are in */
};

/** Free a set. @param numbers set, zeroed or NULL */
void sj_numbers_release(struct sj_numbers *numbers);
/** Add a number. @param numbers set @param number which */
void sj_numbers_add(struct sj_numbers *numbers, uint32_t number);

/** Add all numbers of another set. @param into set @param from the other one */
void sj_numbers_join(struct sj_numbers *into, const struct sj_numbers *from);

/** Whether a number is in. @param numbers set @param number which @return true when it is */
static inline bool sj_numbers_has(const struct sj_numbers *numbers, uint32_t number)
{
    return number < numbers->size && numbers->bits[number / 64] >> (number % 64) & 1;
}

/** Changed paths as a database knows them. Zeroed: none. */
struct sj_match {
    struct sj_db *db;             /**< database; the caller's */
    struct sj_numbers content;    /**< paths whose content changes */
    struct sj_numbers present;    /**< paths that come to be, with the directories above them */
    struct sj_numbers names;      /**< directories whose list of names changes */
    struct sj_buf submodules;     /**< paths of submodules with a slash behind, each terminated */
    const struct sj_numbers *too; /**< more paths whose content changes, such as generated ones;
                                     NULL: none; the caller's */
};

/**
 * Look changed paths up.
 *
 * @param db      database; must outlive the match
 * @param changes sorted
 * @param out     takes the match; release with sj_match_release()
 */
void sj_match_make(struct sj_db *db, const struct sj_changes *changes, struct sj_match *out);

/** Free a match. @param match match, zeroed or NULL */
void sj_match_release(struct sj_match *match);

/** Why a unit is touched. */
enum sj_match_why {
    SJ_MATCH_NONE,    /**< it is not */
    SJ_MATCH_CONTENT, /**< an input has other content */
    SJ_MATCH_PRESENT, /**< a file comes to be where it looked in vain: it may hide another */
    SJ_MATCH_NAMES,   /**< a directory that it listed has other names in it */
    SJ_MATCH_WHY_COUNT,
};

/**
 * Hold the inputs of a state against the changes.
 *
 * @param match   changes
 * @param inputs  inputs, as sj_db_inputs() gives them
 * @param count   how many
 * @param path    takes the text of the first one touched; may be NULL
 * @return why; a change of content before the others
 */
enum sj_match_why sj_match_inputs(const struct sj_match *match, const struct sj_input *inputs,
                                  size_t count, uint32_t *path);
