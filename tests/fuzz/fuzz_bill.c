// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/bill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    struct sj_bill again = {.pool = &pool};
    struct sj_bill sum = {.pool = &pool};
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sj_bill_decode(data, size, &bill) == 0) {
        sj_bill_encode(&bill, &bytes);
        if (sj_bill_decode(bytes.data, bytes.len, &again) != 0 ||
            again.row_count != bill.row_count || again.file_count != bill.file_count) {
            abort();
        }
        sj_bill_merge(&sum, &bill, "job", true);
        if (sum.row_count > bill.row_count || sum.file_count > bill.file_count) {
            abort();
        }
    }
    sj_buf_release(&bytes);
    sj_bill_release(&bill);
    sj_bill_release(&again);
    sj_bill_release(&sum);
    sj_pool_release(&pool);
    return 0;
}
