// SPDX-License-Identifier: Apache-2.0
#include "tier/plugin.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define PREFIX     "tier-"
#define SUFFIX     ".so"
#define SYMBOL     "sj_tier_plugin"
#define SCHEME_MAX 16 // bytes

void sj_plugin_release(struct sj_plugin *plugin)
{
    if (plugin) {
        sj_module_close(&plugin->module);
        *plugin = (struct sj_plugin){0};
    }
}

// The bytes in front of "://"; 0: it is no URL. RFC 3986, 3.1, in lower case.
static size_t scheme_len(const char *url)
{
    size_t len = strcspn(url, ":");
    if (len == 0 || len > SCHEME_MAX || strncmp(url + len, "://", 3) != 0) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        bool is_fit = islower((unsigned char)url[i]) || isdigit((unsigned char)url[i]) ||
                      strchr("+-.", url[i]);
        if (!is_fit) {
            return 0;
        }
    }
    return islower((unsigned char)url[0]) ? len : 0;
}

static bool knows(const struct sj_tier_plugin *calls, const char *url, size_t len)
{
    for (const char *const *scheme = calls->schemes; *scheme; scheme++) {
        if (strlen(*scheme) == len && strncmp(*scheme, url, len) == 0) {
            return true;
        }
    }
    return false;
}

static int load(const char *path, struct sj_plugin *out, struct sj_err *err)
{
    struct sj_plugin plugin = {0};
    int status = sj_module_open(path, SYMBOL, SJ_TIER_ABI, &plugin.module, err);
    if (status == 0) {
        plugin.calls = plugin.module.table;
        *out = plugin;
    }
    return status;
}

// The first of the plugins in a directory, by name, that knows the scheme.
static int search(const char *dir, const char *url, size_t len, struct sj_plugin *out,
                  struct sj_err *err)
{
    char **paths = NULL;
    int count = sj_module_list(dir, PREFIX, &paths);
    int status = -ENOENT;
    for (int i = 0; i < count; i++) {
        struct sj_plugin plugin = {0};
        // One that cannot be loaded may be for another scheme.
        if (status == -ENOENT && load(paths[i], &plugin, NULL) == 0) {
            if (knows(plugin.calls, url, len)) {
                *out = plugin;
                status = 0;
            } else {
                sj_plugin_release(&plugin);
            }
        }
        free(paths[i]);
    }
    free(paths);
    return status < 0 ? sj_fail_plain(err, status,
                                      "no plugin in '%s' knows what '%.*s://' means: use http:// "
                                      "or https://, or install the plugin",
                                      dir, (int)len, url)
                      : 0;
}

int sj_plugin_load(const char *dir, const char *url, struct sj_plugin *out, struct sj_err *err)
{
    size_t len = scheme_len(url);
    if (len == 0) {
        return sj_fail_plain(err, -EINVAL, "'%.200s' is no URL such as http://HOST:PORT/NAMESPACE",
                             url);
    }
    SJ_AUTO(sj_auto_free) char *own = dir ? sj_strdup(dir) : sj_module_dir();
    if (!own) {
        return sj_fail_plain(err, -ENOENT, "cannot find 'lib/scrubjay', where plugins lie");
    }
    SJ_AUTO(sj_auto_free)
    char *path = sj_asprintf("%s/" PREFIX "%.*s" SUFFIX, own, (int)len, url);
    if (access(path, F_OK) < 0) {
        return search(own, url, len, out, err);
    }
    struct sj_plugin plugin = {0};
    int status = load(path, &plugin, err);
    if (status == 0 && !knows(plugin.calls, url, len)) {
        sj_plugin_release(&plugin);
        return search(own, url, len, out, err);
    }
    if (status == 0) {
        *out = plugin;
    }
    return status;
}
