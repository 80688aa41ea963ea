// SPDX-License-Identifier: Apache-2.0
#include "import-common/text.h"

#include <ctype.h>
#include <stdlib.h>

bool import_next_line(struct import_lines *lines, struct import_text *out)
{
    size_t left = (size_t)(lines->end - lines->at);
    if (left == 0) {
        return false;
    }
    const char *feed = memchr(lines->at, '\n', left);
    size_t len = feed ? (size_t)(feed - lines->at) : left;
    *out = (struct import_text){lines->at, len};
    lines->at += feed ? len + 1 : len;
    lines->is_cut = !feed;
    lines->number++;
    if (out->len > 0 && out->data[out->len - 1] == '\r') {
        out->len--;
    }
    return true;
}

struct import_text import_take_field(struct import_text *rest, char separator)
{
    const char *found = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    struct import_text field = *rest;
    if (found) {
        field.len = (size_t)(found - rest->data);
        rest->data = found + 1;
        rest->len -= field.len + 1;
    } else {
        rest->data += rest->len;
        rest->len = 0;
    }
    return field;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct import_text import_trim(struct import_text text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

char *import_join(struct import_text text, const char *tail)
{
    size_t tail_len = strlen(tail);
    char *copy = malloc(text.len + tail_len + 1);
    if (copy) {
        if (text.len > 0) {
            memcpy(copy, text.data, text.len);
        }
        memcpy(copy + text.len, tail, tail_len + 1);
    }
    return copy;
}

char *import_copy(struct import_text text)
{
    return import_join(text, "");
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    int letter = tolower((unsigned char)byte);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 16;
}

bool import_u64(struct import_text text, unsigned base, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)digit_of(text.data[i]);
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (text.len > 0) {
        *out = value;
    }
    return text.len > 0;
}

bool import_i64(struct import_text text, int64_t *out)
{
    bool is_minus = text.len > 0 && text.data[0] == '-';
    uint64_t value = 0;
    text.data += is_minus;
    text.len -= is_minus;
    if (!import_u64(text, 10, &value) || value > INT64_MAX) {
        return false;
    }
    *out = is_minus ? -(int64_t)value : (int64_t)value;
    return true;
}

bool import_nano(struct import_text text, int64_t *out)
{
    bool is_minus = text.len > 0 && text.data[0] == '-';
    text.data += is_minus;
    text.len -= is_minus;
    struct import_text rest = text;
    struct import_text whole = import_take_field(&rest, '.');
    uint64_t units = 0;
    bool has_point = whole.len < text.len;
    if (!import_u64(whole, 10, &units) || units > INT64_MAX / IMPORT_NS_PER_S - 1) {
        return false;
    }
    uint64_t parts = 0;
    uint64_t scale = IMPORT_NS_PER_S;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.data[i] < '0' || rest.data[i] > '9') {
            return false;
        }
        scale /= 10;
        parts += (uint64_t)(rest.data[i] - '0') * scale; // nothing once scale is 0
    }
    if (has_point && rest.len == 0) {
        return false;
    }
    int64_t value = (int64_t)(units * IMPORT_NS_PER_S + parts);
    *out = is_minus ? -value : value;
    return true;
}

int64_t import_times(int64_t value, int64_t factor)
{
    int64_t product;
    if (__builtin_mul_overflow(value, factor, &product)) {
        return value < 0 ? INT64_MIN : INT64_MAX;
    }
    return product;
}

int64_t import_plus(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    // The year begins in March, so that a leap day is its last.
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

// Read count digits. Gives false when there are fewer.
static bool take_digits(const char **at, int count, int64_t max, int64_t *out)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        char byte = (*at)[i];
        if (byte < '0' || byte > '9') {
            return false;
        }
        value = value * 10 + (byte - '0');
    }
    *at += count;
    *out = value;
    return value <= max;
}

static bool take_byte(const char **at, const char *any)
{
    if (**at == '\0' || !strchr(any, **at)) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_date(const char **at, int64_t *seconds)
{
    int64_t year;
    int64_t month;
    int64_t day;
    if (!take_digits(at, 4, 9999, &year) || !take_byte(at, "-") ||
        !take_digits(at, 2, 12, &month) || !take_byte(at, "-") || !take_digits(at, 2, 31, &day) ||
        year < 1970 || month < 1 || day < 1) {
        return false;
    }
    *seconds = days_of(year, month, day) * 86400;
    return true;
}

static bool take_clock(const char **at, int64_t *seconds)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    if (!take_digits(at, 2, 24, &hour) || !take_byte(at, ":") || !take_digits(at, 2, 59, &minute) ||
        !take_byte(at, ":") || !take_digits(at, 2, 60, &second)) {
        return false;
    }
    *seconds += hour * 3600 + minute * 60 + second;
    return true;
}

static int64_t take_fraction(const char **at)
{
    int64_t parts = 0;
    if (**at == '.' || **at == ',') {
        (*at)++;
        for (int64_t scale = IMPORT_NS_PER_S / 10; isdigit((unsigned char)**at); (*at)++) {
            parts += (**at - '0') * scale; // nothing once scale is 0
            scale /= 10;
        }
    }
    return parts;
}

static bool take_offset(const char **at, int64_t *seconds)
{
    if (**at == ' ') {
        (*at)++;
    }
    if (strncmp(*at, "UTC", 3) == 0) {
        *at += 3;
        return true;
    }
    if (take_byte(at, "Zz")) {
        return true;
    }
    int64_t sign = **at == '-' ? 1 : -1;
    int64_t hours;
    int64_t minutes;
    if (!take_byte(at, "+-") || !take_digits(at, 2, 23, &hours)) {
        return false;
    }
    (void)take_byte(at, ":");
    if (!take_digits(at, 2, 59, &minutes)) {
        return false;
    }
    *seconds += sign * (hours * 3600 + minutes * 60);
    return true;
}

int64_t import_time_ns(const char *text)
{
    int64_t seconds = 0;
    const char *at = text ? text : "";
    if (!take_date(&at, &seconds) || !take_byte(&at, "Tt ") || !take_clock(&at, &seconds)) {
        return 0;
    }
    int64_t parts = take_fraction(&at);
    if (!take_offset(&at, &seconds) || *at || seconds < 0 ||
        seconds >= INT64_MAX / IMPORT_NS_PER_S) {
        return 0;
    }
    return seconds * IMPORT_NS_PER_S + parts;
}

const char *import_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *import_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return import_copy((struct import_text){".", 1});
    }
    return import_copy((struct import_text){path, slash == path ? 1 : (size_t)(slash - path)});
}

bool import_ends(const char *path, const char *tail)
{
    size_t len = strlen(path);
    size_t tail_len = strlen(tail);
    return len >= tail_len && memcmp(path + len - tail_len, tail, tail_len) == 0;
}

bool import_has(const struct sj_import_source *source, const char *words)
{
    return memmem(source->data, source->len, words, strlen(words)) != NULL;
}
