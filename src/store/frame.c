// SPDX-License-Identifier: Apache-2.0
#include "store/frame.h"

#include <errno.h>
#include <string.h>

// offset  bytes  field
//      0      1  kind
//      1      1  0 as it is, 1 one zstd frame
//      2      2  0
//      4      4  bytes of the value, decompressed
//      8      4  bytes of the value as it follows
//     12     16  key
//     28      n  the value
void sj_frame_add(struct sj_buf *out, const struct sj_frame *frame)
{
    sj_buf_addc(out, (char)frame->kind);
    sj_buf_addc(out, (char)frame->is_compressed);
    sj_buf_add_u16(out, 0);
    sj_buf_add_u32(out, frame->raw_len);
    sj_buf_add_u32(out, frame->len);
    sj_buf_add(out, frame->key.bytes, SJ_KEY_SIZE);
    sj_buf_add(out, frame->data, frame->len);
}

static bool is_kind(uint8_t kind)
{
    return kind >= SJ_FRAME_OBJECT && kind <= SJ_FRAME_TRAIL;
}

int sj_frame_next(struct sj_reader *reader, struct sj_frame *out)
{
    if (!reader->is_bad && reader->at == reader->end) {
        return SJ_FRAME_END;
    }
    uint8_t kind = sj_reader_u8(reader);
    uint8_t codec = sj_reader_u8(reader);
    uint16_t zero = sj_reader_u16(reader);
    struct sj_frame frame = {.kind = (enum sj_frame_kind)kind, .is_compressed = codec == 1};
    frame.raw_len = sj_reader_u32(reader);
    frame.len = sj_reader_u32(reader);
    const void *key = sj_reader_take(reader, SJ_KEY_SIZE);
    frame.data = sj_reader_take(reader, frame.len);
    if (reader->is_bad || !is_kind(kind) || codec > 1 || zero != 0) {
        return -EBADMSG;
    }
    // What is compressed is shorter than it was: else it is sent as it is.
    if (frame.is_compressed ? frame.len >= frame.raw_len : frame.len != frame.raw_len) {
        return -EBADMSG;
    }
    memcpy(frame.key.bytes, key, SJ_KEY_SIZE);
    *out = frame;
    return 0;
}

void sj_name_add(struct sj_buf *out, enum sj_frame_kind kind, const struct sj_key *key)
{
    sj_buf_addc(out, (char)kind);
    sj_buf_add(out, key->bytes, SJ_KEY_SIZE);
}

int sj_name_next(struct sj_reader *reader, enum sj_frame_kind *kind, struct sj_key *key)
{
    if (!reader->is_bad && reader->at == reader->end) {
        return SJ_FRAME_END;
    }
    uint8_t first = sj_reader_u8(reader);
    const void *bytes = sj_reader_take(reader, SJ_KEY_SIZE);
    if (reader->is_bad || !is_kind(first)) {
        return -EBADMSG;
    }
    *kind = (enum sj_frame_kind)first;
    memcpy(key->bytes, bytes, SJ_KEY_SIZE);
    return 0;
}
