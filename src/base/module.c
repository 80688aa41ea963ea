// SPDX-License-Identifier: Apache-2.0
#include "base/module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define SUFFIX ".so"

void sj_module_close(struct sj_module *module)
{
    if (module) {
        if (module->handle) {
            (void)dlclose(module->handle);
        }
        *module = (struct sj_module){0};
    }
}

int sj_module_open(const char *path, const char *symbol, unsigned abi, struct sj_module *out,
                   struct sj_err *err)
{
    struct sj_module module = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!module.handle) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps it for each thread
        const char *why = dlerror();
        return sj_fail_plain(err, -ELIBACC, "cannot load the plugin '%s': %.300s", path,
                             why ? why : "the loader does not say why");
    }
    module.table = dlsym(module.handle, symbol);
    if (!module.table) {
        sj_module_close(&module);
        return sj_fail_plain(err, -ELIBBAD, "'%s' is no plugin: it has no '%s'", path, symbol);
    }
    unsigned its_abi = *(const unsigned *)module.table;
    if (its_abi != abi) {
        sj_module_close(&module);
        return sj_fail_plain(err, -EPROTO,
                             "the plugin '%s' is made for version %u of the interface, this "
                             "program has %u: install plugins of the same version",
                             path, its_abi, abi);
    }
    *out = module;
    return 0;
}

// Relative to this program: as installed, or in the build tree.
char *sj_module_dir(void)
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

int sj_module_list(const char *dir, const char *prefix, char ***out)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, NULL, alphasort);
    if (count < 0) {
        return -errno;
    }
    char **paths = sj_calloc((size_t)count + 1, sizeof *paths);
    int found = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (sj_skip_prefix(name, prefix) && sj_has_suffix(name, SUFFIX)) {
            paths[found++] = sj_asprintf("%s/%s", dir, name);
        }
        free(entries[i]);
    }
    free(entries);
    *out = paths;
    return found;
}
