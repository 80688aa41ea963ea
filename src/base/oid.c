// SPDX-License-Identifier: Apache-2.0
#include "base/oid.h"

#include <errno.h>

void sj_oid_hex(const struct sj_oid *oid, char out[SJ_OID_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SJ_OID_SIZE; i++) {
        out[2 * i] = digits[oid->bytes[i] >> 4];
        out[2 * i + 1] = digits[oid->bytes[i] & 15];
    }
    out[SJ_OID_HEX_SIZE - 1] = '\0';
}

// -1: no hexadecimal digit.
static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int sj_oid_parse(const char *text, struct sj_oid *out)
{
    struct sj_oid oid;
    if (strlen(text) != SJ_OID_HEX_SIZE - 1) {
        return -EINVAL;
    }
    for (size_t i = 0; i < SJ_OID_SIZE; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return -EINVAL;
        }
        oid.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *out = oid;
    return 0;
}
