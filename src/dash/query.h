// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What an address says: the page, its subject, the filters. Every view is a permalink: all that a
 * page depends on stands in its address, and links keep the filters.
 *
 *     /dash                                  overview
 *     /dash/PAGE[/SUBJECT…]?branch=…&since=90d&until=…&project=…&job=…&toolchain=…&machine=…
 *                          &space=…&sort=…&max=…&by=…&edge=…&format=json|csv&table=…
 *     /api/v1/PAGE[/SUBJECT…]?…              the same as format=json
 *
 * format=chart is for the scripts of a page: what the page shows to people, as JSON. A program that
 * asks for format=json gets more points and all columns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/** How an answer is written. */
enum sj_dash_format {
    SJ_DASH_HTML,
    SJ_DASH_JSON,
    SJ_DASH_CSV
};

/** Parameters that are kept from link to link, or given to one page. */
enum sj_dash_parameter {
    SJ_DASH_A,         /**< what a form wants compared; leads on to the address of it */
    SJ_DASH_B,         /**< with what */
    SJ_DASH_BRANCH,    /**< only builds of this branch */
    SJ_DASH_BY,        /**< what to group by */
    SJ_DASH_EDGE,      /**< an include edge A:B to take out */
    SJ_DASH_JOB,       /**< only builds of this job */
    SJ_DASH_MACHINE,   /**< only builds of this machine */
    SJ_DASH_MAX,       /**< rows */
    SJ_DASH_PROJECT,   /**< which project */
    SJ_DASH_SINCE,     /**< span, such as 90d, or day, such as 2026-11-25 */
    SJ_DASH_SORT,      /**< column */
    SJ_DASH_SPACE,     /**< namespace */
    SJ_DASH_TABLE,     /**< for CSV: which */
    SJ_DASH_TOOLCHAIN, /**< only units of this toolchain */
    SJ_DASH_UNTIL,     /**< day */
    SJ_DASH_PARAMETERS,
};

#define SJ_DASH_ROWS_MAX ((size_t)100000) /**< most rows that can be asked for */
#define SJ_DASH_SUBJECTS 2                /**< most subjects of an address */

/** An address, understood. */
struct sj_dash_query {
    char *page;                          /**< "overview" where none is named */
    char *subject[SJ_DASH_SUBJECTS];     /**< decoded; NULL: none */
    char *parameter[SJ_DASH_PARAMETERS]; /**< decoded; NULL: not given */
    uint64_t since_ns;                   /**< CLOCK_REALTIME; 0: all */
    uint64_t until_ns;                   /**< CLOCK_REALTIME; 0: now */
    uint64_t max;                        /**< rows; 0: the page's own number */
    enum sj_dash_format format;          /**< how to answer; of format=chart, SJ_DASH_HTML: for
                                              whom to choose what is answered */
};

/**
 * Understand an address.
 *
 * @param path   as it came, with percent signs
 * @param query  as it came
 * @param now_ns CLOCK_REALTIME
 * @param out    takes it; release with sj_dash_query_release()
 * @param err    what is wrong, and what would be right
 * @return 0 or -EINVAL: bytes that are no UTF-8, an unknown parameter, one given twice, a bad value
 */
int sj_dash_query_read(struct sj_str path, struct sj_str query, uint64_t now_ns,
                       struct sj_dash_query *out, struct sj_err *err);

/** Free an address. @param query address, zeroed or NULL */
void sj_dash_query_release(struct sj_dash_query *query);

/**
 * A link that keeps the filters (project, branch, job, toolchain, machine, space, since, until).
 *
 * @param query    address of the page that links; NULL: keep nothing
 * @param page     page; NULL: overview
 * @param subject  first subject; NULL: none
 * @param second   second subject; NULL: none
 * @return percent-encoded, absolute path; the caller frees it
 */
char *sj_dash_link(const struct sj_dash_query *query, const char *page, const char *subject,
                   const char *second);

/** The same address with one parameter set anew, or taken out. @param query address @param
 * parameter which @param value new value; NULL: without it @return as sj_dash_link() */
char *sj_dash_link_with(const struct sj_dash_query *query, enum sj_dash_parameter parameter,
                        const char *value);

/** Whether links keep a parameter: it is a filter. @param parameter which @return true when they do
 */
bool sj_dash_is_kept(enum sj_dash_parameter parameter);

/** A parameter's name in addresses. @param parameter which @return "branch", … */
const char *sj_dash_parameter_name(enum sj_dash_parameter parameter);
