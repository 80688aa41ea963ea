// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Between the table of settings and the files and environment that fill it. Private to the room.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"

#define SJ_SETTINGS_MAX 64 /**< rows that the table may have: the size of sj_config.origin */

/** What paths in a value are relative to. */
struct sj_config_place {
    const char *dir;  /**< of the file the value stands in; NULL: the working directory */
    const char *home; /**< what "~" means; NULL: nothing */
};

/**
 * Set one setting from text.
 *
 * @param config  settings
 * @param setting row of the table
 * @param text    value; empty: the default
 * @param place   what paths are relative to
 * @param origin  where it came from
 * @param err     what is wrong, and what would be right
 * @return as sj_config_set()
 */
int sj_config_apply(struct sj_config *config, const struct sj_setting *setting, const char *text,
                    const struct sj_config_place *place, enum sj_origin origin, struct sj_err *err);

/**
 * Say that there is no such setting, and which one may have been meant.
 *
 * @param name what was written
 * @param err  takes the sentence
 * @return -ENOENT
 */
int sj_config_unknown(const char *name, struct sj_err *err);

/** What sj_config_parse() works on. */
struct sj_config_parse {
    struct sj_config *config;     /**< filled */
    const char *path;             /**< of the file, for messages */
    struct sj_config_place place; /**< what its paths are relative to */
    enum sj_origin origin;        /**< whose file it is */
    sj_config_problem *problem;   /**< hears of each problem */
    void *user;                   /**< handed to problem */
};

/**
 * Read the text of a settings file: lines of `name = value`, and of comments that begin with `#`.
 *
 * @param parse what to fill and whom to tell
 * @param text  the file's bytes, NUL-terminated behind len; changed while they are read
 * @param len   how many
 * @return 0 or the first problem's negative errno; the other lines are read all the same
 */
int sj_config_parse(const struct sj_config_parse *parse, char *text, size_t len);
