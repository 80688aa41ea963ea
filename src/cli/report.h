// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What every report of the analyser begins with: the records are taken in, the repository and its
 * history are opened, the builds are loaded.
 */
#pragma once

#include "analyze/view.h"
#include "cli/command.h"

/** Options of every report; SJ_COMMAND_VIEW adds them. The project is the setting's. */
enum sj_view_option {
    SJ_VIEW_BRANCH, /**< --branch */
    SJ_VIEW_JOB,    /**< --job */
    SJ_VIEW_REPO,   /**< --repo */
    SJ_VIEW_SINCE,  /**< --since: a span, such as 90d */
    SJ_VIEW_OPTION_COUNT,
};

/** The list, for help and completion: SJ_VIEW_OPTION_COUNT options, then an empty one. */
extern const struct sj_option sj_view_options[];

/** What a report works with. Zeroed: nothing. */
struct sj_report {
    struct sj_db *db;               /**< records */
    struct sj_repo *repo;           /**< NULL: none at hand */
    struct sj_history *history;     /**< NULL: none at hand */
    struct sj_view_filter filter;   /**< from the options; its texts are the call's */
    struct sj_buf project;          /**< of the repository */
    struct sj_db_ingested ingested; /**< what was taken in just now */
};

/** Close what a report works with. @param report report, zeroed or NULL */
void sj_report_close(struct sj_report *report);

/**
 * Open the records, take in what is new (with a line of progress on a terminal), open the
 * repository (--repo, else the working directory's), take its HEAD and all commits of builds into
 * the history, read the options.
 *
 * @param call command line, of a command with SJ_COMMAND_VIEW
 * @param out  takes it; close with sj_report_close()
 * @param err  names the thing and the remedy
 * @return 0, SJ_DB_NONE (no records yet: nothing was opened) or a negative errno
 */
int sj_report_open(const struct sj_invocation *call, struct sj_report *out, struct sj_err *err);

/**
 * Say on stderr what a reader has to know to trust the report: records left out, builds without a
 * commit, history that ends early. One line each, nothing when there is nothing.
 *
 * @param report report
 * @param view   its view
 */
void sj_report_caveats(const struct sj_report *report, const struct sj_view *view);

/** Say on stderr that there are no records yet, and what makes some. @return SJ_EXIT_FAILED */
int sj_report_none(void);

/**
 * How a report ends that could not be made: says why.
 *
 * @param status SJ_DB_NONE or a negative errno, of sj_report_open() or what followed
 * @param err    the sentence; not read for SJ_DB_NONE
 * @return SJ_EXIT_USAGE where the command line is to blame, else SJ_EXIT_FAILED
 */
int sj_report_failed(int status, const struct sj_err *err);

/**
 * A word of the command line that names a range "A..B" or a commit, as filter.from and filter.to;
 * without a repository it is refused.
 *
 * @param report report
 * @param text   the word
 * @param err    what is wrong
 * @return 0 or a negative errno
 */
int sj_report_range(struct sj_report *report, const char *text, struct sj_err *err);

/** Append a commit for people: 10 digits and its subject, cut to a width.
 * @param report report @param commit its place @param width columns; 0: all @param out takes it */
void sj_report_commit(const struct sj_report *report, uint32_t commit, size_t width,
                      struct sj_buf *out);

/** Append text so that Markdown shows it as it is, on one line: pipes, backticks, brackets, angle
 * brackets, control characters, mentions. @param out takes it @param text text from outside */
void sj_report_markdown(struct sj_buf *out, const char *text);
