// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * JSON output: values are appended to a buffer, commas and nesting are looked after.
 * Text that is not UTF-8 comes out as valid JSON: each stray byte becomes U+FFFD.
 * Source: RFC 8259; The Unicode Standard, table 3-7 (well-formed UTF-8).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/** A JSON document under construction. */
struct sj_json {
    struct sj_buf *out; /**< where it goes; the caller's */
    bool needs_comma;   /**< the next item has one before it in its container */
};

/** Start a document. @param out the document is appended to it @return writer */
static inline struct sj_json sj_json_of(struct sj_buf *out)
{
    return (struct sj_json){.out = out};
}

/** Open an object or array. @param json writer @param name member name; NULL in an array or at the
 * top @param bracket '{' or '[' */
void sj_json_open(struct sj_json *json, const char *name, char bracket);
/** Close an object or array. @param json writer @param bracket '}' or ']' */
void sj_json_close(struct sj_json *json, char bracket);
/** A string. @param json writer @param name member name, or NULL @param text NUL-terminated; NULL
 * gives null */
void sj_json_str(struct sj_json *json, const char *name, const char *text);
/** A string with a length. @param json writer @param name member name, or NULL @param data bytes
 * @param len how many */
void sj_json_strn(struct sj_json *json, const char *name, const char *data, size_t len);
/** An unsigned number. @param json writer @param name member name, or NULL @param value number */
void sj_json_u64(struct sj_json *json, const char *name, uint64_t value);
/** A signed number. @param json writer @param name member name, or NULL @param value number */
void sj_json_i64(struct sj_json *json, const char *name, int64_t value);
/** A real number; what is not finite gives null. @param json writer @param name member name, or
 * NULL @param value number */
void sj_json_real(struct sj_json *json, const char *name, double value);
/** A truth value. @param json writer @param name member name, or NULL @param value the value */
void sj_json_bool(struct sj_json *json, const char *name, bool value);
