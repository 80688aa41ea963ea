// SPDX-License-Identifier: Apache-2.0
#include "store/place.h"

#include <errno.h>

#include "base/bytes.h"
#include "store/item.h"

// offset  bytes  field
//      0      4  generation
//      4      4  bytes of the item, without padding
//      8      8  offset of the item in the generation's file
//     16      4  bytes of its data, decompressed
void sj_place_encode(const struct sj_place *place, unsigned char out[SJ_PLACE_SIZE])
{
    sj_put_u32(out, place->generation);
    sj_put_u32(out + 4, place->len);
    sj_put_u64(out + 8, place->offset);
    sj_put_u32(out + 16, place->raw_len);
}

int sj_place_decode(const void *data, size_t len, struct sj_place *out)
{
    if (len != SJ_PLACE_SIZE) {
        return -EBADMSG;
    }
    const unsigned char *at = data;
    out->generation = sj_get_u32(at);
    out->len = sj_get_u32(at + 4);
    out->offset = sj_get_u64(at + 8);
    out->raw_len = sj_get_u32(at + 16);
    return out->offset <= INT64_MAX / 2 && out->len >= SJ_ITEM_HEAD_SIZE ? 0 : -EBADMSG;
}
