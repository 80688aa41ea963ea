// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What each file that units read costs a month: its readers' CPU, times how often it changes, times
 * its share of what its changes set off.
 */
#pragma once

#include "analyze/replay.h"

#define SJ_HEADERS_DAYS \
    365.0 /**< how far back history is looked at, unless something else is said */

/** A file that units read. */
struct sj_header {
    uint32_t file;         /**< its place in the fan-out, and in the replay */
    double per_month;      /**< changes that are to be expected a month */
    double share;          /**< 0 to 1: of its readers' CPU, what one change is to blame for */
    double month_ns;       /**< CPU a month that is to be expected */
    double alone_month_ns; /**< of it, what would be saved if no unit read it any more */
};

/** All of them. Zeroed: none. */
struct sj_headers {
    struct sj_units units;   /**< as they stand */
    struct sj_fanout fanout; /**< who reads what */
    struct sj_replay replay; /**< the last months */
    struct sj_header *rows;  /**< the dearest first */
    size_t count;            /**< length of rows */
    double month_ns;         /**< sum over rows */
    double usual_share;      /**< of files that never changed */
    uint32_t tip;            /**< index of the build whose units these are */
    uint32_t commit;         /**< place of the newest commit looked at; SJ_NO_COMMIT: none */
    size_t gone;             /**< units left out: their source has been removed */
};

/**
 * Work it out.
 *
 * @param view   view
 * @param commit newest commit to look at; SJ_NO_COMMIT: that of the nearest build
 * @param days   how far back
 * @param out    takes the result; release with sj_headers_release()
 * @param err    what failed, such as that there is no build yet
 * @return 0, -ENOENT (no build with records) or another negative errno
 */
int sj_headers_make(const struct sj_view *view, uint32_t commit, double days,
                    struct sj_headers *out, struct sj_err *err);

/**
 * What the files would have been expected to cost some time ago, read by the units of today: what
 * is different since then is how often they change.
 *
 * @param view    view of the result
 * @param headers result
 * @param days    how far back history was looked at
 * @param ago     how many days ago
 * @param out     takes CPU a month of each file, by its place in the fan-out
 * @return 0, or -ENOENT: history does not go back so far and a month more
 */
int sj_headers_earlier(const struct sj_view *view, const struct sj_headers *headers, double days,
                       double ago, double *out);

/** Free a result. @param headers result, zeroed or NULL */
void sj_headers_release(struct sj_headers *headers);
