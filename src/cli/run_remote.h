// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * `scrubjay run` and the remotes: the agent is up before the first compile, and what is to be
 * uploaded is waited for at the end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/config.h"

/** What an agent has done so far, or between two times. Zeroed: there is none. */
struct sj_agent_stat {
    bool is_known;           /**< an agent answered */
    bool is_down;            /**< it leaves every remote alone */
    uint64_t queued;         /**< results that wait to be uploaded */
    uint64_t uploaded;       /**< results uploaded */
    uint64_t uploaded_bytes; /**< their bytes */
    uint64_t fetched;        /**< values that came */
    uint64_t fetched_bytes;  /**< their bytes */
    uint64_t dropped;        /**< results that were not uploaded after all */
    char problem[256];       /**< the last failure, for people; "" */
};

/**
 * Understand an agent's answer.
 *
 * @param text JSON, as GET /status gives it
 * @param len  bytes
 * @param out  takes the figures; untouched on failure
 * @return 0 or -EBADMSG
 */
int sj_agent_stat_read(const char *text, size_t len, struct sj_agent_stat *out);

/**
 * Take what was there before a build from what is there after it.
 *
 * @param stat   afterwards; takes the difference
 * @param before at the start; zeroed: nothing is taken
 */
void sj_agent_stat_since(struct sj_agent_stat *stat, const struct sj_agent_stat *before);

/** Append the report's line. @param stat of the build @param out takes it */
void sj_agent_stat_text(const struct sj_agent_stat *stat, struct sj_buf *out);

/** Add the report's member "remote". @param stat of the build @param json writer */
void sj_agent_stat_json(const struct sj_agent_stat *stat, struct sj_json *json);

/** Whether a build with these settings uses remotes. @param config settings @return true when it
 * does */
bool sj_run_remote_is_on(const struct sj_config *config);

/**
 * See that an agent is up. Whatever goes wrong, the build can begin.
 *
 * @param config settings
 * @param before takes what it has done before
 * @param err    says what went wrong
 * @return 0 or a negative errno
 */
int sj_run_remote_start(const struct sj_config *config, struct sj_agent_stat *before,
                        struct sj_err *err);

/** Called while uploads are waited for. @param queued how many are left @param user the caller's */
typedef void sj_run_remote_tick(uint64_t queued, void *user);

/**
 * Wait until everything is uploaded, as long as `upload_wait` says and something can be done.
 *
 * @param config settings
 * @param tick   called now and then; NULL: nobody looks
 * @param user   handed to tick
 * @param out    takes what the agent has done in all
 */
void sj_run_remote_wait(const struct sj_config *config, sj_run_remote_tick *tick, void *user,
                        struct sj_agent_stat *out);
