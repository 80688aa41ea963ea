// SPDX-License-Identifier: Apache-2.0
#include "server/form.h"

#include <errno.h>
#include <string.h>

// Value of a hexadecimal digit, or -1.
static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static int decode(struct sj_str text, struct sj_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i] == '+' ? ' ' : text.data[i];
        if (byte == '%') {
            int high = text.len - i > 2 ? digit_value(text.data[i + 1]) : -1;
            int low = text.len - i > 2 ? digit_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return -EINVAL;
            }
            byte = (char)(high << 4 | low);
            i += 2;
        }
        if (byte == '\0') {
            return -EINVAL;
        }
        sj_buf_addc(out, byte);
    }
    return out->is_full ? -EINVAL : 0;
}

int sj_form_value(struct sj_str form, const char *name, struct sj_buf *out)
{
    size_t name_len = strlen(name);
    struct sj_str found = {NULL, 0};
    for (size_t at = 0; at < form.len;) {
        const char *and = memchr(form.data + at, '&', form.len - at);
        size_t len = and? (size_t)(and-form.data) - at : form.len - at;
        if (len > name_len && memcmp(form.data + at, name, name_len) == 0 &&
            form.data[at + name_len] == '=') {
            if (found.data) {
                return -EINVAL;
            }
            found = (struct sj_str){form.data + at + name_len + 1, len - name_len - 1};
        }
        at += len + 1;
    }
    return found.data ? decode(found, out) : -ENOENT;
}
