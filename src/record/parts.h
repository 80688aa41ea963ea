// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The files of a journal: their names, which there are, and the lock for making and removing them.
 * Private to the room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define SJ_JOURNAL_CURRENT "current" /**< link to the part that is written to */
#define SJ_PART_NAME_SIZE  32        /**< room for any file's name */

/**
 * How long after its end a part may still be written to, by a process that opened it just before
 * and has waited for a processor since.
 */
#define SJ_PART_LATE_NS (60 * SJ_NS_PER_S)

/** The files of a journal at one moment. Zeroed: none. */
struct sj_parts {
    uint64_t *numbers; /**< of the parts behind the ledger, ascending, up to the current one */
    size_t count;      /**< length of numbers */
    uint64_t folded;   /**< number of the newest ledger; 0: none */
    uint64_t highest;  /**< of all parts and ledgers; 0: none */
};

/** Free a list. @param parts list, zeroed or NULL */
void sj_parts_release(struct sj_parts *parts);

/**
 * List the files of a journal.
 *
 * @param dir_fd its directory
 * @param above  only parts with a greater number
 * @param out    takes the list; release with sj_parts_release()
 * @return 0 or a negative errno
 */
int sj_parts_list(int dir_fd, uint64_t above, struct sj_parts *out);

/** A part's file name. @param number of the part @param out takes the name */
void sj_part_name(uint64_t number, char out[SJ_PART_NAME_SIZE]);

/** A ledger's file name. @param number of the last part in it @param out takes the name */
void sj_part_sum_name(uint64_t number, char out[SJ_PART_NAME_SIZE]);

/**
 * Open the journal's directory.
 *
 * @param dir the store's directory
 * @return descriptor, which the caller closes, or a negative errno
 */
int sj_parts_open(const char *dir);

/**
 * Take the lock for making and removing parts.
 *
 * @param dir_fd  the journal's directory
 * @param is_wait wait for it
 * @return descriptor whose closing gives the lock back; -EWOULDBLOCK: taken; a negative errno
 */
int sj_parts_lock(int dir_fd, bool is_wait);

/**
 * Remove the parts and ledgers that a ledger has made superfluous.
 *
 * @param dir_fd the journal's directory, locked
 * @param folded number of that ledger
 */
void sj_parts_prune(int dir_fd, uint64_t folded);
