// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What `predict` and `gate` have in common: which change is meant, and the forecast of it.
 */
#pragma once

#include "analyze/forecast.h"
#include "cli/report.h"

/** Which change is meant. */
struct sj_forecast_ask {
    const char *words;  /**< commit or range; NULL: HEAD */
    const char *diff;   /**< file with a diff, "-" for stdin; NULL: none */
    bool is_staged;     /**< what is staged */
    const char *jobs;   /**< cores, as typed; NULL: those of the machine */
    const char *record; /**< builds to hold predictions against, as typed; NULL: the default */
};

/** A change and its forecast. Zeroed: none. */
struct sj_forecast_work {
    struct sj_report report;            /**< records and repository */
    struct sj_view view;                /**< builds */
    struct sj_forecast_request request; /**< what is meant */
    struct sj_forecast forecast;        /**< what is to be expected */
};

/** Free it all. @param work work, zeroed or NULL */
void sj_forecast_work_release(struct sj_forecast_work *work);

/**
 * Open the records, find out what changes, and foretell.
 *
 * @param call command line, of a command with SJ_COMMAND_VIEW
 * @param ask  which change is meant
 * @param out  takes it all; release with sj_forecast_work_release(), whatever is returned
 * @param err  names the thing and the remedy
 * @return 0, SJ_DB_NONE or a negative errno: -EINVAL where the command line is wrong
 */
int sj_forecast_ask(const struct sj_invocation *call, const struct sj_forecast_ask *ask,
                    struct sj_forecast_work *out, struct sj_err *err);
