// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The mark beside the index: a symbolic link, so that one system call reads it, whose target says
 * since which boot something was written that may not have reached the disk. A mark of another boot
 * means that the machine stopped in between: the index cannot be trusted, nor even be looked into.
 * Source: proc(5), /proc/sys/kernel/random/boot_id.
 */
#pragma once

#include <stdbool.h>

#include "key/key.h"

/** What a mark says. */
enum sj_mark {
    SJ_MARK_NONE,  /**< all that was written is on disk */
    SJ_MARK_NOW,   /**< written in this boot: what is read is what was written */
    SJ_MARK_STALE, /**< of another boot, or condemned: the index must be made again */
};

/**
 * The boot that this is.
 *
 * @return its number; all 0xff where the kernel does not tell
 */
struct sj_key sj_boot_id(void);

/**
 * Look at the mark.
 *
 * @param dir  the store's directory
 * @param boot takes this boot's number; all 0 where it was not needed
 * @return what it says
 */
enum sj_mark sj_mark_get(const char *dir, struct sj_key *boot);

/**
 * Set the mark for this boot and see that it is on disk before anything that it speaks of. A mark
 * that is there stays.
 *
 * @param dir  the store's directory
 * @param boot this boot
 * @return 0 or a negative errno
 */
int sj_mark_set(const char *dir, const struct sj_key *boot);

/** Remove the mark. @param dir the store's directory @return 0 or a negative errno */
int sj_mark_clear(const char *dir);
