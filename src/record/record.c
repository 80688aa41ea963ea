// SPDX-License-Identifier: Apache-2.0
#include "record/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/varint.h"
#include "record/framing.h"

// A record's body, behind the header that framing.h draws. A varint holds seven bits a byte, the
// lowest first, and the top bit says that another byte follows.
//
//     varint mask, bit N set: the Nth of `numbers` follows, as a varint; else it is 0
//     varint mask, bit N set: the Nth of `texts` follows: varint length, bytes, NUL; else it is
//     NULL varint mask, bit N set: the Nth of `keys` follows, 16 bytes; else it is zero varint
//     count of inputs, 16 bytes each
//
// Fields are only ever added, at the end of their table: a reader passes over the bits that it does
// not know and over what stands behind the inputs.
#define TEXT_MAX 65535 /**< longer texts are cut, but for the arguments */

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
    {AT(flags), WIDTH_U32},          {AT(outcome), WIDTH_U32},     {AT(instructions), WIDTH_U64},
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

static uint64_t number_get(const struct sj_record *record, size_t index)
{
    const void *member = (const char *)record + numbers[index].offset;
    switch (numbers[index].width) {
    case WIDTH_U64:
        return *(const uint64_t *)member;
    case WIDTH_U32:
        return *(const uint32_t *)member;
    case WIDTH_I32:
        return sj_zigzag(*(const int32_t *)member);
    }
    return 0;
}

static bool number_set(struct sj_record *record, size_t index, uint64_t value)
{
    void *member = (char *)record + numbers[index].offset;
    int64_t number = sj_unzigzag(value);
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
    sj_buf_add_varint(out, mask);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (mask >> i & 1) {
            sj_buf_add_varint(out, number_get(record, i));
        }
    }
}

static void encode_texts(const struct sj_record *record, struct sj_buf *out)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < COUNT(texts); i++) {
        mask |= (uint64_t)(text_get(record, i) != NULL) << i;
    }
    sj_buf_add_varint(out, mask);
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = text_get(record, i);
        if (text) {
            size_t len = texts[i] == AT(args) ? strlen(text) : strnlen(text, TEXT_MAX);
            sj_buf_add_varint(out, len);
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
    sj_buf_add_varint(out, mask);
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (mask >> i & 1) {
            sj_buf_add(out, key_get(record, i), SJ_KEY_SIZE);
        }
    }
    uint32_t count = record->inputs ? record->inputs_count : 0;
    sj_buf_add_varint(out, count);
    sj_buf_add(out, record->inputs, (size_t)count * SJ_KEY_SIZE);
}

static bool encode(const struct sj_record *record, struct sj_buf *out)
{
    size_t start = sj_framing_begin(out, SJ_FRAMING_RECORD);
    encode_numbers(record, out);
    encode_texts(record, out);
    encode_keys(record, out);
    return sj_framing_end(out, start);
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
    uint64_t mask = sj_reader_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        if (mask & 1) {
            uint64_t value = sj_reader_varint(reader);
            if (i < COUNT(numbers) && !number_set(out, i, value)) {
                reader->is_bad = true;
            }
        }
    }
}

static void decode_texts(struct sj_reader *reader, struct sj_record *out)
{
    uint64_t mask = sj_reader_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        if (!(mask & 1)) {
            continue;
        }
        uint64_t len = sj_reader_varint(reader);
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
    uint64_t mask = sj_reader_varint(reader);
    for (size_t i = 0; mask; i++, mask >>= 1) {
        const void *key = mask & 1 ? sj_reader_take(reader, SJ_KEY_SIZE) : NULL;
        if (key && i < COUNT(keys)) {
            memcpy((char *)out + keys[i], key, SJ_KEY_SIZE);
        }
    }
    uint64_t count = sj_reader_varint(reader);
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

int sj_record_decode(const void *data, size_t len, struct sj_record *out, size_t *used)
{
    struct sj_reader body;
    size_t frame = 0;
    int status = sj_framing_open(data, len, SJ_FRAMING_RECORD, &body, &frame);
    if (status == SJ_FRAMING_PARTIAL) {
        return SJ_RECORD_PARTIAL;
    }
    struct sj_record record = {0};
    if (status == 0) {
        decode_numbers(&body, &record);
        decode_texts(&body, &record);
        decode_keys(&body, &record);
        if (body.is_bad || record.outcome < SJ_OUTCOME_HIT || record.outcome > SJ_OUTCOME_ERROR) {
            frame = sj_framing_skip(data, len);
            status = -EBADMSG;
        }
    }
    *used = frame;
    if (status == 0) {
        *out = record;
    }
    return status;
}

const char *sj_component_name(enum sj_component component)
{
    static const char *const names[SJ_COMPONENT_COUNT] = {
        [SJ_COMPONENT_TOOL] = "tool",   [SJ_COMPONENT_ARGS] = "args",
        [SJ_COMPONENT_ENV] = "env",     [SJ_COMPONENT_SOURCE] = "source",
        [SJ_COMPONENT_PLACE] = "place",
    };
    return names[component];
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
