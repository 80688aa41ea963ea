// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Growing bytes with a limit. The data is always NUL-terminated behind its last byte, so text can
 * be used as a C string. A buffer that would pass its limit stays as it is and reads as full.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

/** Limit for buffers whose content the program itself makes. */
#define SJ_BUF_OWN_LIMIT ((size_t)1 << 30)

/** Growing bytes; owned by whoever declared it. */
struct sj_buf {
    char *data;         /**< bytes, terminated; NULL while nothing was added */
    size_t len;         /**< bytes used */
    size_t size;        /**< bytes allocated */
    size_t limit_bytes; /**< the most it may hold */
    bool is_full;       /**< something did not fit and was left out */
};

/** Initialiser. @param limit the most it may hold, in bytes */
#define SJ_BUF_INIT(limit) ((struct sj_buf){.limit_bytes = (limit)})

/** Free what a buffer holds and leave it empty and usable. @param buf buffer, or NULL */
void sj_buf_release(struct sj_buf *buf);

/** Empty a buffer and keep its memory. @param buf buffer */
void sj_buf_clear(struct sj_buf *buf);

/**
 * Make room behind the last byte.
 *
 * @param buf buffer
 * @param len bytes wanted
 * @return where to write them, valid until the next call; NULL: over the limit (reads as full)
 */
char *sj_buf_reserve(struct sj_buf *buf, size_t len);

/** Append bytes. @param buf buffer @param data bytes @param len how many */
void sj_buf_add(struct sj_buf *buf, const void *data, size_t len);

/** Append a C string. @param buf buffer @param text NUL-terminated */
void sj_buf_adds(struct sj_buf *buf, const char *text);

/** Append one byte. @param buf buffer @param byte the byte */
void sj_buf_addc(struct sj_buf *buf, char byte);

/** Append formatted text. @param buf buffer @param format printf format */
SJ_PRINTF(2, 3) void sj_buf_addf(struct sj_buf *buf, const char *format, ...);

/** Append 16 bits, little-endian. @param buf buffer @param value number */
void sj_buf_add_u16(struct sj_buf *buf, uint16_t value);

/** Append 32 bits, little-endian. @param buf buffer @param value number */
void sj_buf_add_u32(struct sj_buf *buf, uint32_t value);

/** Append 64 bits, little-endian. @param buf buffer @param value number */
void sj_buf_add_u64(struct sj_buf *buf, uint64_t value);

/** Append a real number: the 64 bits that it is made of. @param buf buffer @param value number */
void sj_buf_add_real(struct sj_buf *buf, double value);

/**
 * Append a length in 32 bits and the bytes; sj_reader_bytes() reads it back.
 *
 * @param buf  buffer
 * @param data bytes
 * @param len  how many
 */
void sj_buf_add_bytes(struct sj_buf *buf, const void *data, size_t len);

/** The text. @param buf buffer @return its bytes as a C string, never NULL; the buffer's own */
const char *sj_buf_text(const struct sj_buf *buf);

/** A cursor over bytes that came from outside: it never passes the end, and remembers a fault. */
struct sj_reader {
    const unsigned char *at;  /**< next byte */
    const unsigned char *end; /**< behind the last byte */
    bool is_bad;              /**< a read went past the end; all reads since gave 0 */
};

/** A cursor. @param data bytes @param len how many @return reader at the first byte */
static inline struct sj_reader sj_reader_of(const void *data, size_t len)
{
    const unsigned char *at = data;
    return (struct sj_reader){.at = at, .end = at + len};
}

/** Read 8 bits. @param reader cursor @return the number; 0 past the end */
uint8_t sj_reader_u8(struct sj_reader *reader);
/** Read 16 bits. @param reader cursor @return the number; 0 past the end */
uint16_t sj_reader_u16(struct sj_reader *reader);
/** Read 32 bits. @param reader cursor @return the number; 0 past the end */
uint32_t sj_reader_u32(struct sj_reader *reader);
/** Read 64 bits. @param reader cursor @return the number; 0 past the end */
uint64_t sj_reader_u64(struct sj_reader *reader);

/** A real number of sj_buf_add_real(). @param reader reader @return any number, also none; 0 when
 * it is bad */
double sj_reader_real(struct sj_reader *reader);

/**
 * Read a given number of bytes.
 *
 * @param reader cursor
 * @param len    how many
 * @return where they are; NULL past the end
 */
const void *sj_reader_take(struct sj_reader *reader, size_t len);

/**
 * Read a length and the bytes behind it, as sj_buf_add_bytes() wrote them.
 *
 * @param reader cursor
 * @param len    takes the length; 0 past the end
 * @return where they are; NULL past the end
 */
const void *sj_reader_bytes(struct sj_reader *reader, size_t *len);
