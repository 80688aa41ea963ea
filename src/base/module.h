// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Plugins as shared modules: where they lie and how one is loaded. What it exports is a table that
 * begins with the number of its interface, an `unsigned`.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/** A loaded module. Zeroed: none. */
struct sj_module {
    void *handle;      /**< of the dynamic loader */
    const void *table; /**< what it exports */
};

/**
 * Load a module.
 *
 * @param path   of the file
 * @param symbol name of the table
 * @param abi    number of the interface that this program has
 * @param out    takes it; end with sj_module_close()
 * @param err    what is wrong, and what would be right
 * @return 0, -ELIBACC (it cannot be loaded), -ELIBBAD (no such table) or -EPROTO (made for another
 *         version)
 */
int sj_module_open(const char *path, const char *symbol, unsigned abi, struct sj_module *out,
                   struct sj_err *err);

/** Unload a module: nothing of it may be in use. @param module module, zeroed or NULL */
void sj_module_close(struct sj_module *module);

/** Where this program's installation or build tree has its modules. @return path, the caller frees
 * it; NULL: not found */
char *sj_module_dir(void);

/**
 * List the modules of a kind.
 *
 * @param dir    where they lie
 * @param prefix kind, such as "tier-"
 * @param out    takes an array of paths sorted by name; each, and the array, the caller frees
 * @return its length, or a negative errno
 */
int sj_module_list(const char *dir, const char *prefix, char ***out);
