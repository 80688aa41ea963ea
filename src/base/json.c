// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void add_quoted(struct sj_buf *out, const char *data, size_t len)
{
    sj_buf_addc(out, '"');
    while (len > 0) {
        unsigned char byte = (unsigned char)*data;
        size_t step = sj_utf8_len(data, len);
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
