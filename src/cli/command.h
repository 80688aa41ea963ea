// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Subcommands of scrubjay-main: how each is described, and how its command line is read. Help, the
 * manual pages and the shells' completions are printed from these descriptions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "config/config.h"

/** Exit statuses of every subcommand. */
enum sj_exit {
    SJ_EXIT_OK = 0,     /**< done */
    SJ_EXIT_FAILED = 1, /**< not done, or something is wrong */
    SJ_EXIT_USAGE = 2,  /**< the command line is wrong */
};

#define SJ_OPTIONS_MAX      16 /**< options that a subcommand may have */
#define SJ_VIEW_OPTIONS_MAX 4  /**< options that reports share: enum sj_view_option */

/** An option of a subcommand. */
struct sj_option {
    const char *name;     /**< without dashes; NULL ends the list */
    const char *argument; /**< what the help calls its value, such as "SPAN"; NULL: it takes none */
    const char *help;     /**< one sentence for people */
};

struct sj_invocation;

/** Properties of a subcommand. */
enum sj_command_flags {
    SJ_COMMAND_JSON = 1U << 0,     /**< takes --json */
    SJ_COMMAND_CONFIG = 1U << 1,   /**< tells problems of the settings itself */
    SJ_COMMAND_RAW = 1U << 2,      /**< reads its own command line: run_raw is set instead of run */
    SJ_COMMAND_VIEW = 1U << 3,     /**< takes the options of reports: cli/report.h */
    SJ_COMMAND_MARKDOWN = 1U << 4, /**< takes --markdown */
};

/** A subcommand. */
struct sj_command {
    const char *name;                /**< as typed */
    const char *words;               /**< what may follow, such as "[UNIT]"; "" for nothing */
    int words_max;                   /**< how many words may follow */
    const char *summary;             /**< one line: what it does, as an order */
    const char *text;                /**< paragraphs for its help and manual page */
    const struct sj_option *options; /**< its own, --help and --json excepted; NULL: none */
    unsigned flags;                  /**< of enum sj_command_flags */
    int (*run)(struct sj_invocation *call); /**< does it; returns an enum sj_exit */
    int (*run_raw)(int argc, char **argv);  /**< for SJ_COMMAND_RAW; argv[0] is the name */
};

/** A subcommand's command line, read. */
struct sj_invocation {
    const struct sj_command *command;      /**< which one */
    const char *value[SJ_OPTIONS_MAX];     /**< of each option, by its place in the list: NULL: not
                                                given; "" when it takes none */
    char **words;                          /**< what is not an option */
    int word_count;                        /**< length of words */
    const char *view[SJ_VIEW_OPTIONS_MAX]; /**< of each option of enum sj_view_option; NULL: not
                                                given */
    bool is_json;                          /**< --json was given */
    bool is_markdown;                      /**< --markdown was given */
    bool wants_help;                       /**< --help was given; nothing else counts */
    struct sj_config config;               /**< settings, with those of the command line */
    struct sj_buf out;                     /**< what goes to stdout when it has run */
};

/** All subcommands, sorted by name. @param count takes their number @return the first */
const struct sj_command *const *sj_commands(size_t *count);

/** Find a subcommand. @param name as typed @return it, or NULL */
const struct sj_command *sj_command_find(const char *name);

/**
 * Read the command line of a subcommand. Every setting is an option, too: --max-size 5G,
 * --read-only.
 *
 * @param call command and config are set; the rest is taken
 * @param argv behind the subcommand's name, NULL-terminated; rearranged, and outliving the call
 * @param err  what is wrong, and what would be right
 * @return 0 or a negative errno
 */
int sj_command_read(struct sj_invocation *call, char **argv, struct sj_err *err);

/**
 * The options of a subcommand: its own, those that it shares, --help.
 *
 * @param command subcommand
 * @param index   which, from 0 on
 * @return option; NULL behind the last one
 */
const struct sj_option *sj_command_option(const struct sj_command *command, size_t index);

/** Append the text of --help. @param command subcommand @param out takes the text */
void sj_command_help(const struct sj_command *command, struct sj_buf *out);

/**
 * Say on stderr what failed.
 *
 * @param err the sentence
 * @return SJ_EXIT_FAILED, so that `return sj_command_fail(&err)` reads as one act
 */
int sj_command_fail(const struct sj_err *err);

/** `scrubjay backfill`. */
extern const struct sj_command sj_command_backfill;
/** `scrubjay blame`. */
extern const struct sj_command sj_command_blame;
/** `scrubjay clear`. */
extern const struct sj_command sj_command_clear;
/** `scrubjay compare`. */
extern const struct sj_command sj_command_compare;
/** `scrubjay config`. */
extern const struct sj_command sj_command_config;
/** `scrubjay dash`. */
extern const struct sj_command sj_command_dash;
/** `scrubjay doctor`. */
extern const struct sj_command sj_command_doctor;
/** `scrubjay export`. */
extern const struct sj_command sj_command_export;
/** `scrubjay gate`. */
extern const struct sj_command sj_command_gate;
/** `scrubjay gc`. */
extern const struct sj_command sj_command_gc;
/** `scrubjay headers`. */
extern const struct sj_command sj_command_headers;
/** `scrubjay help`. */
extern const struct sj_command sj_command_help_topic;
/** `scrubjay import`. */
extern const struct sj_command sj_command_import;
/** `scrubjay predict`. */
extern const struct sj_command sj_command_predict;
/** `scrubjay run`. */
extern const struct sj_command sj_command_run;
/** `scrubjay serve`. */
extern const struct sj_command sj_command_serve;
/** `scrubjay stats`. */
extern const struct sj_command sj_command_stats;
/** `scrubjay token`. */
extern const struct sj_command sj_command_token;
/** `scrubjay trend`. */
extern const struct sj_command sj_command_trend;
/** `scrubjay verify`. */
extern const struct sj_command sj_command_verify;
/** `scrubjay version`. */
extern const struct sj_command sj_command_version;
/** `scrubjay why`. */
extern const struct sj_command sj_command_why;
