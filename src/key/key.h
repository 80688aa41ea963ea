// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Content keys: XXH3-128, and a streaming hasher that cannot confuse one field with the next.
 * Source: xxHash 0.8.1, xxhash.h; canonical (big-endian) representation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SJ_KEY_SIZE     16 /**< bytes of a key */
#define SJ_KEY_HEX_SIZE 33 /**< hexadecimal digits and the terminator */

/** A key: 128 bits in canonical byte order. */
struct sj_key {
    unsigned char bytes[SJ_KEY_SIZE]; /**< most significant first */
};

/** Whether two keys are equal. @param a one @param b other @return true when they are */
static inline bool sj_key_eq(const struct sj_key *a, const struct sj_key *b)
{
    return memcmp(a->bytes, b->bytes, SJ_KEY_SIZE) == 0;
}

/**
 * Key of some bytes.
 *
 * @param data bytes
 * @param len  how many
 * @return their XXH3-128
 */
struct sj_key sj_key_of(const void *data, size_t len);

/**
 * Write a key as 32 lower-case hexadecimal digits.
 *
 * @param key key
 * @param out takes the digits and the terminator
 */
void sj_key_hex(const struct sj_key *key, char out[SJ_KEY_HEX_SIZE]);

/**
 * Read 32 hexadecimal digits.
 *
 * @param text exactly 32 digits, NUL-terminated
 * @param out  takes the key; untouched on failure
 * @return 0 or -EINVAL
 */
int sj_key_parse(const char *text, struct sj_key *out);

/**
 * Key of a file's content, read through a fixed buffer.
 *
 * @param fd       open at its start; read to its end
 * @param out      takes the key
 * @param size_out takes the bytes read; may be NULL
 * @return 0 or a negative errno
 */
int sj_key_of_fd(int fd, struct sj_key *out, uint64_t *size_out);

/** A streaming hasher. Opaque: use the functions. */
struct sj_hasher;

/** A new hasher. @return never NULL; the caller frees it with sj_hasher_free() */
struct sj_hasher *sj_hasher_new(void);
/** Free a hasher. @param hasher hasher, or NULL */
void sj_hasher_free(struct sj_hasher *hasher);
/** Start over. @param hasher hasher */
void sj_hasher_reset(struct sj_hasher *hasher);
/** Add raw bytes, without a length: for content. @param hasher hasher @param data bytes @param len
 * how many */
void sj_hasher_add(struct sj_hasher *hasher, const void *data, size_t len);
/** Add a field: its length and its bytes, so that ("ab","c") and ("a","bc") differ. @param hasher
 * hasher @param data bytes @param len how many */
void sj_hasher_field(struct sj_hasher *hasher, const void *data, size_t len);
/** Add a C string as a field; NULL differs from "". @param hasher hasher @param text string or NULL
 */
void sj_hasher_text(struct sj_hasher *hasher, const char *text);
/** The key of all that was added. @param hasher hasher; may go on @return key */
struct sj_key sj_hasher_key(const struct sj_hasher *hasher);
