// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The builds that a page is about among all of the project that the reader may see: whether the
 * same was compiled before is asked of every branch and job.
 */
#pragma once

#include "dash/page.h"

/** Builds of a page. Zeroed: none. */
struct sj_dash_range {
    struct sj_view all; /**< all that may be seen, without samples */
    bool *is_wanted;    /**< for each build: the filters hold */
    size_t count;       /**< how many are wanted */
};

/**
 * Load them.
 *
 * @param call call
 * @param out  takes them; release with sj_dash_range_release()
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_dash_range_load(const struct sj_dash_call *call, struct sj_dash_range *out,
                       struct sj_err *err);

/** Free a range. @param range range, zeroed or NULL */
void sj_dash_range_release(struct sj_dash_range *range);

/** Whether the filters of an address hold for a build: branch, job, machine, times. @param call
 * call @param build build @return true when they do */
bool sj_dash_is_wanted(const struct sj_dash_call *call, const struct sj_build *build);

/**
 * Rows to show.
 *
 * @param call     call
 * @param fallback where the address says nothing
 * @param limit    at most
 * @return how many
 */
size_t sj_dash_rows(const struct sj_dash_call *call, size_t fallback, size_t limit);

/** Say that rows were left out, and how to see them. @param call call @param shown rows on the page
 * @param count rows there are @param what they are called, such as "builds" */
void sj_dash_say_left(const struct sj_dash_call *call, size_t shown, size_t count,
                      const char *what);
