// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdarg.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

void sj_buf_release(struct sj_buf *buf)
{
    if (!buf) {
        return;
    }
    free(buf->data);
    *buf = SJ_BUF_INIT(buf->limit_bytes);
}

void sj_buf_clear(struct sj_buf *buf)
{
    buf->len = 0;
    buf->is_full = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

char *sj_buf_reserve(struct sj_buf *buf, size_t len)
{
    if (len > buf->limit_bytes || buf->len > buf->limit_bytes - len) {
        buf->is_full = true;
        return NULL;
    }
    size_t need = buf->len + len + 1;
    if (need > buf->size) {
        size_t size = buf->size ? buf->size : 256;
        while (size < need) {
            size *= 2;
        }
        buf->data = sj_realloc(buf->data, size, 1);
        buf->size = size;
    }
    return buf->data + buf->len;
}

void sj_buf_add(struct sj_buf *buf, const void *data, size_t len)
{
    char *at = sj_buf_reserve(buf, len);
    if (!at) {
        return;
    }
    if (len) {
        memcpy(at, data, len);
    }
    at[len] = '\0';
    buf->len += len;
}

void sj_buf_adds(struct sj_buf *buf, const char *text)
{
    sj_buf_add(buf, text, strlen(text));
}

void sj_buf_addc(struct sj_buf *buf, char byte)
{
    sj_buf_add(buf, &byte, 1);
}

void sj_buf_addf(struct sj_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *at = need < 0 ? NULL : sj_buf_reserve(buf, (size_t)need);
    if (at) {
        (void)vsnprintf(at, (size_t)need + 1, format, again);
        buf->len += (size_t)need;
    }
    va_end(again);
}

void sj_buf_add_u16(struct sj_buf *buf, uint16_t value)
{
    unsigned char bytes[2];
    sj_put_u16(bytes, value);
    sj_buf_add(buf, bytes, sizeof bytes);
}

void sj_buf_add_u32(struct sj_buf *buf, uint32_t value)
{
    unsigned char bytes[4];
    sj_put_u32(bytes, value);
    sj_buf_add(buf, bytes, sizeof bytes);
}

void sj_buf_add_u64(struct sj_buf *buf, uint64_t value)
{
    unsigned char bytes[8];
    sj_put_u64(bytes, value);
    sj_buf_add(buf, bytes, sizeof bytes);
}

void sj_buf_add_real(struct sj_buf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    sj_buf_add_u64(buf, bits);
}

void sj_buf_add_bytes(struct sj_buf *buf, const void *data, size_t len)
{
    if (len > UINT32_MAX) {
        buf->is_full = true;
        return;
    }
    sj_buf_add_u32(buf, (uint32_t)len);
    sj_buf_add(buf, data, len);
}

const char *sj_buf_text(const struct sj_buf *buf)
{
    return buf->data ? buf->data : "";
}

const void *sj_reader_take(struct sj_reader *reader, size_t len)
{
    if (reader->is_bad || (size_t)(reader->end - reader->at) < len) {
        reader->is_bad = true;
        return NULL;
    }
    const void *taken = reader->at;
    reader->at += len;
    return taken;
}

uint8_t sj_reader_u8(struct sj_reader *reader)
{
    const unsigned char *at = sj_reader_take(reader, 1);
    return at ? *at : 0;
}

uint16_t sj_reader_u16(struct sj_reader *reader)
{
    const void *at = sj_reader_take(reader, 2);
    return at ? sj_get_u16(at) : 0;
}

uint32_t sj_reader_u32(struct sj_reader *reader)
{
    const void *at = sj_reader_take(reader, 4);
    return at ? sj_get_u32(at) : 0;
}

uint64_t sj_reader_u64(struct sj_reader *reader)
{
    const void *at = sj_reader_take(reader, 8);
    return at ? sj_get_u64(at) : 0;
}

double sj_reader_real(struct sj_reader *reader)
{
    uint64_t bits = sj_reader_u64(reader);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

const void *sj_reader_bytes(struct sj_reader *reader, size_t *len)
{
    uint32_t want = sj_reader_u32(reader);
    const void *at = sj_reader_take(reader, want);
    *len = at ? want : 0;
    return at;
}
