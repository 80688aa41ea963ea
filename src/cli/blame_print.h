// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A bill for people, for comments and for programs.
 */
#pragma once

#include "analyze/blame_lines.h"
#include "cli/report.h"

/** What to print. */
struct sj_blame_page {
    const struct sj_report *report; /**< where the commits are */
    const struct sj_view *view;     /**< builds that were asked for */
    const struct sj_bill *bill;     /**< their bill */
    enum sj_blame_by by;            /**< what to add up by */
    size_t max;                     /**< lines of a table; 0: all */
    bool is_drill;                  /**< merges with what they brought */
    bool is_markdown;               /**< for a comment */
};

/** Names of what can be added up by, as on the command line; NULL ends. */
extern const char *const sj_blame_by_names[];

/** Append a page as text or Markdown. @param page what to print @param out takes it */
void sj_blame_print(const struct sj_blame_page *page, struct sj_buf *out);

/** Append a page as JSON. @param page what to print @param out takes it */
void sj_blame_json(const struct sj_blame_page *page, struct sj_buf *out);

/** Add a page's members to an open object. @param page what to print @param json takes them */
void sj_blame_json_into(const struct sj_blame_page *page, struct sj_json *json);

/** What a generated file costs. */
struct sj_blame_price {
    uint64_t builds;       /**< of its job, with something to compare with */
    uint64_t per_build_ns; /**< CPU of compiles that nothing else made necessary, a build */
    uint64_t per_month_ns; /**< the same in 30 days, at the rate of the builds on record */
};

/** Price a generated file. @param page page @param generated of its bill @param out takes the price
 */
void sj_blame_price(const struct sj_blame_page *page, const struct sj_bill_generated *generated,
                    struct sj_blame_price *out);
