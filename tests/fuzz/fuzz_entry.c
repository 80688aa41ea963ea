// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_entry_head head;
    int64_t used = sj_entry_decode(data, size, &head);
    if (used < 0) {
        return 0;
    }
    if (used > SJ_ENTRY_HEAD_MAX || (uint64_t)used > size) {
        abort();
    }
    // A head has one form only.
    struct sj_buf again = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX);
    if (sj_entry_encode(&head, &again) != 0 || again.len != (size_t)used ||
        memcmp(again.data, data, again.len) != 0) {
        abort();
    }
    sj_buf_release(&again);
    return 0;
}
