// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What is written between `scrubjay run` and the command that it runs.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/status_line.h"
#include "config/config.h"

/** Options of `run`. Strings are borrowed from the command line. */
struct sj_run_options {
    struct sj_buf labels;         /**< KEY=VALUE, separated by commas */
    const char *phase;            /**< what part of the build it is, or NULL */
    const char *report_path;      /**< file to write the report to as JSON, or NULL */
    char *const *command;         /**< what to run, NULL-terminated */
    enum sj_status_when progress; /**< when to show it */
    bool is_json;                 /**< the report goes to stdout, as JSON */
    bool is_quiet;                /**< neither progress nor report on stderr */
    bool wants_help;              /**< nothing else was read */
};

/**
 * Read a command line. Every setting is an option, too: `--max-size 5G`, `--read-only`.
 *
 * @param argv   behind "run"; NULL-terminated, outliving the options
 * @param config settings; what the command line says of them is set
 * @param out    takes the options; release with sj_run_options_release()
 * @param err    what is wrong, and what would be right
 * @return 0 or -EINVAL and the like
 */
int sj_run_options_read(char *const *argv, struct sj_config *config, struct sj_run_options *out,
                        struct sj_err *err);

/** The options, for help and manual page: a list that a NULL name ends. */
extern const struct sj_option sj_run_option_list[];

/** Free options. @param options options, or zeroed */
void sj_run_options_release(struct sj_run_options *options);
