// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/includes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Any bytes are a source. Names lie in the text's bounds, and lines only grow.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_includes found;
    sj_includes_scan((const char *)data, size, &found);
    uint32_t line = 1;
    for (size_t i = 0; i < found.count; i++) {
        const char *name = sj_include_name(&found, i);
        if (!*name || strlen(name) > size || found.items[i].line < line) {
            abort();
        }
        line = found.items[i].line;
        struct sj_buf path = SJ_BUF_INIT(1 << 16);
        (void)sj_include_join("src/a/b.c", name, &path);
        (void)sj_include_join(name, "../x.h", &path);
        if (strlen(sj_include_tail(name)) > strlen(name)) {
            abort();
        }
        sj_buf_release(&path);
    }
    sj_includes_release(&found);
    return 0;
}
