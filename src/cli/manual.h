// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Manual pages, shell completions and the reference of the settings, printed from the tables of
 * subcommands and settings while the project is built.
 */
#pragma once

#include "base/buf.h"

/** Append the list of commands that `scrubjay help` shows. @param out takes it */
void sj_manual_overview(struct sj_buf *out);

/** Append the list of settings that `scrubjay help settings` shows. @param out takes it */
void sj_manual_settings_help(struct sj_buf *out);

/**
 * Append a manual page. Source: man(7).
 *
 * @param name subcommand; NULL: the page of the whole
 * @param out  takes the page
 * @return 0 or -ENOENT
 */
int sj_manual_page(const char *name, struct sj_buf *out);

/**
 * Append a completion script.
 *
 * @param shell "bash", "zsh" or "fish"
 * @param out   takes the script
 * @return 0 or -ENOENT
 */
int sj_manual_completion(const char *shell, struct sj_buf *out);

/** Append the table of settings as Markdown, for docs/configuration.md. @param out takes it */
void sj_manual_settings(struct sj_buf *out);
