// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

static void check(const void *data, size_t size)
{
    struct sj_record record;
    size_t used = 0;
    int status = sj_record_decode(data, size, &record, &used);
    if (status == SJ_RECORD_PARTIAL) {
        return;
    }
    if (used == 0 || used > size) {
        abort();
    }
    if (status < 0) {
        return;
    }
    // What was read can be written and read again, and is then the same.
    struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    struct sj_record again;
    sj_record_encode(&record, &frame);
    if (sj_record_decode(frame.data, frame.len, &again, &used) != 0 || used != frame.len ||
        again.start_ns != record.start_ns || again.exit_status != record.exit_status ||
        length(again.args) != length(record.args) || again.inputs_count != record.inputs_count) {
        abort();
    }
    sj_buf_release(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size);

    // The checksum would keep nearly every input out of the decoder: give the input one that fits.
    if (size > SJ_RECORD_MAX - 16) {
        return 0;
    }
    unsigned char *frame = malloc(size + 16);
    if (!frame) {
        return 0;
    }
    memcpy(frame, "SJR1", 4);
    sj_put_u32(frame + 4, (uint32_t)size);
    struct sj_key key = sj_key_of(data, size);
    memcpy(frame + 8, key.bytes, 8);
    if (size > 0) {
        memcpy(frame + 16, data, size);
    }
    check(frame, size + 16);
    free(frame);
    return 0;
}
