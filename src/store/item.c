// SPDX-License-Identifier: Apache-2.0
#include "store/item.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC UINT32_C(0x31424a53) // "SJB1"

// A zstd block holds at most 128 KiB and takes at least 4 bytes: no frame expands by more.
#define EXPANSION_MAX UINT64_C(32768)

// offset  bytes  field
//      0      8  first half of the XXH3-128 of the salt and all that follows, the name included
//      8      4  "SJB1"
//     12      1  kind
//     13      1  codec
//     14      1  bytes of the namespace's name
//     15      1  0
//     16      4  bytes of the data, decompressed
//     20      4  bytes of the data, as stored
//     24      4  bytes of the bundle behind this item and its padding
//     28      4  number of the bundle in its generation: later ones have higher ones
//     32     16  key
//     48     16  XXH3-128 of the decompressed data
//     64      n  name, then the data
enum {
    AT_CHECK = 0,
    AT_MAGIC = 8,
    AT_KIND = 12,
    AT_CODEC = 13,
    AT_NAME_LEN = 14,
    AT_ZERO = 15,
    AT_RAW_LEN = 16,
    AT_STORED_LEN = 20,
    AT_REST_LEN = 24,
    AT_ORDER = 28,
    AT_KEY = 32,
    AT_HASH = 48,
};

static uint64_t checksum(const unsigned char *prefix, size_t len,
                         const unsigned char salt[SJ_SALT_SIZE])
{
    unsigned char bytes[SJ_SALT_SIZE + SJ_ITEM_PREFIX_MAX];
    memcpy(bytes, salt, SJ_SALT_SIZE);
    memcpy(bytes + SJ_SALT_SIZE, prefix + AT_MAGIC, len - AT_MAGIC);
    struct sj_key key = sj_key_of(bytes, SJ_SALT_SIZE + len - AT_MAGIC);
    return sj_get_u64(key.bytes);
}

void sj_item_encode(const struct sj_item *item, const unsigned char salt[SJ_SALT_SIZE],
                    unsigned char *out)
{
    sj_put_u32(out + AT_MAGIC, MAGIC);
    out[AT_KIND] = (unsigned char)item->kind;
    out[AT_CODEC] = (unsigned char)item->codec;
    out[AT_NAME_LEN] = (unsigned char)item->name_len;
    out[AT_ZERO] = 0;
    sj_put_u32(out + AT_RAW_LEN, item->raw_len);
    sj_put_u32(out + AT_STORED_LEN, item->stored_len);
    sj_put_u32(out + AT_REST_LEN, item->rest_len);
    sj_put_u32(out + AT_ORDER, item->order);
    memcpy(out + AT_KEY, item->key.bytes, SJ_KEY_SIZE);
    memcpy(out + AT_HASH, item->hash.bytes, SJ_KEY_SIZE);
    memcpy(out + SJ_ITEM_HEAD_SIZE, item->name, item->name_len);
    sj_put_u64(out + AT_CHECK, checksum(out, sj_item_prefix_len(item), salt));
}

bool sj_item_is_length_sane(uint32_t raw_len, uint32_t stored_len)
{
    return raw_len <= SJ_ITEM_DATA_MAX && stored_len <= raw_len &&
           raw_len <= stored_len * EXPANSION_MAX;
}

int sj_item_decode(const void *data, size_t len, const unsigned char salt[SJ_SALT_SIZE],
                   struct sj_item *out)
{
    const unsigned char *at = data;
    if (len < SJ_ITEM_HEAD_SIZE || sj_get_u32(at + AT_MAGIC) != MAGIC || at[AT_ZERO] != 0) {
        return -EBADMSG;
    }
    if (at[AT_KIND] < SJ_ITEM_OBJECT || at[AT_KIND] > SJ_ITEM_ENTRY ||
        at[AT_CODEC] > SJ_ITEM_ZSTD) {
        return -EBADMSG;
    }
    out->kind = (enum sj_item_kind)at[AT_KIND];
    out->codec = (enum sj_item_codec)at[AT_CODEC];
    out->name_len = at[AT_NAME_LEN];
    out->raw_len = sj_get_u32(at + AT_RAW_LEN);
    out->stored_len = sj_get_u32(at + AT_STORED_LEN);
    out->rest_len = sj_get_u32(at + AT_REST_LEN);
    out->order = sj_get_u32(at + AT_ORDER);
    size_t prefix_len = sj_item_prefix_len(out);
    if (len < prefix_len || (out->codec == SJ_ITEM_RAW) != (out->raw_len == out->stored_len) ||
        !sj_item_is_length_sane(out->raw_len, out->stored_len) ||
        sj_get_u64(at + AT_CHECK) != checksum(at, prefix_len, salt)) {
        return -EBADMSG;
    }
    memcpy(out->key.bytes, at + AT_KEY, SJ_KEY_SIZE);
    memcpy(out->hash.bytes, at + AT_HASH, SJ_KEY_SIZE);
    memcpy(out->name, at + SJ_ITEM_HEAD_SIZE, out->name_len);
    return 0;
}
