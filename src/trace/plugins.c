// SPDX-License-Identifier: Apache-2.0
#include "trace/plugins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PREFIX      "import-"
#define SYMBOL      "sj_import_plugin"
#define DETECT_SIZE ((size_t)64 << 10)

void sj_trace_plugins_release(struct sj_trace_plugins *plugins)
{
    if (plugins) {
        for (size_t i = 0; i < plugins->module_count; i++) {
            sj_module_close(&plugins->modules[i]);
        }
        free(plugins->modules);
        free(plugins->formats);
        *plugins = (struct sj_trace_plugins){0};
    }
}

static void add_formats(struct sj_trace_plugins *plugins, const struct sj_import_plugin *plugin)
{
    for (const struct sj_import_format *const *at = plugin->formats; *at; at++) {
        size_t size = plugins->count + 1;
        plugins->formats = sj_realloc(plugins->formats, size, sizeof *plugins->formats);
        plugins->formats[plugins->count++] =
            (struct sj_trace_format){.format = *at, .plugin = plugin->name};
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sj_trace_format *)a)->format->name,
                  ((const struct sj_trace_format *)b)->format->name);
}

int sj_trace_plugins_load(const char *dir, struct sj_trace_plugins *out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *own = dir ? sj_strdup(dir) : sj_module_dir();
    if (!own) {
        return sj_fail_plain(err, -ENOENT, "cannot find 'lib/scrubjay', where plugins lie");
    }
    char **paths = NULL;
    int count = sj_module_list(own, PREFIX, &paths);
    if (count < 0) {
        return sj_fail(err, count, "cannot read '%s', where plugins lie", own);
    }
    struct sj_trace_plugins plugins = {.modules =
                                           sj_calloc((size_t)count + 1, sizeof *out->modules)};
    for (int i = 0; i < count; i++) {
        struct sj_module *module = &plugins.modules[plugins.module_count];
        struct sj_err problem = {0};
        if (sj_module_open(paths[i], SYMBOL, SJ_IMPORT_ABI, module, &problem) == 0) {
            plugins.module_count++;
            add_formats(&plugins, module->table);
        } else if (plugins.problem.status == 0) {
            plugins.problem = problem;
        }
        free(paths[i]);
    }
    free(paths);
    if (plugins.count > 0) {
        qsort(plugins.formats, plugins.count, sizeof *plugins.formats, by_name);
    }
    *out = plugins;
    return 0;
}

const struct sj_import_format *sj_trace_format_find(const struct sj_trace_plugins *plugins,
                                                    const char *name)
{
    for (size_t i = 0; i < plugins->count; i++) {
        if (strcmp(plugins->formats[i].format->name, name) == 0) {
            return plugins->formats[i].format;
        }
    }
    return NULL;
}

const struct sj_import_format *sj_trace_format_detect(const struct sj_trace_plugins *plugins,
                                                      const struct sj_import_source *source)
{
    struct sj_import_source front = *source;
    front.len = front.len < DETECT_SIZE ? front.len : DETECT_SIZE;
    const struct sj_import_format *best = NULL;
    int sureness = 0;
    for (size_t i = 0; i < plugins->count; i++) {
        int found = plugins->formats[i].format->detect(&front);
        if (found > sureness) {
            sureness = found;
            best = plugins->formats[i].format;
        }
    }
    return best;
}
