// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Borrowed text: a pointer and a length. Nothing is owned, nothing need be terminated.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

/** Borrowed bytes. */
struct sj_str {
    const char *data; /**< first byte; may be NULL when len is 0 */
    size_t len;       /**< bytes */
};

/** Borrow a C string. @param text NUL-terminated @return its bytes without the terminator */
static inline struct sj_str sj_str_of(const char *text)
{
    return (struct sj_str){text, strlen(text)};
}

/** Whether two texts are equal. @param a one @param b other @return true when they are */
static inline bool sj_str_eq(struct sj_str a, struct sj_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/**
 * Whether a C string begins with another.
 *
 * @param text   NUL-terminated
 * @param prefix NUL-terminated
 * @return the text behind the prefix, or NULL
 */
static inline const char *sj_skip_prefix(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/**
 * Whether a C string ends with another.
 *
 * @param text   NUL-terminated
 * @param suffix NUL-terminated
 * @return true when it does
 */
static inline bool sj_has_suffix(const char *text, const char *suffix)
{
    size_t text_len = strlen(text);
    size_t len = strlen(suffix);
    return text_len >= len && memcmp(text + text_len - len, suffix, len) == 0;
}
