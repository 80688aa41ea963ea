// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Pages: how each is described, and what it works with. One page_*.c for each; page.c lists them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "analyze/view.h"
#include "base/err.h"
#include "config/config.h"
#include "dash/doc.h"
#include "dash/query.h"
#include "server/pages.h"

struct sj_dash_cache;

/** What a page works with. All of it is kept still while a page is made. */
struct sj_dash_site {
    const struct sj_config *config; /**< settings */
    struct sj_db *db;               /**< records; NULL: there are none yet */
    struct sj_repo *repo;           /**< of the project asked for; NULL: none at hand */
    struct sj_history *history;     /**< its history; NULL: none at hand */
    const char *repo_problem;       /**< why the repository, or some of it, cannot be read; NULL or
                                         "": nothing is known to be wrong */
    struct sj_dash_cache *cache;    /**< what pages worked out before; NULL: nothing is kept */
    const atomic_bool *is_over;     /**< nobody waits for the page: it may take its time, until this
                                         is set; NULL: somebody waits */
    uint64_t now_ns;                /**< CLOCK_REALTIME */
    /** The server's figures, as GET /status gives them to an administrator. @param out takes JSON
     * @param user status_user @return 0; -ENOTSUP: a local dashboard; or -EAGAIN: not yet */
    int (*status)(struct sj_buf *out, void *user);
    void *status_user; /**< handed to status */
    /** A reason's id in words. @param id of the records @return half a sentence, or the id; NULL:
     * ids are shown as they are */
    const char *(*reason_text)(const char *id);
    /** Tells whoever runs the server what was done. @param text a line; NULL: nobody is told */
    void (*say)(const char *text);
};

/** A page being made. */
struct sj_dash_call {
    const struct sj_dash_site *site;       /**< what there is */
    const struct sj_dash_query *query;     /**< what is asked */
    const struct sj_page_request *request; /**< who asks */
    struct sj_view_filter filter;          /**< from the query: project, branch, job, times */
    struct sj_doc *doc;                    /**< takes the page */
    unsigned status;                       /**< HTTP status; 200 unless the page says otherwise */
    char *location;       /**< address to lead on to in place of any page; the call's, freed by who
                               makes it; NULL: none */
    const char *raw_type; /**< Content-Type of raw, static; NULL: doc is the page */
    struct sj_buf raw;    /**< what is sent in place of doc, where raw_type is set;
                               the call's: its limit is set by who makes it */
};

/** A page. */
struct sj_dash_page {
    const char *name;    /**< in addresses */
    const char *title;   /**< in the navigation; NULL: it is not there */
    const char *subject; /**< what its subject is called, such as "COMMIT"; in brackets, "[A/B]":
                              it may be left out; NULL: it has none */
    bool is_admin;       /**< the administrator's alone */
    bool is_server;      /**< of a server: a dashboard for one user has no link to it */
    bool takes_form;     /**< a form may be sent to its subject: it changes something */
    bool is_kept;        /**< it follows from the records of builds, the repository and settings
                              alone: one that took long is not made again until they change */
    bool needs_records;  /**< without records the reader is told how to make some instead */
    /**
     * Make it.
     *
     * @param call what is asked; doc takes the page
     * @param err  what failed
     * @return 0, -ENOENT (no such subject: err says what there is instead) or another negative
     * errno
     */
    int (*make)(struct sj_dash_call *call, struct sj_err *err);
};

/** All pages, in the order of the navigation. @param count takes how many @return the first */
const struct sj_dash_page *const *sj_dash_pages(size_t *count);

/** Whether what is not worked out yet has to wait for another time. @param site site @param
 * begin_ns when it was begun to be worked out, CLOCK_MONOTONIC @return true when it has */
bool sj_dash_is_late(const struct sj_dash_site *site, uint64_t begin_ns);

/** Let only samples of the toolchain asked for stay in a view. @param call call @param view view */
void sj_dash_keep_toolchain(const struct sj_dash_call *call, struct sj_view *view);

/** Whether a build may be shown to the reader. @param call call @param build build @return true
 * when its namespace may be read, or it has none and the reader is the administrator or local */
bool sj_dash_may_see(const struct sj_dash_call *call, const struct sj_build *build);

/** Add the view's notes to the page. @param call call @param view view */
void sj_dash_notes(const struct sj_dash_call *call, const struct sj_view *view);

/** A link to a unit. @param call call @param unit sj_unit.number @return as sj_dash_link() */
char *sj_dash_link_unit(const struct sj_dash_call *call, uint32_t unit);

/** Rows of a table: what the address says, else a number of the page's own for people, or for
 * programs. @param call call @param people rows @param programs rows @return rows */
size_t sj_dash_rows(const struct sj_dash_call *call, size_t people, size_t programs);

/** Whether the address asks for rows in the order of a column. @param call call @param column its
 * id
 * @param is_up takes whether the smallest comes first; untouched when it does not @return true when
 * it does */
bool sj_dash_sorts_by(const struct sj_dash_call *call, const char *column, bool *is_up);

/** Say that rows were left out, and how to see them. @param call call @param shown rows on the page
 * @param count rows there are @param what they are called, such as "builds" */
void sj_dash_say_left(const struct sj_dash_call *call, size_t shown, size_t count,
                      const char *what);

/** The page "overview"; page.c lists all. */
extern const struct sj_dash_page sj_page_overview;
/** The page "builds"; page.c lists all. */
extern const struct sj_dash_page sj_page_builds;
/** The page "build"; page.c lists all. */
extern const struct sj_dash_page sj_page_build;
/** The page "commits"; page.c lists all. */
extern const struct sj_dash_page sj_page_commits;
/** The page "commit"; page.c lists all. */
extern const struct sj_dash_page sj_page_commit;
/** The page "compare"; page.c lists all. */
extern const struct sj_dash_page sj_page_compare;
/** The page "headers"; page.c lists all. */
extern const struct sj_dash_page sj_page_headers;
/** The page "header"; page.c lists all. */
extern const struct sj_dash_page sj_page_header;
/** The page "misses"; page.c lists all. */
extern const struct sj_dash_page sj_page_misses;
/** The page "units"; page.c lists all. */
extern const struct sj_dash_page sj_page_units;
/** The page "unit"; page.c lists all. */
extern const struct sj_dash_page sj_page_unit;
/** The page "cache"; page.c lists all. */
extern const struct sj_dash_page sj_page_cache;
/** The page "tokens"; page.c lists all. */
extern const struct sj_dash_page sj_page_tokens;
/** The page "status"; page.c lists all. */
extern const struct sj_dash_page sj_page_status;
/** The page "trace"; page.c lists all. */
extern const struct sj_dash_page sj_page_trace;
/** The page "badge"; page.c lists all. */
extern const struct sj_dash_page sj_page_badge;
