// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tier-http/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES 65536

// What was handed on, so that two ways of reading can be held against each other.
static void note(const struct sj_tier_value *value, void *user)
{
    struct sj_buf *seen = user;
    if (value->len > MAX_BYTES || value->raw_len > MAX_BYTES) {
        abort();
    }
    sj_buf_add_u32(seen, (uint32_t)value->name.kind << 8 | (uint32_t)value->codec);
    sj_buf_add_u32(seen, value->raw_len);
    sj_buf_add(seen, value->name.key, SJ_TIER_KEY_SIZE);
    sj_buf_add_bytes(seen, value->data, value->len);
}

static bool read_in(const uint8_t *data, size_t size, size_t piece, struct sj_buf *seen)
{
    struct frame_reader reader = {.max_bytes = MAX_BYTES, .found = note, .user = seen};
    int status = 0;
    for (size_t at = 0; status == 0 && at < size; at += piece) {
        status = frame_reader_feed(&reader, data + at, size - at < piece ? size - at : piece);
    }
    bool is_whole = status == 0 && frame_reader_is_whole(&reader);
    frame_reader_release(&reader);
    return is_whole;
}

// An answer means the same however the network cuts it.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_buf_release) struct sj_buf whole = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf cut = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t piece = size > 0 ? 1 + data[size - 1] % 64 : 1;
    bool is_whole = read_in(data, size, size ? size : 1, &whole);
    if (read_in(data, size, piece, &cut) != is_whole || whole.len != cut.len ||
        memcmp(sj_buf_text(&whole), sj_buf_text(&cut), cut.len) != 0) {
        abort();
    }
    return 0;
}
