// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Repositories for tests, made by the real git in a directory of their own.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/oid.h"
#include "repo/history.h"
#include "repo/repo.h"

/** Make the directory, go there, and give git a user of its own: for .init. */
void fixture_init(void);
/** Remove it all: for .fini. */
void fixture_fini(void);
/** The directory. @return absolute path */
const char *fixture_dir(void);

/** Run a shell script in the directory; it must succeed. @param format printf format */
__attribute__((format(printf, 1, 2))) void sh(const char *format, ...);
/** What a shell script prints, without the last newline. @param format printf format
 * @return the text; the caller frees it */
__attribute__((format(printf, 1, 2))) char *sh_text(const char *format, ...);
/** A commit's name as git knows it. @param at repository @param name revision @return name */
struct sj_oid rev(const char *at, const char *name);

/** Open a repository of the directory; it must be one. @param at below the directory
 * @return the repository */
struct sj_repo *open_repo(const char *at);
/** Open a history and take a commit in. @param repo repository @param cache file, or NULL
 * @param tip revision @param out what was done; may be NULL @return the history */
struct sj_history *open_history(struct sj_repo *repo, const char *cache, const char *tip,
                                struct sj_history_update *out);
/** All changes as `git log --raw` prints them, the newest commit first. @param history history
 * @param out the text is appended */
void print_raw(struct sj_history *history, struct sj_buf *out);
/** Compare a history with what git says of the same commits. @param history history
 * @param at repository @param tip revision */
void expect_like_git(struct sj_history *history, const char *at, const char *tip);
