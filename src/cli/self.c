// SPDX-License-Identifier: Apache-2.0
#include "cli/self.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

char *sj_self_wrapper(void)
{
    static const char *const places[] = {"../../bin/scrubjay", "scrubjay"};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
        SJ_AUTO(sj_auto_free)
        char *path = sj_asprintf("%.*s%s", (int)(slash + 1 - self), self, places[i]);
        char *full = realpath(path, NULL);
        if (full && access(full, X_OK) == 0) {
            return full;
        }
        free(full);
    }
    return NULL;
}
