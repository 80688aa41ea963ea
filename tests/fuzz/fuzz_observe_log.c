// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "observe/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A log of any bytes is refused, or gives paths that can be read to their ends.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_observe_log log = {.map = malloc(size + 8), .size = size};
    memcpy(log.map, data, size);
    struct sj_sightings found = {0};
    if (sj_observe_log_read(&log, &found) == 0) {
        for (size_t i = 0; i < found.count; i++) {
            const char *path = found.items[i].path;
            const char *start = (const char *)log.map;
            if (path < start || path + strlen(path) >= start + size) {
                // "." stands for "./", and is no part of the log.
                if (strcmp(path, ".") != 0) {
                    abort();
                }
            }
        }
        if (found.is_complete != (found.gap == NULL)) {
            abort();
        }
    }
    sj_sightings_release(&found);
    free(log.map);
    return 0;
}
