// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Names of git objects, without libgit2: records and reports hold them where no repository is.
 * Source: git, Documentation/gitformat-index.txt; SHA-1 repositories only.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#define SJ_OID_SIZE     20 /**< bytes of an object's name */
#define SJ_OID_HEX_SIZE 41 /**< hexadecimal digits and the terminator */

/** Name of a git object. All zero: none. */
struct sj_oid {
    unsigned char bytes[SJ_OID_SIZE]; /**< as git writes them */
};

/** Whether two names are equal. @param a one @param b other @return true when they are */
static inline bool sj_oid_eq(const struct sj_oid *a, const struct sj_oid *b)
{
    return memcmp(a->bytes, b->bytes, SJ_OID_SIZE) == 0;
}

/** Whether a name is none. @param oid name @return true when all its bytes are zero */
static inline bool sj_oid_is_zero(const struct sj_oid *oid)
{
    static const struct sj_oid zero;
    return sj_oid_eq(oid, &zero);
}

/**
 * Write a name as 40 lower-case hexadecimal digits.
 *
 * @param oid name
 * @param out takes the digits, NUL-terminated
 */
void sj_oid_hex(const struct sj_oid *oid, char out[SJ_OID_HEX_SIZE]);

/**
 * Read 40 hexadecimal digits of either case.
 *
 * @param text NUL-terminated, nothing else in it
 * @param out  takes the name; untouched on failure
 * @return 0 or -EINVAL
 */
int sj_oid_parse(const char *text, struct sj_oid *out);
