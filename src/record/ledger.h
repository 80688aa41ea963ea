// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The ledger: sums over all records ever left, one row for each build and day. Old parts of the
 * journal are folded into a file beside it, so that they can go without their sums going with them.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "record/summary.h"

/** Bytes of finished parts that are kept unfolded: the records that can still be explained. */
#define SJ_LEDGER_KEEP ((uint64_t)256 << 20)

/** Records of one build that began on one day. */
struct sj_ledger_row {
    char *build;               /**< build id; "" for records of no build */
    uint32_t day;              /**< since the epoch, UTC */
    struct sj_summary summary; /**< their sums; without the dearest misses once folded */
};

/** A ledger. Zeroed: empty. */
struct sj_ledger {
    struct sj_ledger_row *rows; /**< in the order in which they were met */
    size_t count;               /**< length of rows */
    size_t size;                /**< allocated */
    uint64_t skipped_bytes;     /**< of the journal, damaged and passed over */
    bool is_damaged;            /**< the file of folded sums could not be read: they are missing */
};

/** Free what a ledger holds. @param ledger ledger, zeroed or NULL */
void sj_ledger_release(struct sj_ledger *ledger);

/** Add a record to its row. @param ledger ledger @param record record; nothing of it is kept */
void sj_ledger_add(struct sj_ledger *ledger, const struct sj_record *record);

/** Which records to count. Zeroed: all. */
struct sj_ledger_filter {
    const char *build; /**< only this build's; NULL: all */
    uint64_t since_ns; /**< only those that began at or after this time, CLOCK_REALTIME; what was
                            folded is judged by its day's end */
};

/**
 * Count all records: what was folded, then the journal.
 *
 * @param dir    the store's directory
 * @param filter which ones
 * @param out    takes the ledger; release with sj_ledger_release()
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_ledger_load(const char *dir, const struct sj_ledger_filter *filter, struct sj_ledger *out,
                   struct sj_err *err);

/**
 * Fold the oldest finished parts of the journal into the ledger's file and remove them, as long as
 * more bytes of finished parts are there than are to be kept. Parts that ended within the last
 * minute stay.
 *
 * @param dir        the store's directory
 * @param keep_bytes finished parts to keep, such as SJ_LEDGER_KEEP
 * @param freed      takes the bytes of the removed parts; may be NULL
 * @param err        what failed
 * @return 0 (also when another process is at it) or a negative errno; then nothing is lost
 */
int sj_ledger_fold(const char *dir, uint64_t keep_bytes, uint64_t *freed, struct sj_err *err);

/**
 * Encode a ledger. The format is drawn in ledger.c.
 *
 * @param ledger ledger
 * @param out    bytes are appended
 */
void sj_ledger_encode(const struct sj_ledger *ledger, struct sj_buf *out);

/**
 * Decode a ledger and add its rows.
 *
 * @param data   bytes, untrusted
 * @param len    how many
 * @param ledger takes the rows; as it was on failure
 * @return 0 or -EBADMSG
 */
int sj_ledger_decode(const void *data, size_t len, struct sj_ledger *ledger);
