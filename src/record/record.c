// SPDX-License-Identifier: Apache-2.0
#include "record/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

// A frame. Numbers of fixed width are little-endian; a varint holds seven bits a byte, the lowest
// first, and the top bit says that another byte follows.
//
//     0  4  magic "SJR1"
//     4  4  length of the body
//     8  8  first 8 bytes of the XXH3-128 of the body
//    16     body:
//             varint mask, bit N set: the Nth of `numbers` follows, as a varint; else it is 0
//             varint mask, bit N set: the Nth of `texts` follows: varint length, bytes, NUL;
//                          else it is NULL
//             varint mask, bit N set: the Nth of `keys` follows, 16 bytes; else it is zero
//             varint count of inputs, 16 bytes each
//
// Fields are only ever added, at the end of their table: a reader passes over the bits that it does
// not know and over what stands behind the inputs.
#define MAGIC       "SJR1"
#define MAGIC_SIZE  4
#define HEADER_SIZE 16
#define TEXT_MAX    65535 /**< longer texts are cut, but for the arguments */

enum width {
    WIDTH_U64,
    WIDTH_U32,
    WIDTH_I32,
};

_Static_assert(sizeof(enum sj_outcome) == sizeof(uint32_t), "an outcome is stored as 32 bits");

#define AT(member) offsetof(struct sj_record, member)

static const struct {
    size_t offset;
    enum width width;
} numbers[] = {
    {AT(start_ns), WIDTH_U64},       {AT(wall_ns), WIDTH_U64},     {AT(user_ns), WIDTH_U64},
    {AT(system_ns), WIDTH_U64},      {AT(own_ns), WIDTH_U64},      {AT(saved_ns), WIDTH_U64},
    {AT(peak_rss_bytes), WIDTH_U64}, {AT(input_bytes), WIDTH_U64}, {AT(output_bytes), WIDTH_U64},
    {AT(input_count), WIDTH_U32},    {AT(pid), WIDTH_U32},         {AT(exit_status), WIDTH_I32},
    {AT(flags), WIDTH_U32},          {AT(outcome), WIDTH_U32},
};

static const size_t texts[] = {
    AT(reason), AT(detail), AT(toolchain), AT(tool),  AT(language), AT(cwd),
    AT(source), AT(output), AT(build),     AT(label), AT(args),
};

static const size_t keys[] = {
    AT(weak),         AT(strong),       AT(pathset),      AT(component[0]),
    AT(component[1]), AT(component[2]), AT(component[3]), AT(component[4]),
};
_Static_assert(SJ_COMPONENT_COUNT == 5, "each component has its row in `keys`");

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void add_varint(struct sj_buf *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        bytes[len++] = (unsigned char)(value | 0x80);
    }
    bytes[len++] = (unsigned char)value;
    sj_buf_add(out, bytes, len);
}

static uint64_t read_varint(struct sj_reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = sj_reader_u8(reader);
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return value;
        }
    }
    reader->is_bad = true;
    return 0;
}

// A signed number near zero gets a short varint: 0, -1, 1, -2 become 0, 1, 2, 3.
static uint64_t zigzag(int32_t value)
{
    return value < 0 ? ~((uint64_t)(int64_t)value << 1) : (uint64_t)value << 1;
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static uint64_t number_get(const struct sj_record *record, size_t index)
{
    const void *member = (const char *)record + numbers[index].offset;
    switch (numbers[index].width) {
    case WIDTH_U64:
        return *(const uint64_t *)member;
    case WIDTH_U32:
        return *(const uint32_t *)member;
    case WIDTH_I32:
        return zigzag(*(const int32_t *)member);
    }
    return 0;
}

static bool number_set(struct sj_record *record, size_t index, uint64_t value)
{
    void *member = (char *)record + numbers[index].offset;
    int64_t number = unzigzag(value);
    switch (numbers[index].width) {
    case WIDTH_U64:
        *(uint64_t *)member = value;
        return true;
    case WIDTH_U32:
        *(uint32_t *)member = (uint32_t)value;
        return value <= UINT32_MAX;
    case WIDTH_I32:
        *(int32_t *)member = (int32_t)number;
        return number >= INT32_MIN && number <= INT32_MAX;
    }
    return false;
}

static const char **text_at(struct sj_record *record, size_t index)
{
    return (const char **)((char *)record + texts[index]);
}

static const char *text_get(const struct sj_record *record, size_t index)
{
    return *(const char *const *)((const char *)record + texts[index]);
}

static const struct sj_key *key_get(const struct sj_record *record, size_t index)
{
    return (const struct sj_key *)((const char *)record + keys[index]);
}

static void encode_numbers(const struct sj_record *record, struct sj_buf *out)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        mask |= (uint64_t)(number_get(record, i) != 0) << i;
    }
    add_varint(out, mask);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (mask >> i & 1) {
            add_varint(out, number_get(record, i));
        }
    }
}

static void encode_texts(const struct sj_record *record, struct sj_buf *out)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < COUNT(texts); i++) {
        mask |= (uint64_t)(text_get(record, i) != NULL) << i;
    }
    add_varint(out, mask);
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = text_get(record, i);
        if (text) {
            size_t len = texts[i] == AT(args) ? strlen(text) : strnlen(text, TEXT_MAX);
            add_varint(out, len);
            sj_buf_add(out, text, len);
            sj_buf_addc(out, '\0');
        }
    }
}

static void encode_keys(const struct sj_record *record, struct sj_buf *out)
{
    static const struct sj_key none;
    uint64_t mask = 0;
    for (size_t i = 0; i < COUNT(keys); i++) {
        mask |= (uint64_t)!sj_key_eq(key_get(record, i), &none) << i;
    }
    add_varint(out, mask);
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (mask >> i & 1) {
            sj_buf_add(out, key_get(record, i), SJ_KEY_SIZE);
        }
    }
    uint32_t count = record->inputs ? record->inputs_count : 0;
    add_varint(out, count);
    sj_buf_add(out, record->inputs, (size_t)count * SJ_KEY_SIZE);
}

