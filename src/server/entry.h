// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Entries: values that clients of other caches store under keys of their own. An entry's blob lies
 * under the XXH3-128 of the key's text and begins with a head that holds the text itself, so two
 * keys that share a hash are never taken for one another.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SJ_ENTRY_HEAD_MAX 4096 /**< most bytes of a head */

/** Fields of a head. Texts are borrowed. */
struct sj_entry_head {
    struct sj_str text;   /**< the key's text, as sj_route has it */
    struct sj_str type;   /**< Content-Type to give back; empty: application/octet-stream */
    struct sj_str tag;    /**< Turborepo's x-artifact-tag; empty: none */
    struct sj_str sha;    /**< Turborepo's x-artifact-sha, a commit; empty: none */
    uint64_t duration_ms; /**< Turborepo's x-artifact-duration; 0: none */
    int64_t stored_s;     /**< when, since the epoch */
};

/** Append a head. @param head fields @param out takes it @return 0 or -EINVAL (a field is too long)
 */
int sj_entry_encode(const struct sj_entry_head *head, struct sj_buf *out);

/**
 * Read a head.
 *
 * @param data bytes from the start of an entry
 * @param len  how many there are
 * @param out  takes the fields; they point into data
 * @return bytes of the head, behind which the value begins; or -EBADMSG
 */
int64_t sj_entry_decode(const void *data, size_t len, struct sj_entry_head *out);
