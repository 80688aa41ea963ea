// SPDX-License-Identifier: Apache-2.0
// What the store reads from disk: an item's prefix, the state, the mark's neighbours.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/codec.h"
#include "store/item.h"
#include "store/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char salt[SJ_SALT_SIZE] = "0123456789abcde";

// What was read can be written, and is then the same.
static void check_item(const void *data, size_t size)
{
    struct sj_item item;
    if (sj_item_decode(data, size, salt, &item) != 0) {
        return;
    }
    unsigned char again[SJ_ITEM_PREFIX_MAX];
    sj_item_encode(&item, salt, again);
    if (sj_item_prefix_len(&item) > size || memcmp(again, data, sj_item_prefix_len(&item)) != 0 ||
        !sj_item_is_length_sane(item.raw_len, item.stored_len)) {
        abort();
    }
}

static void check_state(const uint8_t *data, size_t size)
{
    struct sj_state state;
    if (sj_state_decode(data, size, &state) != 0) {
        return;
    }
    unsigned char again[SJ_STATE_SIZE];
    sj_state_encode(&state, again);
    if (memcmp(again, data, sizeof again) != 0) {
        abort();
    }
}

// The checksum would keep nearly every input out of the decoder: give the input one that fits.
static void check_fitted_item(const uint8_t *data, size_t size)
{
    unsigned char prefix[SJ_SALT_SIZE + SJ_ITEM_PREFIX_MAX];
    if (size < SJ_ITEM_HEAD_SIZE || size > SJ_ITEM_PREFIX_MAX ||
        size < SJ_ITEM_HEAD_SIZE + (size_t)data[14]) {
        return;
    }
    size_t len = SJ_ITEM_HEAD_SIZE + (size_t)data[14];
    memcpy(prefix, salt, SJ_SALT_SIZE);
    memcpy(prefix + SJ_SALT_SIZE, data + 8, len - 8);
    struct sj_key key = sj_key_of(prefix, SJ_SALT_SIZE + len - 8);
    memcpy(prefix, key.bytes, 8);
    memcpy(prefix + 8, data + 8, len - 8);
    check_item(prefix, len);
}

static void check_frame(const uint8_t *data, size_t size)
{
    char raw[4096];
    struct sj_codec codec = {0};
    (void)sj_codec_decompress(&codec, data, size, raw, size % sizeof raw);
    sj_codec_release(&codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_item(data, size);
    check_fitted_item(data, size);
    check_state(data, size);
    check_frame(data, size);
    return 0;
}
