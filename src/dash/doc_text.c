// SPDX-License-Identifier: Apache-2.0
#include "dash/doc_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/utf8.h"

// Characters that are not seen, or change how others are seen. Source: Unicode Standard Annex 9
// (formatting characters that set a direction), chapter 23 of the standard (layout controls).
static bool is_odd(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
        {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static uint32_t point_of(const char *text, size_t len)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & first_bits[len];
    for (size_t i = 1; i < len; i++) {
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    }
    return point;
}

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

// Most text is plain: whole runs of it are copied at once.
static size_t plain_run(const char *text)
{
    size_t len = 0;
    while ((unsigned char)text[len] >= 0x20 && (unsigned char)text[len] < 0x7f &&
           !entity_of(text[len])) {
        len++;
    }
    return len;
}

static void add_text(struct sj_buf *out, const char *text, bool is_html)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = plain_run(text);
        if (step > 0) {
            sj_buf_add(out, text, step);
            text += step;
            left -= step;
            continue;
        }
        const char *entity = entity_of(*text);
        step = sj_utf8_len(text, left);
        if (step == 0) {
            sj_buf_adds(out, "\xef\xbf\xbd");
            step = 1;
        } else if (entity && is_html) {
            sj_buf_adds(out, entity);
        } else if (*text == '\n' || *text == '\t') {
            sj_buf_addc(out, is_html ? ' ' : *text);
        } else if (is_odd(point_of(text, step))) {
            sj_buf_addf(out, "\xe2\x80\xb9U+%04X\xe2\x80\xba", (unsigned)point_of(text, step));
        } else {
            sj_buf_add(out, text, step);
        }
        text += step;
        left -= step;
    }
}

void sj_html_text(struct sj_buf *out, const char *text)
{
    add_text(out, text, true);
}

void sj_plain_text(struct sj_buf *out, const char *text)
{
    add_text(out, text, false);
}

bool sj_html_href(struct sj_buf *out, const char *href)
{
    static const char *const schemes[] = {"https://", "http://", "#", "?", "/"};
    // "//host" leads to another host, and so does "/\host" in a browser.
    if (href[0] == '/' && (href[1] == '/' || href[1] == '\\')) {
        return false;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (sj_skip_prefix(href, schemes[i])) {
            sj_buf_adds(out, " href=\"");
            sj_html_text(out, href);
            sj_buf_addc(out, '"');
            return true;
        }
    }
    return false;
}

// Three digits that count, none behind the point that say nothing: 1.23, 12.3, 123, 1.5, 2.
static void add_digits(struct sj_buf *out, double value)
{
    char text[64];
    double size = fabs(value);
    int places = 2;
    if (size >= 99.95) {
        places = 0;
    } else if (size >= 9.995) {
        places = 1;
    } else if (size < 0.9995 && size > 0) {
        places = size < 1e-9 ? 12 : 2 - (int)floor(log10(size) + 0.0002);
    }
    int len = snprintf(text, sizeof text, "%.*f", places, value);
    while (places > 0 && len > 1 && text[len - 1] == '0') {
        text[--len] = '\0';
    }
    if (len > 1 && text[len - 1] == '.') {
        text[len - 1] = '\0';
    }
    // A minus sign as wide as a plus.
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (text[0] == '-' && strspn(digits, "0.") != strlen(digits)) {
        sj_buf_adds(out, "\xe2\x88\x92");
    }
    sj_buf_adds(out, digits);
}

static void add_count(struct sj_buf *out, double value)
{
    char digits[32];
    if (fabs(value) >= 999500) {
        bool is_big = fabs(value) >= 999.5e6;
        add_digits(out, value / (is_big ? 1e9 : 1e6));
        sj_buf_adds(out, is_big ? " billion" : " million");
        return;
    }
    int len = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    if (value <= -0.5) {
        sj_buf_adds(out, "\xe2\x88\x92");
    }
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            sj_buf_addc(out, ',');
        }
        sj_buf_addc(out, digits[i]);
    }
}

// Four digits and more are written as a count is.
static void add_real(struct sj_buf *out, double value)
{
    if (fabs(value) >= 999.5) {
        add_count(out, value);
    } else {
        add_digits(out, value);
    }
}

struct unit {
    double most; // values below it, in the first unit, are written in this one
    double size;
    const char *name;
    double part; // of a second unit; 0: none
    const char *part_name;
};

static void add_unit(struct sj_buf *out, double value, const struct unit *units)
{
    double size = fabs(value);
    const struct unit *unit = units;
    while (unit->most > 0 && size >= unit->most) {
        unit++;
    }
    if (unit->part == 0) {
        add_digits(out, value / unit->size);
        sj_buf_addf(out, " %s", unit->name);
        return;
    }
    double parts = floor(size / unit->part + 0.5);
    double per = unit->size / unit->part;
    double whole = floor(parts / per);
    sj_buf_addf(out, "%s%.0f %s", value < 0 ? "\xe2\x88\x92" : "", whole, unit->name);
    if (parts > whole * per) {
        sj_buf_addf(out, " %.0f %s", parts - whole * per, unit->part_name);
    }
}

