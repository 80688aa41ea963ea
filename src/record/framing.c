// SPDX-License-Identifier: Apache-2.0
#include "record/framing.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "key/key.h"

static uint64_t checksum(const void *body, size_t len)
{
    struct sj_key key = sj_key_of(body, len);
    return sj_get_u64(key.bytes);
}

size_t sj_framing_begin(struct sj_buf *out, const char *magic)
{
    static const unsigned char rest[SJ_FRAMING_HEADER - SJ_FRAMING_MAGIC];
    size_t start = out->len;
    sj_buf_add(out, magic, SJ_FRAMING_MAGIC);
    sj_buf_add(out, rest, sizeof rest);
    return start;
}

bool sj_framing_end(struct sj_buf *out, size_t start)
{
    if (out->is_full || out->len - start > SJ_FRAMING_MAX) {
        out->len = start;
        return false;
    }
    char *frame = out->data + start;
    size_t len = out->len - start - SJ_FRAMING_HEADER;
    sj_put_u32(frame + 4, (uint32_t)len);
    sj_put_u64(frame + 8, checksum(frame + SJ_FRAMING_HEADER, len));
    return true;
}

static bool is_magic(const char *at)
{
    return memcmp(at, SJ_FRAMING_RECORD, SJ_FRAMING_MAGIC) == 0 ||
           memcmp(at, SJ_FRAMING_NOTE, SJ_FRAMING_MAGIC) == 0;
}

size_t sj_framing_skip(const void *data, size_t len)
{
    const char *at = data;
    const char *end = at + len;
    for (at++; end - at >= SJ_FRAMING_MAGIC; at++) {
        at = memmem(at, (size_t)(end - at), "SJ", 2);
        if (!at || end - at < SJ_FRAMING_MAGIC) {
            break;
        }
        if (is_magic(at)) {
            return (size_t)(at - (const char *)data);
        }
    }
    return len >= SJ_FRAMING_MAGIC ? len - (SJ_FRAMING_MAGIC - 1) : 1;
}

int sj_framing_open(const void *data, size_t len, const char *magic, struct sj_reader *body,
                    size_t *used)
{
    const char *frame = data;
    if (len == 0) {
        return SJ_FRAMING_PARTIAL;
    }
    size_t head = len < SJ_FRAMING_MAGIC ? len : SJ_FRAMING_MAGIC;
    if (memcmp(data, magic, head) != 0) {
        *used = sj_framing_skip(data, len);
        return -EBADMSG;
    }
    if (len < SJ_FRAMING_HEADER) {
        return SJ_FRAMING_PARTIAL;
    }
    size_t body_len = sj_get_u32(frame + 4);
    if (body_len > SJ_FRAMING_MAX - SJ_FRAMING_HEADER) {
        *used = sj_framing_skip(data, len);
        return -EBADMSG;
    }
    if (len - SJ_FRAMING_HEADER < body_len) {
        return SJ_FRAMING_PARTIAL;
    }
    if (sj_get_u64(frame + 8) != checksum(frame + SJ_FRAMING_HEADER, body_len)) {
        *used = sj_framing_skip(data, len);
        return -EBADMSG;
    }
    *body = sj_reader_of(frame + SJ_FRAMING_HEADER, body_len);
    *used = SJ_FRAMING_HEADER + body_len;
    return 0;
}
