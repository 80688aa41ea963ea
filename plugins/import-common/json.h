// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * JSON for imports: jansson's values, read without surprises. It parses recursively, at most 2,048
 * deep.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include <scrubjay/import.h>

#include "import-common/text.h"

/**
 * Read a file that is one JSON value.
 *
 * @param source  file
 * @param problem takes a sentence when it fails
 * @param len     room in problem
 * @return value, end with json_decref(); NULL: it is none
 */
json_t *import_json_load(const struct sj_import_source *source, char *problem, size_t len);

/**
 * Read one of several JSON values that stand one behind the other, or on lines of their own.
 *
 * @param text  what was not read yet; moves behind the value. Where it is none, behind the next
 *              line feed
 * @param value takes the value, end with json_decref(); NULL: what stands there is none
 * @return false at the end
 */
bool import_json_next(struct import_text *text, json_t **value);

/** A text of an object. @param object value, or NULL @param name member @return its text, the
 * value's own; NULL: none there */
const char *import_json_text(const json_t *object, const char *name);

/**
 * A number of an object. JSON's reals are rounded; a text with a number will do, as protobuf's
 * 64-bit numbers are written so.
 *
 * @param object value, or NULL
 * @param name   member
 * @param scale  what a unit is, such as IMPORT_NS_PER_MS; 1: as it is
 * @param out    takes the number times scale; untouched when there is none
 * @return false: there is none, or it is too big
 */
bool import_json_number(const json_t *object, const char *name, int64_t scale, int64_t *out);

/** As import_json_number(), for a value by itself. @param value value, or NULL @param scale what a
 * unit is @param out takes the number @return false: there is none, or it is too big */
bool import_json_value_number(const json_t *value, int64_t scale, int64_t *out);

/** A number of an object. @param object value, or NULL @param name member @param scale as above
 * @return the number; 0: none there */
static inline int64_t import_json_number_or_0(const json_t *object, const char *name, int64_t scale)
{
    int64_t number = 0;
    (void)import_json_number(object, name, scale, &number);
    return number;
}

/** A point in time of an object, as text. @param object value, or NULL @param name member @return
 * nanoseconds since the epoch; 0: none there */
static inline int64_t import_json_time(const json_t *object, const char *name)
{
    return import_time_ns(import_json_text(object, name));
}

/** Whether a file's first byte that is no white space is a given one. @param source file @param
 * byte '{' or '[' @return true when it is */
bool import_json_begins(const struct sj_import_source *source, char byte);
