// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The store as the settings describe it, opened for a subcommand.
 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/** What it is opened for. */
enum sj_storage_mode {
    SJ_STORAGE_READ,  /**< nothing is written */
    SJ_STORAGE_WRITE, /**< something may be written */
};

/** Outcome of sj_storage_open(): there is no store yet. */
#define SJ_STORAGE_NONE 1

/**
 * Open the store, unless there is none: a question about it must not make one.
 *
 * @param config settings
 * @param mode   what for; with read_only set nothing is written either way
 * @param out    takes the store; close with sj_store_close()
 * @param err    names the thing and the remedy
 * @return 0, SJ_STORAGE_NONE or a negative errno
 */
int sj_storage_open(const struct sj_config *config, enum sj_storage_mode mode,
                    struct sj_store **out, struct sj_err *err);

/** Close a store at the end of a scope. @param store the variable; NULL: nothing happens */
void sj_storage_close(struct sj_store **store);
