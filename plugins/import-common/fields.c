// SPDX-License-Identifier: Apache-2.0
#include "import-common/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import-common/text.h"

void import_fields_problem(struct import_fields fields, const char *what)
{
    fields.sink->problem(fields.sink->user, fields.where, what);
}

static void wrong(struct import_fields fields, const char *name, const char *wanted)
{
    char text[160];
    (void)snprintf(text, sizeof(text), "'%s' is not %s", name, wanted);
    import_fields_problem(fields, text);
}

// NULL where there is nothing to read.
static const json_t *get(struct import_fields fields, const char *name)
{
    const json_t *value = fields.object ? json_object_get(fields.object, name) : NULL;
    return json_is_null(value) ? NULL : value;
}

const char *import_fields_text(struct import_fields fields, const char *name)
{
    const json_t *value = get(fields, name);
    if (!value) {
        return NULL;
    }
    const char *text = json_string_value(value);
    if (!text) {
        wrong(fields, name, "a text");
        return NULL;
    }
    return *text != '\0' ? text : NULL;
}

// Only what a double holds without loss.
static bool whole_of_real(double real, int64_t *out)
{
    const double limit = 9007199254740992.0;
    if (!(real >= -limit && real <= limit)) {
        return false;
    }
    *out = (int64_t)real;
    return true;
}

static bool whole_of(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        return import_i64((struct import_text){text, strlen(text)}, out);
    }
    return json_is_real(value) && whole_of_real(json_real_value(value), out);
}

int64_t import_fields_number(struct import_fields fields, const char *name, int64_t otherwise)
{
    const json_t *value = get(fields, name);
    int64_t number = otherwise;
    if (value && !whole_of(value, &number)) {
        wrong(fields, name, "a whole number");
        return otherwise;
    }
    return number;
}

bool import_fields_bool(struct import_fields fields, const char *name)
{
    const json_t *value = get(fields, name);
    if (value && !json_is_boolean(value)) {
        wrong(fields, name, "true or false");
    }
    return json_is_true(value);
}

int64_t import_fields_time(struct import_fields fields, const char *name)
{
    const char *text = import_fields_text(fields, name);
    int64_t ns = text ? import_time_ns(text) : 0;
    if (text && ns == 0 && strncmp(text, "0001-01-01T", 11) != 0) {
        wrong(fields, name, "a time by RFC 3339");
    }
    return ns;
}

int64_t import_fields_units(struct import_fields fields, const char *name, int64_t unit_ns)
{
    int64_t number = import_fields_number(fields, name, 0);
    int64_t ns;
    if (number < 0 || __builtin_mul_overflow(number, unit_ns, &ns)) {
        wrong(fields, name, "a time in range");
        return 0;
    }
    return ns;
}

// Protobuf's form of a Duration: "0.12s".
static int64_t span_of_text(struct import_fields fields, const char *name, const char *text)
{
    size_t len = strlen(text);
    int64_t ns;
    if (len < 2 || text[len - 1] != 's' || !import_nano((struct import_text){text, len - 1}, &ns) ||
        ns < 0) {
        wrong(fields, name, "a span");
        return 0;
    }
    return ns;
}

int64_t import_fields_seconds(struct import_fields fields, const char *name)
{
    const json_t *value = get(fields, name);
    if (!value) {
        return 0;
    }
    if (json_is_string(value)) {
        return span_of_text(fields, name, json_string_value(value));
    }
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !(seconds >= 0 && seconds < 4e9)) {
        wrong(fields, name, "a number of seconds");
        return 0;
    }
    return (int64_t)(seconds * 1e9 + 0.5);
}

struct import_fields import_fields_object(struct import_fields fields, const char *name)
{
    const json_t *value = get(fields, name);
    if (value && !json_is_object(value)) {
        wrong(fields, name, "an object");
    }
    return import_fields_of(fields, value);
}

const json_t *import_fields_array(struct import_fields fields, const char *name)
{
    const json_t *value = get(fields, name);
    if (value && !json_is_array(value)) {
        wrong(fields, name, "an array");
        return NULL;
    }
    return value;
}

char *import_fields_join(struct import_fields fields, const char *name, const char *separator)
{
    const json_t *array = import_fields_array(fields, name);
    size_t count = json_array_size(array);
    char *joined = count > 0 ? malloc(IMPORT_FIELDS_JOIN_MAX) : NULL;
    if (!joined) {
        return NULL;
    }
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        const char *part = json_string_value(json_array_get(array, i));
        int added = snprintf(joined + len, IMPORT_FIELDS_JOIN_MAX - len, "%s%s",
                             i > 0 ? separator : "", part ? part : "?");
        if (added < 0 || (size_t)added >= IMPORT_FIELDS_JOIN_MAX - len) {
            break; // cut: the host cuts sooner than this
        }
        len += (size_t)added;
    }
    return joined;
}

const char *import_fields_id(struct import_fields fields, const char *name, char *out, size_t size)
{
    const json_t *value = get(fields, name);
    if (json_is_string(value)) {
        return import_fields_text(fields, name);
    }
    int64_t number = import_fields_number(fields, name, -1);
    if (number < 0) {
        return NULL;
    }
    (void)snprintf(out, size, "%" PRId64, number);
    return out;
}
