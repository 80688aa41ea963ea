// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `why` stands on: records, history, all builds of a project, and the causes of what they
 * compiled; and how causes are told.
 */
#pragma once

#include "analyze/cause.h"
#include "cli/report.h"

/** Records and history of a project. Zeroed: nothing. */
struct sj_ground {
    struct sj_report report;  /**< records, repository, history */
    struct sj_view all;       /**< all builds of the project, without samples */
    struct sj_pool pool;      /**< texts of causes */
    struct sj_causes *causes; /**< works causes out */
    uint32_t loaded;          /**< index of the build whose samples are loaded */
    bool has_loaded;          /**< loaded is set */
};

/** Close what was opened. @param ground ground, zeroed or NULL */
void sj_ground_close(struct sj_ground *ground);

/**
 * Open records and history.
 *
 * @param call  command line of a command with SJ_COMMAND_VIEW
 * @param build id, or "last": the project is this build's; NULL: as the report says
 * @param out   takes it; close with sj_ground_close() in any case
 * @param err   what failed
 * @return 0, SJ_DB_NONE (no records yet) or a negative errno
 */
int sj_ground_open(const struct sj_invocation *call, const char *build, struct sj_ground *out,
                   struct sj_err *err);

/** Find a build. @param ground ground @param id build id, or "last" for the latest one @return
 * index in ground->all; UINT32_MAX: no such build */
uint32_t sj_ground_build(const struct sj_ground *ground, const char *id);

/**
 * Load the samples of a build, unless they are there.
 *
 * @param ground ground
 * @param build  index
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_ground_load(struct sj_ground *ground, uint32_t build, struct sj_err *err);

/**
 * The causes of what a record tells of.
 *
 * @param ground ground
 * @param record of the journal
 * @param out    takes them; valid until more is asked
 * @param err    what failed
 * @return 0, SJ_DB_NONE (the records do not have it) or a negative errno
 */
int sj_ground_find(struct sj_ground *ground, const struct sj_record *record, struct sj_finding *out,
                   struct sj_err *err);

/** Append causes for people, one indented line for each commit or other cause, with its files.
 * @param ground ground @param finding causes @param out takes them */
void sj_ground_print(const struct sj_ground *ground, const struct sj_finding *finding,
                     struct sj_buf *out);

/** Append the first cause for people, and how many more there are, without a line feed.
 * @param ground ground @param finding causes @param out takes it, not escaped */
void sj_ground_short(const struct sj_ground *ground, const struct sj_finding *finding,
                     struct sj_buf *out);

/** Add causes to an open object, as an array "causes". @param ground ground @param finding causes
 * @param json takes them */
void sj_ground_json(const struct sj_ground *ground, const struct sj_finding *finding,
                    struct sj_json *json);
