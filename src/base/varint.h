// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Numbers of variable length: seven bits a byte, the lowest first; the top bit says that another
 * byte follows. Signed numbers near zero are short after zigzag: 0, -1, 1, -2 become 0, 1, 2, 3.
 * Source: Protocol Buffers, "Encoding"; DWARF 5, 7.6.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define SJ_VARINT_MAX 10 /**< most bytes of one */

/** Write a number. @param at room for SJ_VARINT_MAX bytes @param value number @return bytes written
 */
static inline size_t sj_varint_put(unsigned char *at, uint64_t value)
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        at[len++] = (unsigned char)(value | 0x80);
    }
    at[len++] = (unsigned char)value;
    return len;
}

/** Append a number. @param buf buffer @param value number */
static inline void sj_buf_add_varint(struct sj_buf *buf, uint64_t value)
{
    unsigned char bytes[SJ_VARINT_MAX];
    sj_buf_add(buf, bytes, sj_varint_put(bytes, value));
}

/** Read a number. @param reader cursor @return the number; 0 past the end, and where it has more
 * than 64 bits, which reads as bad, too */
static inline uint64_t sj_reader_varint(struct sj_reader *reader)
{
    const unsigned char *at = reader->at;
    if (!reader->is_bad && at < reader->end && *at < 0x80) {
        reader->at++;
        return *at;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !reader->is_bad && at < reader->end; shift += 7) {
        uint64_t byte = *at++;
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            reader->at = at;
            return value;
        }
    }
    reader->is_bad = true;
    return 0;
}

/** Fold the sign into the lowest bit. @param value number @return a small number for a small one */
static inline uint64_t sj_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

/** Undo sj_zigzag(). @param value its result @return the number */
static inline int64_t sj_unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}
