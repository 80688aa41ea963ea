// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The server's token file, read and changed: one change at a time, and each as a whole.
 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "server/token.h"

/** A token file, read. */
struct sj_token_file {
    char *path;                /**< of the file itself, where the setting names a link */
    struct sj_token_list list; /**< its tokens */
    int lock;                  /**< descriptor that holds the lock, or -1 */
};

/**
 * Read the file; one that is not there has no tokens.
 *
 * @param config   settings
 * @param is_write it is to be changed: wait for the lock, and keep it
 * @param out      takes the file; release with sj_token_file_release(), on failure, too
 * @param err      names the file and the remedy
 * @return 0 or a negative errno
 */
int sj_token_file_open(const struct sj_config *config, bool is_write, struct sj_token_file *out,
                       struct sj_err *err);

/** Add a token. @param file file @param token its texts are taken over */
void sj_token_file_add(struct sj_token_file *file, const struct sj_token *token);

/** Take a token out. @param file file @param id its id @return true when it was there */
bool sj_token_file_remove(struct sj_token_file *file, const char *id);

/**
 * Write the file, aside and then in its place. A new one is for its owner alone; one that was there
 * keeps its mode, and its owner where that can be.
 *
 * @param file opened to be changed
 * @param err  names the file
 * @return 0 or a negative errno
 */
int sj_token_file_save(const struct sj_token_file *file, struct sj_err *err);

/** Free what the file holds, and its lock. @param file file, or NULL */
void sj_token_file_release(struct sj_token_file *file);
