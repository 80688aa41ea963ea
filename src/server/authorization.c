// SPDX-License-Identifier: Apache-2.0
#include "server/authorization.h"

#include <errno.h>
#include <stdint.h>
#include <strings.h>

#define HEADER_MAX 512 /**< of Basic, SJ_SECRET_MAX bytes and the scheme's name */

static int digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

// Gives the bytes decoded, or -EINVAL. Padding may be missing: some clients leave it out.
static int decode(struct sj_str text, char out[SJ_SECRET_MAX])
{
    uint32_t bits = 0;
    int len = 0;
    for (int i = 0; i < 2 && text.len && text.data[text.len - 1] == '='; i++) {
        text.len--;
    }
    if (text.len % 4 == 1 || text.len / 4 * 3 + 3 > SJ_SECRET_MAX) {
        return -EINVAL;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0) {
            return -EINVAL;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 > 0) {
            unsigned rest = 2 * (3 - (unsigned)(i % 4)); // bits that belong to the next byte
            out[len++] = (char)(bits >> rest & 0xff);
        }
    }
    return len;
}

static struct sj_str skip_blanks(struct sj_str text)
{
    while (text.len && text.data[0] == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

static int read_basic(struct sj_str text, char out[SJ_SECRET_MAX], struct sj_str *secret)
{
    int len = decode(text, out);
    // RFC 7617: the user's name ends at the first colon.
    const char *colon = len > 0 ? memchr(out, ':', (size_t)len) : NULL;
    if (!colon) {
        return -EINVAL;
    }
    *secret = (struct sj_str){colon + 1, (size_t)(out + len - colon - 1)};
    return 0;
}

int sj_authorization_parse(const char *header, char out[SJ_SECRET_MAX], struct sj_str *secret)
{
    static const char bearer[] = "bearer ";
    static const char basic[] = "basic ";
    size_t len = strnlen(header, HEADER_MAX + 1);
    if (len > HEADER_MAX) {
        return -EINVAL;
    }
    if (strncasecmp(header, bearer, sizeof bearer - 1) == 0) {
        size_t used = sizeof bearer - 1;
        *secret = skip_blanks((struct sj_str){header + used, len - used});
        return secret->len <= SJ_SECRET_MAX ? 0 : -EINVAL;
    }
    if (strncasecmp(header, basic, sizeof basic - 1) == 0) {
        size_t used = sizeof basic - 1;
        return read_basic(skip_blanks((struct sj_str){header + used, len - used}), out, secret);
    }
    return -EINVAL;
}
