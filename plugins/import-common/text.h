// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What every import needs to read text: lines, fields and numbers, none of it beyond its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <scrubjay/import.h>

#define IMPORT_NS_PER_S  INT64_C(1000000000) /**< nanoseconds in a second */
#define IMPORT_NS_PER_MS INT64_C(1000000)    /**< nanoseconds in a millisecond */
#define IMPORT_NS_PER_US INT64_C(1000)       /**< nanoseconds in a microsecond */

/** Some text: not NUL-terminated. */
struct import_text {
    const char *data; /**< first byte */
    size_t len;       /**< how many */
};

/** A position among lines. */
struct import_lines {
    const char *at;  /**< where the next line begins */
    const char *end; /**< behind the last byte */
    uint64_t number; /**< of the line read last, from 1 on; 0: none yet */
    bool is_cut;     /**< the line read last had no line feed: the file may have been cut */
};

/** All lines of a file. @param source file @return position before the first line */
static inline struct import_lines import_lines_of(const struct sj_import_source *source)
{
    return (struct import_lines){.at = source->data, .end = source->data + source->len};
}

/**
 * Read a line.
 *
 * @param lines position
 * @param out   takes the line without its "\n" or "\r\n"
 * @return false at the end
 */
bool import_next_line(struct import_lines *lines, struct import_text *out);

/**
 * Take what stands before a separator.
 *
 * @param rest      text; keeps what stands behind the separator, or nothing when there is none
 * @param separator byte
 * @return what stands before it
 */
struct import_text import_take_field(struct import_text *rest, char separator);

/** Whether a text is some words. @param text text @param words NUL-terminated @return true when it
 * is */
static inline bool import_is(struct import_text text, const char *words)
{
    return text.len == strlen(words) && memcmp(text.data, words, text.len) == 0;
}

/** Whether a text begins with some words. @param text text @param words NUL-terminated @return true
 * when it does */
static inline bool import_begins(struct import_text text, const char *words)
{
    size_t len = strlen(words);
    return text.len >= len && memcmp(text.data, words, len) == 0;
}

/** Without the white space around it. @param text text @return the rest of it */
struct import_text import_trim(struct import_text text);

/** Copy. @param text text, without a NUL in it @return NUL-terminated, the caller frees it; NULL:
 * no memory */
char *import_copy(struct import_text text);

/** Copy some text and put another behind it. @param text text @param tail NUL-terminated @return
 * NUL-terminated, the caller frees it; NULL: no memory */
char *import_join(struct import_text text, const char *tail);

/** Whether there is a NUL in a text: then it is none. @param text text @return true when there is
 */
static inline bool import_has_nul(struct import_text text)
{
    return text.len > 0 && memchr(text.data, '\0', text.len) != NULL;
}

/**
 * Read a whole number.
 *
 * @param text digits, and nothing else
 * @param base 10 or 16
 * @param out  takes the number
 * @return false: no number, or too big
 */
bool import_u64(struct import_text text, unsigned base, uint64_t *out);

/** Read a whole number with an optional minus. @param text digits @param out takes the number
 * @return false: no number, or too big */
bool import_i64(struct import_text text, int64_t *out);

/**
 * Read a decimal number, "12.345", as thousand millionths of it: seconds as nanoseconds. More than
 * nine decimals are cut.
 *
 * @param text digits with an optional minus and decimals, and nothing else
 * @param out  takes the number
 * @return false: no such number, or too big
 */
bool import_nano(struct import_text text, int64_t *out);

/**
 * Multiply, and stay within what a number can hold.
 *
 * @param value  number
 * @param factor at least 1
 * @return product, or the nearest number there is
 */
int64_t import_times(int64_t value, int64_t factor);

/** Add, and stay within what a number can hold. @param a number @param b number @return sum, or the
 * nearest number there is */
int64_t import_plus(int64_t a, int64_t b);

/**
 * Read a point in time, as in "2026-11-25T20:36:13.5Z": RFC 3339, with or without a fraction; the
 * offset is Z or +HH:MM. GitLab's and git's forms with a space and "UTC" will do, too.
 *
 * @param text NUL-terminated; NULL will do
 * @return nanoseconds since the epoch; 0: it is none
 */
int64_t import_time_ns(const char *text);

/** Where the last part of a path begins. @param path path @return its last part */
const char *import_base_name(const char *path);

/** The folder of a path. @param path path @return NUL-terminated, the caller frees it: "." when it
 * has none, "/" of the root; NULL: no memory */
char *import_folder(const char *path);

/** Whether a path ends with some words. @param path path @param tail words @return true when it
 * does */
bool import_ends(const char *path, const char *tail);

/** Whether some words stand in the part of a file that there is. @param source file @param words
 * such as "\"traceEvents\"" @return true when they do */
bool import_has(const struct sj_import_source *source, const char *words);
