// SPDX-License-Identifier: Apache-2.0
#include "cli/run_env.h"

#include <ctype.h>
#include <limits.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/build_id.h"

#define ENV_PREFIX "SCRUBJAY_"

static void set(const char *name, const char *value)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread
    if (setenv(name, value, 1) < 0) {
        sj_oom();
    }
}

static void set_setting(const struct sj_config *config, const struct sj_setting *setting)
{
    SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&name, ENV_PREFIX);
    for (const char *at = setting->name; *at; at++) {
        sj_buf_addc(&name, (char)toupper((unsigned char)*at));
    }
    SJ_AUTO(sj_auto_free) char *text = sj_config_text(config, setting);
    set(name.data, text);
}

// The wrappers trust a file that is named to them, so only name what they would trust by
// themselves: see is_trusted() in config/load.c.
static void set_project_conf(void)
{
    SJ_AUTO(sj_auto_free) char *path = sj_config_path(SJ_ORIGIN_PROJECT);
    SJ_AUTO(sj_auto_free) char *full = path ? realpath(path, NULL) : NULL;
    struct stat st;
    uid_t self = geteuid();
    if (full && stat(full, &st) == 0 &&
        (getenv(ENV_PREFIX "PROJECT_CONF") || self == 0 || st.st_uid == self || st.st_uid == 0)) {
        set(ENV_PREFIX "PROJECT_CONF", full);
    }
}

void sj_run_env_settings(const struct sj_config *config)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        enum sj_origin origin = config->origin[i];
        if (origin == SJ_ORIGIN_ARG ||
            (origin == SJ_ORIGIN_ENV && settings[i].type == SJ_SETTING_PATH)) {
            set_setting(config, &settings[i]);
        }
    }
    set(ENV_PREFIX "CACHE_DIR", config->cache_dir);
    set_project_conf();
}

// Labels of a run inside another one replace those around it; a phase is added to either.
static void set_labels(const char *labels, const char *phase, bool is_nested)
{
    const char *around = is_nested ? getenv(SJ_RUN_LABEL_ENV) : NULL;
    SJ_AUTO(sj_buf_release) struct sj_buf all = SJ_BUF_INIT(2 * (size_t)SJ_LABEL_MAX);
    const char *given = *labels || !around ? labels : around;
    if (phase) {
        sj_label_phase(given, phase, &all);
    } else {
        sj_buf_adds(&all, given);
    }
    if (all.len > 0) {
        set(SJ_RUN_LABEL_ENV, all.data);
    } else {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread
        (void)unsetenv(SJ_RUN_LABEL_ENV);
    }
}

bool sj_run_env_build(const struct sj_config *config, const char *labels, const char *phase,
                      struct sj_buf *id)
{
    const char *around = getenv(SJ_RUN_ID_ENV);
    bool is_nested = around && *around && sj_build_id_check(around, NULL) == 0;
    if (config->build_id) {
        sj_buf_adds(id, config->build_id);
    } else if (is_nested) {
        sj_buf_adds(id, around);
    } else if (!sj_build_id_from_ci(id)) {
        sj_build_id_make(id);
    }
    set(ENV_PREFIX "BUILD_ID", sj_buf_text(id));
    set(SJ_RUN_ID_ENV, sj_buf_text(id));
    set_labels(labels, phase, is_nested);
    return is_nested;
}

// An absolute path there would pass by the links on PATH.
static void replace_variable(struct sj_links *links, const char *name)
{
    const char *value = getenv(name);
    SJ_AUTO(sj_buf_release) struct sj_buf command = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (value && sj_links_replace(links, value, &command, NULL)) {
        set(name, command.data);
    }
}

int sj_run_env_compilers(struct sj_links *links, struct sj_err *err)
{
    static const char *const commands[] = {
        "BUILD_CC", "BUILD_CXX", "CC", "CC_FOR_BUILD", "CXX", "CXX_FOR_BUILD", "HOSTCC", "HOSTCXX",
    };
    static const char *const launchers[] = {
        "CMAKE_CXX_COMPILER_LAUNCHER",
        "CMAKE_C_COMPILER_LAUNCHER",
    };
    const char *path = getenv("PATH");
    SJ_AUTO(sj_buf_release) struct sj_buf linked = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = sj_links_update(links, path ? path : _PATH_DEFPATH, &linked, err);
    if (status < 0) {
        return status;
    }
    set("PATH", sj_buf_text(&linked));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        replace_variable(links, commands[i]);
    }
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        if (!getenv(launchers[i])) {
            set(launchers[i], links->wrapper);
        }
    }
    // Meson and some CMake projects put ccache in front of the compiler wherever it is installed:
    // it would answer before we are asked. Disabled, it runs what it is given.
    if (!getenv("CCACHE_NODISABLE")) {
        set("CCACHE_DISABLE", "1");
    }
    return 0;
}
