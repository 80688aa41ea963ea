// SPDX-License-Identifier: Apache-2.0
#include "tier/plugin.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
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
        if (plugin->handle) {
            (void)dlclose(plugin->handle);
        }
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
    struct sj_plugin plugin = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!plugin.handle) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps it for each thread
        const char *why = dlerror();
        return sj_fail_plain(err, -ELIBACC, "cannot load the plugin '%s': %.300s", path,
                             why ? why : "the loader does not say why");
    }
    plugin.calls = dlsym(plugin.handle, SYMBOL);
    if (!plugin.calls) {
        sj_plugin_release(&plugin);
        return sj_fail_plain(err, -ELIBBAD, "'%s' is no plugin: it has no '" SYMBOL "'", path);
    }
    if (plugin.calls->abi != SJ_TIER_ABI) {
        unsigned abi = plugin.calls->abi;
        sj_plugin_release(&plugin);
        return sj_fail_plain(err, -EPROTO,
                             "the plugin '%s' is made for version %u of the interface, this "
                             "program has %u: install plugins of the same version",
                             path, abi, (unsigned)SJ_TIER_ABI);
    }
    *out = plugin;
    return 0;
}

// The first of the plugins in a directory, by name, that knows the scheme.
static int search(const char *dir, const char *url, size_t len, struct sj_plugin *out,
                  struct sj_err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, NULL, alphasort);
    int status = -ENOENT;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        struct sj_plugin plugin = {0};
        if (status == -ENOENT && sj_skip_prefix(name, PREFIX) && sj_has_suffix(name, SUFFIX)) {
            SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", dir, name);
            // One that cannot be loaded may be for another scheme.
            if (load(path, &plugin, NULL) == 0 && knows(plugin.calls, url, len)) {
                *out = plugin;
                status = 0;
            } else {
                sj_plugin_release(&plugin);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status < 0 ? sj_fail_plain(err, status,
                                      "no plugin in '%s' knows what '%.*s://' means: use http:// "
                                      "or https://, or install the plugin",
                                      dir, (int)len, url)
                      : 0;
}

// Relative to this program: as installed, or in the build tree.
static char *own_dir(void)
{
    static const char *const places[] = {"../../lib/scrubjay", "../../plugins"};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
        SJ_AUTO(sj_auto_free)
        char *path = sj_asprintf("%.*s%s", (int)(slash + 1 - self), self, places[i]);
        char *full = realpath(path, NULL);
        if (full) {
            return full;
        }
    }
    return NULL;
}

int sj_plugin_load(const char *dir, const char *url, struct sj_plugin *out, struct sj_err *err)
{
    size_t len = scheme_len(url);
    if (len == 0) {
        return sj_fail_plain(err, -EINVAL, "'%.200s' is no URL such as http://HOST:PORT/NAMESPACE",
                             url);
    }
    SJ_AUTO(sj_auto_free) char *own = dir ? sj_strdup(dir) : own_dir();
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
