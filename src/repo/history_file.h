// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The file that a history is kept in. For this room only.
 */
#pragma once

#include "repo/history_data.h"

/**
 * Open the file, make it when missing, and read what it holds.
 *
 * @param history history, its cache set
 * @param err     what failed
 * @return 0 (also where it cannot be written: it is only read then) or a negative errno
 */
int sj_history_file_open(struct sj_history *history, struct sj_err *err);

/**
 * Keep other writers out, and read what they have added since.
 *
 * @param history history
 * @return 0 or a negative errno
 */
int sj_history_file_lock(struct sj_history *history);

/** Let other writers in. @param history history */
void sj_history_file_unlock(struct sj_history *history);

/**
 * Append what the file does not hold yet; the file is locked. Where that fails, the history is no
 * longer kept: it is a cache.
 *
 * @param history history
 */
void sj_history_file_append(struct sj_history *history);

/** Write all again at the next append: what was read from the file is not what is held any more.
 * @param history history */
void sj_history_file_renew(struct sj_history *history);

/**
 * Read a file's bytes into a history; the fuzzer's way in, too.
 *
 * @param history history; holds what stood before these bytes
 * @param data    bytes
 * @param len     how many
 * @param is_start whether they begin with the file's header
 * @param used    takes the bytes up to the first damage, or len
 * @return 0, -EBADMSG (damaged behind what was used) or -EPROTO (no file of ours, or of another
 *         version)
 */
int sj_history_file_decode(struct sj_history *history, const void *data, size_t len, bool is_start,
                           size_t *used);

/**
 * Write a part as it stands in the file: all that the file does not hold yet, up to a number of
 * commits.
 *
 * @param history     history
 * @param max_commits at most so many
 * @param out         the part is appended
 */
void sj_history_file_encode(struct sj_history *history, size_t max_commits, struct sj_buf *out);

/** The bytes that a file begins with. @param mark what tells it from the one before @param out they
 * are appended */
void sj_history_part_header(uint64_t mark, struct sj_buf *out);