static void add_span(struct sj_buf *out, double ns)
{
    static const struct unit units[] = {
        {999.5, 1, "ns", 0, NULL},         {999.5e3, 1e3, "\xc2\xb5s", 0, NULL},
        {999.5e6, 1e6, "ms", 0, NULL},     {59.95e9, 1e9, "s", 0, NULL},
        {3599.5e9, 60e9, "min", 1e9, "s"}, {86370e9, 3600e9, "h", 60e9, "min"},
        {0, 86400e9, "d", 3600e9, "h"},
    };
    // Clocks do not tell less than a nanosecond: that is what sums of fractions leave.
    if (fabs(ns) < 0.5) {
        sj_buf_adds(out, "0 s");
        return;
    }
    // With a hundred days, the hours say nothing.
    if (fabs(ns) >= 100 * 86400e9) {
        add_count(out, ns / 86400e9);
        sj_buf_adds(out, " d");
        return;
    }
    add_unit(out, ns, units);
}

static void add_size(struct sj_buf *out, double bytes)
{
    static const struct unit units[] = {
        {1023.5, 1, "B", 0, NULL},
        {1023.5 * 1024, 1024, "KiB", 0, NULL},
        {1023.5 * 1048576, 1048576, "MiB", 0, NULL},
        {1023.5 * 1073741824, 1073741824, "GiB", 0, NULL},
        {0, 1099511627776, "TiB", 0, NULL},
    };
    add_unit(out, bytes, units);
}

static void add_share(struct sj_buf *out, double share)
{
    double percent = share * 100;
    if (percent > 0 && percent < 0.05) {
        sj_buf_adds(out, "< 0.1 %");
        return;
    }
    // 99.97 % is not all of it.
    double shown = floor(percent * 10 + 0.5) / 10;
    shown = share < 1 && shown >= 100 ? 99.9 : shown;
    sj_buf_addf(out, "%.*f %%", shown == floor(shown) && (shown == 0 || shown >= 100) ? 0 : 1,
                shown);
}

static void add_change(struct sj_buf *out, double change)
{
    double percent = change * 100;
    if (fabs(percent) < 0.05) {
        sj_buf_adds(out, "\xc2\xb1 0 %");
        return;
    }
    // More than ten times as much is said as such.
    if (change >= 9.995) {
        sj_buf_adds(out, "\xe2\x96\xb2 \xc3\x97");
        add_digits(out, change + 1);
        return;
    }
    sj_buf_adds(out, percent > 0 ? "\xe2\x96\xb2 +" : "\xe2\x96\xbc \xe2\x88\x92");
    sj_buf_addf(out, "%.*f %%", fabs(percent) >= 99.95 ? 0 : 1, fabs(percent));
}

static bool time_of(double ns, struct tm *tm)
{
    // 9999-12-31
    if (!(ns >= 0 && ns < 253402300799e9)) {
        return false;
    }
    time_t seconds = (time_t)(ns / 1e9);
    return gmtime_r(&seconds, tm) != NULL;
}

bool sj_doc_iso_time(struct sj_buf *out, double ns)
{
    struct tm tm;
    char text[40];
    if (!time_of(ns, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        return false;
    }
    sj_buf_adds(out, text);
    return true;
}

bool sj_doc_iso_day(struct sj_buf *out, double ns)
{
    struct tm tm;
    char text[20];
    if (!time_of(ns, &tm) || strftime(text, sizeof text, "%Y-%m-%d", &tm) == 0) {
        return false;
    }
    sj_buf_adds(out, text);
    return true;
}

static void add_time(struct sj_buf *out, double ns)
{
    struct tm tm;
    char text[40];
    if (time_of(ns, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm) > 0) {
        sj_buf_adds(out, text);
    } else {
        sj_buf_adds(out, "\xe2\x80\x93");
    }
}

static void add_day(struct sj_buf *out, double ns)
{
    if (!sj_doc_iso_day(out, ns)) {
        sj_buf_adds(out, "\xe2\x80\x93");
    }
}

static void add_money(struct sj_buf *out, double value, const char *currency)
{
    if (fabs(value) < 99.995) {
        sj_buf_addf(out, "%s%.2f", value <= -0.005 ? "\xe2\x88\x92" : "", fabs(value));
    } else {
        add_count(out, value);
    }
    if (currency && *currency) {
        sj_buf_addc(out, ' ');
        sj_html_text(out, currency);
    }
}

void sj_doc_words(struct sj_buf *out, enum sj_doc_type type, double value, const char *currency)
{
    static void (*const writers[])(struct sj_buf *, double) = {
        [SJ_DOC_TEXT] = add_real,     [SJ_DOC_COUNT] = add_count, [SJ_DOC_NUMBER] = add_real,
        [SJ_DOC_SPAN] = add_span,     [SJ_DOC_SIZE] = add_size,   [SJ_DOC_SHARE] = add_share,
        [SJ_DOC_CHANGE] = add_change, [SJ_DOC_TIME] = add_time,   [SJ_DOC_SPARK] = add_real,
        [SJ_DOC_DAY] = add_day,       [SJ_DOC_MONEY] = NULL,
    };
    if (!isfinite(value)) {
        sj_buf_adds(out, "\xe2\x80\x93");
    } else if (fabs(value) > 1e20) {
        sj_buf_addf(out, "%.3g", value); // no figure that anybody reads, but no lie either
    } else if (type == SJ_DOC_MONEY) {
        add_money(out, value, currency);
    } else {
        writers[type](out, value);
    }
}
