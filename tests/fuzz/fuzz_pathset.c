// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "record/pathset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was decoded must come out of another round unchanged.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_buf_release) struct sj_buf arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    SJ_AUTO(sj_pathset_release) struct sj_pathset set = {0};
    if (sj_pathset_decode(data, size, &set, &arena) < 0) {
        return 0;
    }

    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_pathset_encode(&set, &bytes);

    SJ_AUTO(sj_buf_release) struct sj_buf again_arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    SJ_AUTO(sj_pathset_release) struct sj_pathset again = {0};
    if (sj_pathset_decode(bytes.data, bytes.len, &again, &again_arena) < 0 ||
        again.count != set.count) {
        abort();
    }
    for (size_t i = 0; i < set.count; i++) {
        if (set.entries[i].need != again.entries[i].need ||
            strcmp(set.entries[i].path, again.entries[i].path) != 0) {
            abort();
        }
    }
    return 0;
}
