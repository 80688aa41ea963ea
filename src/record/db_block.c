// SPDX-License-Identifier: Apache-2.0
#include "record/db_block.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/varint.h"

#define NS_PER_US 1000u

enum width {
    WIDTH_U64,
    WIDTH_US, // nanoseconds, kept as microseconds
    WIDTH_U32,
    WIDTH_I32,
    WIDTH_U16,
};

enum mode {
    MODE_CONSTANT,
    MODE_PLAIN,
    MODE_STEPS,
};

#define AT(member) offsetof(struct sj_sample, member)

// The number of a column is its place here: columns are only ever added.
static const struct {
    size_t offset;
    enum width width;
    bool is_steps; // numbers that are handed out one after the other
} columns[] = {
    {AT(unit), WIDTH_U32, true},
    {AT(start_ns), WIDTH_US, false},
    {AT(wall_ns), WIDTH_US, false},
    {AT(cpu_ns), WIDTH_U64, false},
    {AT(saved_ns), WIDTH_U64, false},
    {AT(instructions), WIDTH_U64, false},
    {AT(peak_rss_bytes), WIDTH_U64, false},
    {AT(input_bytes), WIDTH_U64, false},
    {AT(output_bytes), WIDTH_U64, false},
    {AT(input_count), WIDTH_U32, false},
    {AT(state), WIDTH_U32, true},
    {AT(config), WIDTH_U32, true},
    {AT(reason), WIDTH_U32, false},
    {AT(detail), WIDTH_U32, true},
    {AT(args), WIDTH_U32, true},
    {AT(exit_status), WIDTH_I32, false},
    {AT(flags), WIDTH_U16, false},
};
#define COLUMNS (sizeof columns / sizeof columns[0])

static uint64_t get(const struct sj_sample *sample, size_t column)
{
    const void *member = (const char *)sample + columns[column].offset;
    switch (columns[column].width) {
    case WIDTH_U64:
        return *(const uint64_t *)member;
    case WIDTH_US:
        return *(const uint64_t *)member / NS_PER_US;
    case WIDTH_U32:
        return *(const uint32_t *)member;
    case WIDTH_I32:
        return sj_zigzag(*(const int32_t *)member);
    case WIDTH_U16:
        return *(const uint16_t *)member;
    }
    return 0;
}

static void add_column(const struct sj_sample *samples, size_t count, size_t column, uint64_t least,
                       struct sj_buf *out)
{
    unsigned char *at = (unsigned char *)sj_buf_reserve(out, count * SJ_VARINT_MAX);
    if (!at) {
        return;
    }
    unsigned char *end = at;
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = get(&samples[i], column);
        end += sj_varint_put(end, columns[column].is_steps ? sj_zigzag((int64_t)(value - before))
                                                           : value - least);
        before = value;
    }
    out->len += (size_t)(end - at);
}

void sj_block_encode(const struct sj_sample *samples, size_t count, struct sj_buf *out)
{
    uint64_t least[COLUMNS];
    uint64_t most[COLUMNS];
    uint64_t mask = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        least[c] = UINT64_MAX;
        most[c] = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t value = get(&samples[i], c);
            least[c] = value < least[c] ? value : least[c];
            most[c] = value > most[c] ? value : most[c];
        }
        mask |= (uint64_t)(most[c] != 0) << c;
    }
    sj_buf_add_varint(out, count);
    sj_buf_add_varint(out, mask);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!(mask >> c & 1)) {
            continue;
        }
        enum mode mode = least[c] == most[c]   ? MODE_CONSTANT
                         : columns[c].is_steps ? MODE_STEPS
                                               : MODE_PLAIN;
        sj_buf_add_varint(out, mode);
        if (mode != MODE_STEPS) {
            sj_buf_add_varint(out, least[c]);
        }
        if (mode != MODE_CONSTANT) {
            add_column(samples, count, c, least[c], out);
        }
    }
}

// Values of a column, wherever they go. False: one does not fit.
static bool put(struct sj_sample *sample, size_t column, uint64_t value)
{
    void *member = (char *)sample + columns[column].offset;
    int64_t number = sj_unzigzag(value);
    switch (columns[column].width) {
    case WIDTH_U64:
        *(uint64_t *)member = value;
        return true;
    case WIDTH_US:
        *(uint64_t *)member = value * NS_PER_US;
        return value <= UINT64_MAX / NS_PER_US;
    case WIDTH_U32:
        *(uint32_t *)member = (uint32_t)value;
        return value <= UINT32_MAX;
    case WIDTH_I32:
        *(int32_t *)member = (int32_t)number;
        return number >= INT32_MIN && number <= INT32_MAX;
    case WIDTH_U16:
        *(uint16_t *)member = (uint16_t)value;
        return value <= UINT16_MAX;
    }
    return false;
}

int sj_block_count(const void *data, size_t len, size_t *count)
{
    struct sj_reader reader = sj_reader_of(data, len);
    uint64_t many = sj_reader_varint(&reader);
    if (reader.is_bad || many == 0 || many > SJ_BLOCK_MAX) {
        return -EBADMSG;
    }
    *count = (size_t)many;
    return 0;
}

// One column; a column that is not known yet is read and dropped.
static bool read_column(struct sj_reader *reader, size_t column, size_t count,
                        struct sj_sample *out)
{
    uint64_t mode = sj_reader_varint(reader);
    uint64_t value = mode == MODE_STEPS ? 0 : sj_reader_varint(reader);
    uint64_t least = value;
    bool is_good = mode <= MODE_STEPS;
    for (size_t i = 0; i < count && is_good && !reader->is_bad; i++) {
        if (mode == MODE_PLAIN) {
            value = least + sj_reader_varint(reader);
        } else if (mode == MODE_STEPS) {
            value += (uint64_t)sj_unzigzag(sj_reader_varint(reader));
        }
        is_good = column >= COLUMNS || put(&out[i], column, value);
    }
    return is_good && !reader->is_bad;
}

int sj_block_decode(const void *data, size_t len, uint32_t build, uint8_t outcome,
                    struct sj_sample *out)
{
    size_t count = 0;
    int status = sj_block_count(data, len, &count);
    if (status < 0) {
        return status;
    }
    memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < count; i++) {
        out[i].build = build;
        out[i].outcome = outcome;
    }
    struct sj_reader reader = sj_reader_of(data, len);
    (void)sj_reader_varint(&reader); // the count
    uint64_t mask = sj_reader_varint(&reader);
    bool is_good = !reader.is_bad;
    for (size_t c = 0; mask && is_good; c++, mask >>= 1) {
        if (mask & 1) {
            is_good = read_column(&reader, c, count, out);
        }
    }
    return is_good && reader.at == reader.end ? 0 : -EBADMSG;
}
