// SPDX-License-Identifier: Apache-2.0
#include "server/inflate.h"

#include <errno.h>

#include "store/codec.h"
#include "store/item.h"

int sj_inflate(const void *data, size_t len, uint64_t raw_len, struct sj_buf *out)
{
    if (len == 0 || raw_len > SJ_ITEM_DATA_MAX ||
        !sj_item_is_length_sane((uint32_t)raw_len, (uint32_t)len)) {
        return -EBADMSG;
    }
    char *at = sj_buf_reserve(out, (size_t)raw_len);
    if (!at) {
        return -EFBIG;
    }
    struct sj_codec codec = {0};
    int status = sj_codec_decompress(&codec, data, len, at, (size_t)raw_len);
    sj_codec_release(&codec);
    if (status == 0) {
        out->len += (size_t)raw_len;
        out->data[out->len] = '\0';
    }
    return status;
}
