// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// Bytes of the well-formed UTF-8 sequence at the start of the text; 0 when there is none.
static size_t utf8_len(const unsigned char *at, size_t len)
{
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

static void add_quoted(struct sj_buf *out, const char *data, size_t len)
{
    sj_buf_addc(out, '"');
    while (len > 0) {
        unsigned char byte = (unsigned char)*data;
        size_t step = utf8_len((const unsigned char *)data, len);
        if (step == 0) {
            sj_buf_adds(out, "\\ufffd");
            step = 1;
        } else if (byte == '"' || byte == '\\') {
            sj_buf_addf(out, "\\%c", byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            sj_buf_addf(out, "\\u%04x", byte);
        } else {
            sj_buf_add(out, data, step);
        }
        data += step;
        len -= step;
    }
    sj_buf_addc(out, '"');
}

static void begin(struct sj_json *json, const char *name)
{
    if (json->needs_comma) {
        sj_buf_addc(json->out, ',');
    }
    if (name) {
        add_quoted(json->out, name, strlen(name));
        sj_buf_addc(json->out, ':');
    }
    json->needs_comma = true;
}

void sj_json_open(struct sj_json *json, const char *name, char bracket)
{
    begin(json, name);
    sj_buf_addc(json->out, bracket);
    json->needs_comma = false;
}

void sj_json_close(struct sj_json *json, char bracket)
{
    sj_buf_addc(json->out, bracket);
    json->needs_comma = true;
}

void sj_json_strn(struct sj_json *json, const char *name, const char *data, size_t len)
{
    begin(json, name);
    add_quoted(json->out, data, len);
}

void sj_json_str(struct sj_json *json, const char *name, const char *text)
{
    if (text) {
        sj_json_strn(json, name, text, strlen(text));
        return;
    }
    begin(json, name);
    sj_buf_adds(json->out, "null");
}

void sj_json_u64(struct sj_json *json, const char *name, uint64_t value)
{
    begin(json, name);
    sj_buf_addf(json->out, "%" PRIu64, value);
}

void sj_json_i64(struct sj_json *json, const char *name, int64_t value)
{
    begin(json, name);
    sj_buf_addf(json->out, "%" PRId64, value);
}

void sj_json_real(struct sj_json *json, const char *name, double value)
{
    begin(json, name);
    if (isfinite(value)) {
        sj_buf_addf(json->out, "%.9g", value);
    } else {
        sj_buf_adds(json->out, "null");
    }
}

void sj_json_bool(struct sj_json *json, const char *name, bool value)
{
    begin(json, name);
    sj_buf_adds(json->out, value ? "true" : "false");
}
