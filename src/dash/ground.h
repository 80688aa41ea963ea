// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What pages are made from, kept still while one is made: the records and the repositories of one
 * thread at a time. Private to the room.
 */
#pragma once

#include <stdatomic.h>
#include <sys/stat.h>

#include "base/err.h"
#include "config/config.h"
#include "dash/cache.h"
#include "dash/dash.h"
#include "dash/mirror.h"
#include "record/db.h"

/** Builds of one project that came from one namespace. */
struct sj_roster_row {
    char *project;      /**< name */
    char *space;        /**< namespace; NULL: none, built where the server's store is */
    uint64_t newest_ns; /**< when the latest of them began */
    size_t count;       /**< how many */
};

/** What pages are made from. */
struct sj_dash_ground {
    const struct sj_dash_options *options; /**< what is shown */
    struct sj_dash_cache *cache;           /**< what pages worked out; the dashboard's */
    const atomic_bool *is_over;            /**< sj_dash_site.is_over */
    struct sj_db *db;                      /**< NULL: there are no records yet */
    struct stat file;                      /**< of the database when it was last read */
    uint64_t state;                        /**< counts up whenever the records have changed */
    struct sj_roster_row *roster;          /**< of all builds */
    size_t roster_count;                   /**< length of roster */
    uint64_t *starts;                      /**< when each of the builds began, ascending */
    size_t build_count;                    /**< length of starts */
    struct sj_key print;                   /**< of all that the builds hold */
    struct sj_mirrors mirrors;             /**< repositories */
};

/**
 * Begin one; reads nothing yet.
 *
 * @param options what is shown; outlives it
 * @param out     takes it, zeroed before; release with sj_dash_ground_release()
 * @param err     what is wrong with the settings
 * @return 0 or a negative errno
 */
int sj_dash_ground_init(const struct sj_dash_options *options, struct sj_dash_ground *out,
                        struct sj_err *err);

/** Close all. @param ground ground, zeroed or NULL */
void sj_dash_ground_release(struct sj_dash_ground *ground);

/**
 * See what is new. Whatever was borrowed from the database is gone.
 *
 * @param ground ground
 * @param err    what failed
 * @return 0 (also without records: db is NULL then) or a negative errno
 */
int sj_dash_ground_refresh(struct sj_dash_ground *ground, struct sj_err *err);

/** How many builds began before a time. @param ground ground @param time_ns CLOCK_REALTIME @return
 * builds */
size_t sj_dash_ground_before(const struct sj_dash_ground *ground, uint64_t time_ns);

/** Whether a reader may see builds of a row. @param row row @param request who asks @return true
 * when they may be seen */
bool sj_roster_may_see(const struct sj_roster_row *row, const struct sj_page_request *request);

/**
 * Take what the journal of a local store holds into its records.
 *
 * @param config settings
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_dash_take_in(const struct sj_config *config, struct sj_err *err);

/** The namespace that a build came from: its first label. @param labels of the build @return name;
 * data NULL: none */
struct sj_str sj_dash_space_of(const char *labels);
