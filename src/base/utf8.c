// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <stdbool.h>

size_t sj_utf8_len(const void *data, size_t len)
{
    const unsigned char *at = data;
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, len;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (at[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first_low || at[0] > forms[i].first_high || len < forms[i].len) {
            continue;
        }
        bool is_good = at[1] >= forms[i].second_low && at[1] <= forms[i].second_high;
        for (size_t k = 2; k < forms[i].len; k++) {
            is_good = is_good && (at[k] & 0xc0) == 0x80;
        }
        return is_good ? forms[i].len : 0;
    }
    return 0;
}
