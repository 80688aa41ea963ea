// SPDX-License-Identifier: Apache-2.0
#include "import-common/json.h"

#include <math.h>

json_t *import_json_load(const struct sj_import_source *source, char *problem, size_t len)
{
    json_error_t error;
    json_t *value = json_loadb(source->data, source->len, 0, &error);
    if (!value) {
        (void)snprintf(problem, len, "line %d, column %d: %s", error.line, error.column,
                       error.text);
    }
    return value;
}

static void skip_space(struct import_text *text)
{
    while (text->len > 0 && strchr(" \t\r\n,", text->data[0]) && text->data[0]) {
        text->data++;
        text->len--;
    }
}

bool import_json_next(struct import_text *text, json_t **value)
{
    json_error_t error;
    skip_space(text);
    if (text->len == 0) {
        return false;
    }
    *value = json_loadb(text->data, text->len, JSON_DISABLE_EOF_CHECK, &error);
    if (*value && error.position > 0 && (size_t)error.position <= text->len) {
        text->data += error.position;
        text->len -= (size_t)error.position;
    } else {
        json_decref(*value);
        *value = NULL;
        (void)import_take_field(text, '\n');
    }
    return true;
}

const char *import_json_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

bool import_json_value_number(const json_t *value, int64_t scale, int64_t *out)
{
    int64_t number;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else if (json_is_real(value)) {
        // 2^62 and no more, so that rounding cannot pass what an int64_t holds.
        double scaled = json_real_value(value) * (double)scale;
        if (!(fabs(scaled) < 0x1p62)) {
            return false;
        }
        *out = (int64_t)llround(scaled);
        return true;
    } else if (json_is_string(value)) {
        const struct import_text text = {json_string_value(value), json_string_length(value)};
        if (!import_i64(text, &number)) {
            return false;
        }
    } else {
        return false;
    }
    return !__builtin_mul_overflow(number, scale, out);
}

bool import_json_number(const json_t *object, const char *name, int64_t scale, int64_t *out)
{
    int64_t number = 0;
    if (!import_json_value_number(json_object_get(object, name), scale, &number)) {
        return false;
    }
    *out = number;
    return true;
}

bool import_json_begins(const struct sj_import_source *source, char byte)
{
    const struct import_text text = import_trim((struct import_text){source->data, source->len});
    return text.len > 0 && text.data[0] == byte;
}
