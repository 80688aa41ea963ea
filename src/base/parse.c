// SPDX-License-Identifier: Apache-2.0
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int sj_parse_u64(const char *text, uint64_t max, uint64_t *out)
{
    if (!isdigit((unsigned char)text[0])) {
        return -EINVAL;
    }
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end) {
        return -EINVAL;
    }
    if (errno || value > max) {
        return -ERANGE;
    }
    *out = value;
    return 0;
}

// A whole number that a double holds exactly; every compile reads some defaults, which are such.
// Gives its digits; 0: it is none, or goes on.
static size_t parse_whole(const char *text, double *value)
{
    size_t digits = 0;
    uint64_t whole = 0;
    for (; digits < 16 && isdigit((unsigned char)text[digits]); digits++) {
        whole = whole * 10 + (uint64_t)(text[digits] - '0');
    }
    *value = (double)whole;
    return digits < 16 && text[digits] != '.' ? digits : 0;
}

static int parse_number(const char *text, double *value, size_t *len)
{
    // strtod() also takes "inf", "nan", signs and hexadecimal; a quantity is plain digits.
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0 || digits > 32) {
        return -EINVAL;
    }
    char number[33];
    memcpy(number, text, digits);
    number[digits] = '\0';
    char *end;
    *value = strtod(number, &end);
    *len = digits;
    return *end ? -EINVAL : 0;
}

// A number and the unit behind it; white space between them is passed over.
static int parse_quantity(const char *text, double *value, const char **unit)
{
    size_t len = parse_whole(text, value);
    int status = len > 0 ? 0 : parse_number(text, value, &len);
    if (status == 0) {
        *unit = text + len + strspn(text + len, " ");
    }
    return status;
}

struct unit {
    const char *name;
    double factor;
};

static int scale(const char *text, const struct unit *units, uint64_t *out)
{
    double value;
    const char *name;
    int status = parse_quantity(text, &value, &name);
    if (status < 0) {
        return status;
    }
    for (const struct unit *unit = units; unit->name; unit++) {
        if (strcasecmp(unit->name, name) == 0) {
            double scaled = value * unit->factor;
            if (scaled >= 9.2e18) {
                return -ERANGE;
            }
            *out = (uint64_t)scaled;
            return 0;
        }
    }
    return -EINVAL;
}

int sj_parse_size(const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1},         {"B", 1},       {"k", 1e3},      {"kB", 1e3},     {"Ki", 0x1p10},
        {"KiB", 0x1p10}, {"M", 1e6},     {"MB", 1e6},     {"Mi", 0x1p20},  {"MiB", 0x1p20},
        {"G", 1e9},      {"GB", 1e9},    {"Gi", 0x1p30},  {"GiB", 0x1p30}, {"T", 1e12},
        {"TB", 1e12},    {"Ti", 0x1p40}, {"TiB", 0x1p40}, {NULL, 0},
    };
    return scale(text, units, out);
}

int sj_parse_span_ms(const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}, {NULL, 0},
    };
    return scale(text, units, out);
}

int sj_parse_bool(const char *text, bool *out)
{
    static const char *const words[2][4] = {
        {"false", "no", "off", "0"},
        {"true", "yes", "on", "1"},
    };
    for (int truth = 0; truth < 2; truth++) {
        for (int i = 0; i < 4; i++) {
            if (strcasecmp(text, words[truth][i]) == 0) {
                *out = truth == 1;
                return 0;
            }
        }
    }
    return -EINVAL;
}

int sj_parse_share(const char *text, double *out)
{
    double value;
    const char *unit;
    int status = parse_quantity(text, &value, &unit);
    if (status < 0) {
        return status;
    }
    if (strcmp(unit, "%") == 0) {
        value /= 100;
    } else if (*unit) {
        return -EINVAL;
    }
    if (!(value >= 0 && value <= 1)) {
        return -ERANGE;
    }
    *out = value;
    return 0;
}
