// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A result that was decoded, encoded again, reads the same: encoding is a function of what was
// read.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_result_release) struct sj_result result = {0};
    if (sj_result_decode(data, size, &result) < 0) {
        return 0;
    }

    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_result_encode(&result, &bytes);

    SJ_AUTO(sj_result_release) struct sj_result again = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf again_bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (bytes.len != size || sj_result_decode(bytes.data, bytes.len, &again) < 0) {
        abort();
    }
    sj_result_encode(&again, &again_bytes);
    if (again_bytes.len != bytes.len || memcmp(again_bytes.data, bytes.data, bytes.len) != 0) {
        abort();
    }
    return 0;
}