static uint64_t checksum(const void *body, size_t len)
{
    struct sj_key key = sj_key_of(body, len);
    return sj_get_u64(key.bytes);
}

static bool encode(const struct sj_record *record, struct sj_buf *out)
{
    size_t start = out->len;
    static const unsigned char header[HEADER_SIZE] = MAGIC;
    sj_buf_add(out, header, sizeof header);
    encode_numbers(record, out);
    encode_texts(record, out);
    encode_keys(record, out);
    if (out->is_full || out->len - start > SJ_RECORD_MAX) {
        out->len = start;
        return false;
    }
    size_t len = out->len - start - HEADER_SIZE;
    sj_put_u32(out->data + start + 4, (uint32_t)len);
    sj_put_u64(out->data + start + 8, checksum(out->data + start + HEADER_SIZE, len));
    return true;
}

void sj_record_encode(const struct sj_record *record, struct sj_buf *out)
{
    if (encode(record, out)) {
        return;
    }
    struct sj_record shorter = *record;
    shorter.inputs = NULL;
    shorter.inputs_count = 0;
    out->is_full = false;
    if (!encode(&shorter, out)) {
        shorter.args = NULL;
        out->is_full = false;
        (void)encode(&shorter, out);
    }
}

static void decode_numbers(struct sj_reader *reader, struct sj_record *out)
{
    uint64_t mask = read_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        if (mask & 1) {
            uint64_t value = read_varint(reader);
            if (i < COUNT(numbers) && !number_set(out, i, value)) {
                reader->is_bad = true;
            }
        }
    }
}

static void decode_texts(struct sj_reader *reader, struct sj_record *out)
{
    uint64_t mask = read_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        if (!(mask & 1)) {
            continue;
        }
        uint64_t len = read_varint(reader);
        const char *text = len < SJ_RECORD_MAX ? sj_reader_take(reader, (size_t)len + 1) : NULL;
        if (!text || memchr(text, '\0', (size_t)len + 1) != text + len) {
            reader->is_bad = true;
            return;
        }
        if (i < COUNT(texts)) {
            *text_at(out, i) = text;
        }
    }
}

static void decode_keys(struct sj_reader *reader, struct sj_record *out)
{
    uint64_t mask = read_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        const void *key = mask & 1 ? sj_reader_take(reader, SJ_KEY_SIZE) : NULL;
        if (key && i < COUNT(keys)) {
            memcpy((char *)out + keys[i], key, SJ_KEY_SIZE);
        }
    }
    uint64_t count = read_varint(reader);
    const void *inputs = count <= SJ_RECORD_MAX / SJ_KEY_SIZE
                             ? sj_reader_take(reader, (size_t)count * SJ_KEY_SIZE)
                             : NULL;
    if (!inputs) {
        reader->is_bad = true;
        return;
    }
    out->inputs = count ? inputs : NULL;
    out->inputs_count = (uint32_t)count;
}

// Where the next frame could begin; the last bytes may be the beginning of its magic.
static size_t skip_to_magic(const unsigned char *data, size_t len)
{
    const unsigned char *next = memmem(data + 1, len - 1, MAGIC, MAGIC_SIZE);
    if (next) {
        return (size_t)(next - data);
    }
    return len >= MAGIC_SIZE ? len - (MAGIC_SIZE - 1) : 1;
}

int sj_record_decode(const void *data, size_t len, struct sj_record *out, size_t *used)
{
    if (len == 0) {
        return SJ_RECORD_PARTIAL;
    }
    size_t head = len < MAGIC_SIZE ? len : MAGIC_SIZE;
    if (memcmp(data, MAGIC, head) != 0) {
        *used = skip_to_magic(data, len);
        return -EBADMSG;
    }
    if (len < HEADER_SIZE) {
        return SJ_RECORD_PARTIAL;
    }
    size_t body_len = sj_get_u32((const char *)data + 4);
    if (body_len > SJ_RECORD_MAX - HEADER_SIZE) {
        *used = skip_to_magic(data, len);
        return -EBADMSG;
    }
    if (len - HEADER_SIZE < body_len) {
        return SJ_RECORD_PARTIAL;
    }

    const char *body = (const char *)data + HEADER_SIZE;
    struct sj_record record = {0};
    struct sj_reader reader = sj_reader_of(body, body_len);
    bool is_sound = sj_get_u64((const char *)data + 8) == checksum(body, body_len);
    if (is_sound) {
        decode_numbers(&reader, &record);
        decode_texts(&reader, &record);
        decode_keys(&reader, &record);
    }
    if (!is_sound || reader.is_bad || record.outcome < SJ_OUTCOME_HIT ||
        record.outcome > SJ_OUTCOME_ERROR) {
        *used = skip_to_magic(data, len);
        return -EBADMSG;
    }
    *out = record;
    *used = HEADER_SIZE + body_len;
    return 0;
}

const char *sj_outcome_name(enum sj_outcome outcome)
{
    static const char *const names[] = {
        [SJ_OUTCOME_HIT] = "hit",       [SJ_OUTCOME_MISS] = "miss",
        [SJ_OUTCOME_BYPASS] = "bypass", [SJ_OUTCOME_FAILED] = "failed",
        [SJ_OUTCOME_ERROR] = "error",
    };
    return outcome >= SJ_OUTCOME_HIT && outcome <= SJ_OUTCOME_ERROR ? names[outcome] : "unknown";
}
