// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The dashboard: answers requests for pages from the record database and the repositories at hand.
 * One snapshot of both serves all requests until something new has come.
 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "server/pages.h"

/** A dashboard. */
struct sj_dash;

/** What it shows. */
struct sj_dash_options {
    const struct sj_config *config; /**< settings; outlive the dashboard */
    const char *repo;               /**< repository, for a local one; NULL: those of the setting
                                         `repositories` */
    const char *(*reason_text)(const char *id); /**< sj_dash_site.reason_text; may be NULL */
    void (*say)(const char *text);              /**< tells whoever runs the server what was done;
                                                   may be NULL */
    bool is_local;                              /**< for one user: it takes in records itself */
    uint64_t slow_ns;                           /**< pages that take longer are kept, and made ahead
                                                     the next time; 0: 20 ms */
    bool is_eager;                              /**< pages are made ahead of their readers, too, by
                                                     a thread */
};

/**
 * Open a dashboard. Reads nothing yet.
 *
 * @param options what it shows
 * @param out     takes it; the caller closes it when no request is under way
 * @param err     what is wrong
 * @return 0 or a negative errno
 */
int sj_dash_open(const struct sj_dash_options *options, struct sj_dash **out, struct sj_err *err);

/** Close a dashboard. @param dash dashboard, or NULL */
void sj_dash_close(struct sj_dash *dash);

/** Wait until what readers will ask for is worked out, as far as a thread does it. @param dash
 * dashboard. Safe from several threads at once */
void sj_dash_settle(struct sj_dash *dash);

/** Answers the server's requests: sj_pages.answer, with the dashboard as user. @param request
 * request @param out takes the answer @param user dashboard. Safe from several threads at once */
void sj_dash_answer(const struct sj_page_request *request, struct sj_page_answer *out, void *user);
