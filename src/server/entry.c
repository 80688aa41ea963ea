// SPDX-License-Identifier: Apache-2.0
// A head, little-endian:
//
//   offset  bytes  head
//        0      4  "SJE1"
//        4      4  bytes of the whole head
//        8      8  stored_s
//       16      8  duration_ms
//       24      2  bytes of text
//       26      2  bytes of type
//       28      2  bytes of tag
//       30      2  bytes of sha
//       32      n  text, type, tag, sha, one behind the other
#include "server/entry.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC      "SJE1"
#define FIXED_SIZE 32

// Texts of a head are given out as header fields: what could end one must not get in, or out.
static bool is_printable(struct sj_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte > 0x7e) {
            return false;
        }
    }
    return true;
}

static bool is_good(const struct sj_entry_head *head)
{
    return head->text.len > 0 && is_printable(head->text) && is_printable(head->type) &&
           is_printable(head->tag) && is_printable(head->sha);
}

int sj_entry_encode(const struct sj_entry_head *head, struct sj_buf *out)
{
    const struct sj_str *texts[] = {&head->text, &head->type, &head->tag, &head->sha};
    size_t size = FIXED_SIZE;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        // Each by itself, too: their sum must not wrap.
        if (texts[i]->len > SJ_ENTRY_HEAD_MAX) {
            return -EINVAL;
        }
        size += texts[i]->len;
    }
    if (size > SJ_ENTRY_HEAD_MAX || !is_good(head)) {
        return -EINVAL;
    }
    sj_buf_add(out, MAGIC, 4);
    sj_buf_add_u32(out, (uint32_t)size);
    sj_buf_add_u64(out, (uint64_t)head->stored_s);
    sj_buf_add_u64(out, head->duration_ms);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sj_buf_add_u16(out, (uint16_t)texts[i]->len);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sj_buf_add(out, texts[i]->data, texts[i]->len);
    }
    return 0;
}

int64_t sj_entry_decode(const void *data, size_t len, struct sj_entry_head *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    const void *magic = sj_reader_take(&reader, 4);
    uint32_t size = sj_reader_u32(&reader);
    struct sj_entry_head head = {0};
    head.stored_s = (int64_t)sj_reader_u64(&reader);
    head.duration_ms = sj_reader_u64(&reader);
    struct sj_str *texts[] = {&head.text, &head.type, &head.tag, &head.sha};
    size_t sum = FIXED_SIZE;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        texts[i]->len = sj_reader_u16(&reader);
        sum += texts[i]->len;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        texts[i]->data = sj_reader_take(&reader, texts[i]->len);
    }
    if (reader.is_bad || memcmp(magic, MAGIC, 4) != 0 || size != sum || size > SJ_ENTRY_HEAD_MAX ||
        !is_good(&head)) {
        return -EBADMSG;
    }
    *out = head;
    return (int64_t)size;
}
