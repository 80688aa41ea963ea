// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The formats that imports know: all of the shared modules `import-NAME.so`.
 */
#pragma once

#include <scrubjay/import.h>

#include "base/module.h"

/** Format that means: look which one it is. */
#define SJ_TRACE_AUTO "auto"

/** A format and its plugin. */
struct sj_trace_format {
    const struct sj_import_format *format; /**< the plugin's */
    const char *plugin;                    /**< the plugin's name */
};

/** All formats. Zeroed: none. */
struct sj_trace_plugins {
    struct sj_module *modules;       /**< loaded */
    size_t module_count;             /**< length of modules */
    struct sj_trace_format *formats; /**< sorted by name */
    size_t count;                    /**< length of formats */
    struct sj_err problem;           /**< the first plugin that could not be used; status 0: none */
};

/**
 * Load all plugins.
 *
 * @param dir where they lie; NULL: where this program's installation or build tree has them
 * @param out takes them; end with sj_trace_plugins_release()
 * @param err what failed
 * @return 0 (also where some could not be used: out->problem) or a negative errno
 */
int sj_trace_plugins_load(const char *dir, struct sj_trace_plugins *out, struct sj_err *err);

/** Unload all plugins. @param plugins plugins, zeroed or NULL */
void sj_trace_plugins_release(struct sj_trace_plugins *plugins);

/** Find a format by name. @param plugins plugins @param name as typed @return format; NULL: there
 * is none of that name */
const struct sj_import_format *sj_trace_format_find(const struct sj_trace_plugins *plugins,
                                                    const char *name);

/** Find out what a file is. @param plugins plugins @param source file @return the format that is
 * surest; NULL: none knows it */
const struct sj_import_format *sj_trace_format_detect(const struct sj_trace_plugins *plugins,
                                                      const struct sj_import_source *source);
