// SPDX-License-Identifier: Apache-2.0
#include "cli/ui.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define COLUMNS 80

void sj_ui_size(struct sj_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        sj_buf_addf(out, "%" PRIu64 " B", bytes);
        return;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    // From 999.5 on, rounding would give four digits.
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    sj_buf_addf(out, "%.*f %s", value < 9.95 ? 1 : 0, value, units[unit]);
}

void sj_ui_time(struct sj_buf *out, uint64_t ns)
{
    double ms = (double)ns / 1e6;
    uint64_t s = (ns + SJ_NS_PER_S / 2) / SJ_NS_PER_S;
    if (ns == 0) {
        sj_buf_adds(out, "0 s");
    } else if (ms < 999.5) {
        sj_buf_addf(out, "%.*f ms", ms < 9.95 ? 1 : 0, ms);
    } else if (s < 60) {
        sj_buf_addf(out, "%.1f s", ms / 1000);
    } else if (s < 3600) {
        sj_buf_addf(out, "%" PRIu64 " m %02" PRIu64 " s", s / 60, s % 60);
    } else {
        sj_buf_addf(out, "%" PRIu64 " h %02" PRIu64 " m", s / 3600, s / 60 % 60);
    }
}

void sj_ui_count(struct sj_buf *out, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            sj_buf_addc(out, ',');
        }
        sj_buf_addc(out, digits[i]);
    }
}

void sj_ui_share(struct sj_buf *out, double share)
{
    sj_buf_addf(out, "%.1f %%", share * 100);
}

void sj_ui_date(struct sj_buf *out, uint64_t ns)
{
    time_t seconds = (time_t)(ns / SJ_NS_PER_S);
    struct tm tm;
    char text[32];
    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) > 0) {
        sj_buf_adds(out, text);
    }
}

void sj_ui_text(struct sj_buf *out, const char *text)
{
    for (const char *at = text ? text : "-"; *at; at++) {
        sj_buf_addc(out, (unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at);
    }
}

void sj_ui_wrap(struct sj_buf *out, const char *text, size_t column, size_t indent)
{
    size_t at = column;
    bool is_start = true;
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (!is_start && at + 1 + len > COLUMNS) {
            sj_buf_addf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!is_start) {
            sj_buf_addc(out, ' ');
            at++;
        }
        sj_buf_add(out, text, len);
        at += len;
        text += len;
        is_start = false;
        if (*text == '\n') {
            sj_buf_addf(out, "\n%*s", text[1] ? (int)indent : 0, "");
            at = indent;
            is_start = true;
        }
        text += *text != '\0';
    }
    if (!is_start) {
        sj_buf_addc(out, '\n');
    }
}

void sj_table_release(struct sj_table *table)
{
    sj_buf_release(&table->cells);
}

// Columns on the terminal: bytes that continue a UTF-8 character take none.
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

void sj_table_cell(struct sj_table *table, const char *text)
{
    size_t column = table->count++ % strlen(table->align);
    size_t width = width_of(text);
    if (width > table->width[column]) {
        table->width[column] = width;
    }
    sj_buf_add(&table->cells, text, strlen(text) + 1);
}

void sj_table_take(struct sj_table *table, struct sj_buf *text)
{
    sj_table_cell(table, sj_buf_text(text));
    sj_buf_clear(text);
}

void sj_table_print(const struct sj_table *table, struct sj_buf *out)
{
    size_t columns = strlen(table->align);
    const char *cell = table->cells.data;
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % columns;
        int pad = (int)(table->width[column] - width_of(cell));
        bool is_right = table->align[column] == 'r';
        sj_buf_addf(out, "%*s%s%*s", is_right ? pad : 0, "", cell, is_right ? 0 : pad, "");
        if (column + 1 < columns) {
            sj_buf_adds(out, "  ");
        } else {
            while (out->len > 0 && out->data[out->len - 1] == ' ') {
                out->len--;
            }
            sj_buf_addc(out, '\n');
        }
        cell += strlen(cell) + 1;
    }
}

void sj_progress_begin(struct sj_progress *progress)
{
    *progress = (struct sj_progress){.is_enabled = isatty(STDERR_FILENO) == 1};
}

void sj_progress_show(struct sj_progress *progress, const char *what, uint64_t done, uint64_t total)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    if (!progress->is_enabled || now_ns - progress->shown_ns < SJ_NS_PER_S / 10) {
        return;
    }
    progress->shown_ns = now_ns;
    progress->is_shown = true;
    (void)fprintf(stderr, "\r%s %" PRIu64 " of %" PRIu64 "\x1b[K", what, done, total);
}

void sj_progress_end(struct sj_progress *progress)
{
    if (progress->is_shown) {
        (void)fputs("\r\x1b[K", stderr);
    }
    *progress = (struct sj_progress){0};
}
