// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Pages of a project of tests/analyze/fixture.h, as JSON and HTML. Whatever cannot be done fails
 * the test.
 */
#pragma once

#include <jansson.h>

#include "analyze/fixture.h"
#include "dash/cache.h"
#include "dash/page.h"

/** Who asks for pages of a loaded project. */
struct pager {
    struct fixture *at;          /**< project, loaded */
    struct sj_config config;     /**< settings; zeroed: none */
    struct sj_dash_cache *cache; /**< NULL: none */
    const char *space;           /**< the only namespace that may be read; NULL: the reader is the
                                      owner, and may see all */
    int status;                  /**< of the latest page: what it returned */
    unsigned http;               /**< of the latest page: HTTP status */
    char location[1024];         /**< of the latest page: where it leads on to; "": nowhere */
    struct sj_err err;           /**< of the latest page */
};

/** Ask for a page. @param pager who @param target such as "/dash/commits?by=file" @return the page
 * as JSON, to be freed with json_decref(); NULL: it failed, see status and err */
json_t *pager_json(struct pager *pager, const char *target);

/** Ask for a page that must be there. @param pager who @param target address @param out takes it as
 * HTML */
void pager_html(struct pager *pager, const char *target, struct sj_buf *out);

/** A figure. @param page page @param name of it @return number; NAN: none */
double pager_figure(const json_t *page, const char *name);

/** Rows of a table. @param page page @param table its name @return how many */
size_t pager_rows(const json_t *page, const char *table);

/** A number of a table. @param page page @param table its name @param column its name @param row
 * which @return number; NAN: none */
double pager_number(const json_t *page, const char *table, const char *column, size_t row);

/** A text of a table. @param page page @param table its name @param column its name @param row
 * which
 * @return text; "": none */
const char *pager_text(const json_t *page, const char *table, const char *column, size_t row);
