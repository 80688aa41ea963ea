// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const void *data, size_t size)
{
    struct sj_ledger ledger = {0};
    struct sj_ledger again = {0};
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sj_ledger_decode(data, size, &ledger) == 0) {
        sj_ledger_encode(&ledger, &bytes);
        if (sj_ledger_decode(bytes.data, bytes.len, &again) != 0 || again.count != ledger.count) {
            abort();
        }
    }
    sj_buf_release(&bytes);
    sj_ledger_release(&ledger);
    sj_ledger_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size);

    // The checksum would keep nearly every input out of the decoder: give the input one that fits.
    unsigned char *file = malloc(size + 16);
    if (!file) {
        return 0;
    }
    memcpy(file, "SJL1", 4);
    sj_put_u32(file + 4, (uint32_t)size);
    struct sj_key key = sj_key_of(data, size);
    memcpy(file + 8, key.bytes, 8);
    if (size > 0) {
        memcpy(file + 16, data, size);
    }
    check(file, size + 16);
    free(file);
    return 0;
}
