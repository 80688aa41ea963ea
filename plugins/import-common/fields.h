// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Members of a JSON object, by name and type. A member that is missing or null reads as not known;
 * one of another type does, too, and is told as a problem.
 * Source: RFC 8259; Protocol Buffers, JSON mapping (64-bit integers are strings).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <scrubjay/import.h>

#define IMPORT_FIELDS_JOIN_MAX 65536 /**< longest text of import_fields_join(), in bytes */

/** An object to be read. */
struct import_fields {
    const json_t *object;              /**< NULL: there is none; all of it is not known */
    const struct sj_import_sink *sink; /**< takes problems */
    uint64_t where;                    /**< byte in the file at which the object begins */
};

/** An object of a reader's. @param fields reader @param object object, or NULL @return reader */
static inline struct import_fields import_fields_of(struct import_fields fields,
                                                    const json_t *object)
{
    fields.object = json_is_object(object) ? object : NULL;
    return fields;
}

/** Tell a problem of the object. @param fields reader @param what one sentence */
void import_fields_problem(struct import_fields fields, const char *what);

/** A text. @param fields reader @param name member @return the object's; NULL: none, or "" */
const char *import_fields_text(struct import_fields fields, const char *name);

/** A whole number, also as a text. @param fields reader @param name member @param otherwise what
 * it is when it is not known @return number */
int64_t import_fields_number(struct import_fields fields, const char *name, int64_t otherwise);

/** A truth value. @param fields reader @param name member @return value; false: not known */
bool import_fields_bool(struct import_fields fields, const char *name);

/** A time by RFC 3339. @param fields reader @param name member @return nanoseconds since the
 * epoch; 0: not known. Year 1, which Go and .NET write for "never", is not told as a problem. */
int64_t import_fields_time(struct import_fields fields, const char *name);

/** A count of some unit of time, from 0 on. @param fields reader @param name member @param unit_ns
 * nanoseconds of one @return nanoseconds; 0: not known */
int64_t import_fields_units(struct import_fields fields, const char *name, int64_t unit_ns);

/** Seconds, as a number with decimals or as in "0.12s". @param fields reader @param name member
 * @return nanoseconds; 0: not known */
int64_t import_fields_seconds(struct import_fields fields, const char *name);

/** An object in it. @param fields reader @param name member @return reader; its object may be
 * NULL */
struct import_fields import_fields_object(struct import_fields fields, const char *name);

/** An array in it. @param fields reader @param name member @return the object's; NULL: none */
const json_t *import_fields_array(struct import_fields fields, const char *name);

/**
 * The texts of an array as one.
 *
 * @param fields    reader
 * @param name      member
 * @param separator what stands between two
 * @return text, which the caller frees; NULL: none, or no memory
 */
char *import_fields_join(struct import_fields fields, const char *name, const char *separator);

/** A whole number as text, for an id. @param fields reader @param name member @param out takes it
 * @param size room in out, at least 24 @return out, or the member's own text; NULL: not known */
const char *import_fields_id(struct import_fields fields, const char *name, char *out, size_t size);
