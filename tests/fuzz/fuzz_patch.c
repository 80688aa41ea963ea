// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Whatever comes in, paths that come out are relative, lead nowhere else and stand once.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_changes changes = SJ_CHANGES_NONE;
    struct sj_err err;
    if (sj_patch_read((const char *)data, size, &changes, &err) == 0) {
        for (size_t i = 0; i < changes.count; i++) {
            const char *path = sj_changed_path(&changes, i);
            if (!*path || *path == '/' || strstr(path, "/../") || strncmp(path, "../", 3) == 0) {
                abort();
            }
            if (i > 0 && strcmp(sj_changed_path(&changes, i - 1), path) >= 0) {
                abort();
            }
        }
    }
    sj_changes_release(&changes);
    return 0;
}
