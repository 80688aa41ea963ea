// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Results: what an action printed and wrote, as it is stored under the strong key.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "key/key.h"

#define SJ_RESULT_FORMAT  1u                 /**< first byte of the encoded form */
#define SJ_RESULT_INLINE  ((size_t)16 << 10) /**< outputs up to this size travel in the result */
#define SJ_RESULT_LIMIT   ((size_t)64 << 20) /**< most bytes of an encoded result */
#define SJ_RESULT_OUTPUTS 4096u              /**< most outputs of a result */

/** Bits of a result. */
enum sj_result_flags {
    SJ_RESULT_COLORED = 1u << 0, /**< stderr was written with colours forced on */
    SJ_RESULT_BASED = 1u << 1,   /**< the depfile names the base directory by SJ_BASE_MARK */
};

/** One stored output. */
struct sj_result_output {
    uint32_t slot;        /**< which of the action's expected outputs */
    struct sj_str suffix; /**< what follows a prefix output's path; else empty */
    bool is_executable;   /**< had an x bit */
    bool is_text;         /**< a depfile: may name the base directory by its mark */
    uint64_t size;        /**< bytes */
    struct sj_key key;    /**< content */
    const char *data;     /**< the bytes when they travel here; NULL: an object of the store */
};

/** A result. Strings and data are borrowed from the bytes it was decoded from. */
struct sj_result {
    unsigned flags;                   /**< of enum sj_result_flags */
    uint64_t cpu_ns;                  /**< user and system time of the compile */
    uint64_t wall_ns;                 /**< its wall time */
    uint64_t peak_bytes;              /**< its largest process */
    uint64_t input_bytes;             /**< sum of its inputs, programs and libraries excepted */
    uint32_t input_count;             /**< how many inputs there were */
    struct sj_key pathset;            /**< the path set it was found by */
    struct sj_str out;                /**< stdout */
    struct sj_str err;                /**< stderr */
    struct sj_result_output *outputs; /**< what was written */
    size_t output_count;              /**< length of outputs */
};

/**
 * Encode a result; the format is drawn in result.c.
 *
 * @param result result
 * @param out    bytes are appended
 */
void sj_result_encode(const struct sj_result *result, struct sj_buf *out);

/**
 * Decode a result.
 *
 * @param data bytes, untrusted
 * @param len  how many; the result points into them
 * @param out  takes the result; release with sj_result_release()
 * @return 0 or -EBADMSG
 */
int sj_result_decode(const void *data, size_t len, struct sj_result *out);

/** Whether the outputs that travel in a result are what their keys say. @param result decoded
 * @return true when they are; of the others it says nothing */
bool sj_result_is_sound(const struct sj_result *result);

/** Free a result's arrays. @param result result, zeroed or NULL */
void sj_result_release(struct sj_result *result);
