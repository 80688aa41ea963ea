// SPDX-License-Identifier: Apache-2.0
#include "tier-http/frames.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t get_u32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static void put_u32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

// Read a head. The value's data is not set.
static bool read_head(const unsigned char *at, struct sj_tier_value *out)
{
    *out = (struct sj_tier_value){
        .name.kind = (enum sj_tier_kind)at[0],
        .codec = (enum sj_tier_codec)at[1],
        .raw_len = get_u32(at + 4),
        .len = get_u32(at + 8),
    };
    memcpy(out->name.key, at + 12, SJ_TIER_KEY_SIZE);
    bool is_kind = at[0] >= SJ_TIER_OBJECT && at[0] <= SJ_TIER_TRAIL;
    bool is_codec = at[1] <= SJ_TIER_ZSTD && at[2] == 0 && at[3] == 0;
    bool is_len = at[1] == SJ_TIER_RAW ? out->len == out->raw_len : out->len > 0;
    return is_kind && is_codec && is_len && out->len <= FRAMES_TOTAL;
}

// Hand on the whole frames at the front of what is there. Gives the bytes used.
static size_t read_frames(struct frame_reader *reader, const unsigned char *data, size_t len)
{
    size_t at = 0;
    while (len - at >= FRAME_HEAD_SIZE) {
        struct sj_tier_value value;
        if (!read_head(data + at, &value)) {
            reader->is_bad = true;
            break;
        }
        if (len - at - FRAME_HEAD_SIZE < value.len) {
            break;
        }
        value.data = data + at + FRAME_HEAD_SIZE;
        if (value.len <= reader->max_bytes && value.raw_len <= reader->max_bytes) {
            reader->found(&value, reader->user);
        }
        at += FRAME_HEAD_SIZE + value.len;
    }
    return at;
}

// Bytes that the frame at the front has in all; at most as many as a head when that is cut.
static size_t front_size(const struct frame_reader *reader)
{
    return reader->len < FRAME_HEAD_SIZE ? FRAME_HEAD_SIZE
                                         : FRAME_HEAD_SIZE + get_u32(reader->data + 8);
}

static int keep(struct frame_reader *reader, const unsigned char *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (reader->len + len > reader->size) {
        size_t size = reader->len + len < 4096 ? 4096 : 2 * (reader->len + len);
        unsigned char *grown = realloc(reader->data, size);
        if (!grown) {
            return -ENOMEM;
        }
        reader->data = grown;
        reader->size = size;
    }
    memcpy(reader->data + reader->len, data, len);
    reader->len += len;
    return 0;
}

// Fill up the frame whose front is kept, and hand it on. Gives the bytes used, or a negative errno.
static long complete(struct frame_reader *reader, const unsigned char *data, size_t len)
{
    size_t used = 0;
    while (reader->len > 0 && used < len && !reader->is_bad) {
        size_t want = front_size(reader) - reader->len;
        size_t take = want < len - used ? want : len - used;
        int status = keep(reader, data + used, take);
        if (status < 0) {
            return status;
        }
        used += take;
        if (read_frames(reader, reader->data, reader->len) > 0) {
            reader->len = 0;
        }
    }
    return (long)used;
}

int frame_reader_feed(struct frame_reader *reader, const void *data, size_t len)
{
    const unsigned char *at = data;
    if (reader->is_bad) {
        return -EPROTO;
    }
    if (len > FRAMES_TOTAL - reader->total) {
        return -EFBIG;
    }
    reader->total += len;
    long used = complete(reader, at, len);
    if (used < 0) {
        return (int)used;
    }
    if (reader->len == 0 && !reader->is_bad) {
        used += (long)read_frames(reader, at + used, len - (size_t)used);
    }
    if (reader->is_bad) {
        return -EPROTO;
    }
    return keep(reader, at + used, len - (size_t)used);
}

bool frame_reader_is_whole(const struct frame_reader *reader)
{
    return reader->len == 0 && !reader->is_bad;
}

void frame_reader_release(struct frame_reader *reader)
{
    free(reader->data);
    reader->data = NULL;
    reader->len = 0;
    reader->size = 0;
}

size_t frame_size(const struct sj_tier_value *value)
{
    return FRAME_HEAD_SIZE + value->len;
}

void frame_write(const struct sj_tier_value *value, unsigned char *out)
{
    memset(out, 0, FRAME_HEAD_SIZE);
    out[0] = (unsigned char)value->name.kind;
    out[1] = (unsigned char)value->codec;
    put_u32(out + 4, value->raw_len);
    put_u32(out + 8, (uint32_t)value->len);
    memcpy(out + 12, value->name.key, SJ_TIER_KEY_SIZE);
    if (value->len > 0) {
        memcpy(out + FRAME_HEAD_SIZE, value->data, value->len);
    }
}

void frame_write_name(const struct sj_tier_name *name, unsigned char *out)
{
    out[0] = (unsigned char)name->kind;
    memcpy(out + 1, name->key, SJ_TIER_KEY_SIZE);
}
