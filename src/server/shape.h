// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The paths that clients ask for, as one table: what stands behind the namespace, who speaks so,
 * and what may be done there. Source: docs/http-api.md; docs/serve.md, "Clients".
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "server/route.h"

/** What a byte may stand in. */
enum sj_byte_class {
    SJ_BYTE_HEX = 1U << 0,    /**< key in hexadecimal, lower case */
    SJ_BYTE_BASE32 = 1U << 1, /**< key in base32hex, lower case */
    SJ_BYTE_NAME = 1U << 2,   /**< namespace */
    SJ_BYTE_HASH = 1U << 3,   /**< hash that is its client's business */
    SJ_BYTE_PATH = 1U << 4,   /**< path, slashes excepted */
    SJ_BYTE_QUERY = 1U << 5,  /**< query */
};

/** Whether all bytes of a text are of a class. @param text bytes @param byte_class class @return
 * true when they are, and when there is none */
bool sj_bytes_are(struct sj_str text, enum sj_byte_class byte_class);

#define SJ_SHAPE_PARTS 5 /**< segments that a shape may have */

/** What a segment may be. */
enum sj_part_kind {
    SJ_PART_NONE = 0, /**< no segment: the shape ends */
    SJ_PART_WORD,     /**< this word */
    SJ_PART_HEX,      /**< so many hexadecimal digits */
    SJ_PART_BASE32,   /**< so many digits of base32hex */
    SJ_PART_HASH,     /**< up to so many bytes that are a client's business */
    SJ_PART_NAME,     /**< a namespace */
};

/** A segment of a shape. */
struct sj_part {
    enum sj_part_kind kind; /**< what it may be */
    size_t len;             /**< bytes, or the most of them */
    const char *word;       /**< of SJ_PART_WORD */
};

/** How the text of an entry is made. */
enum sj_text_kind {
    SJ_TEXT_NONE = 0, /**< it is no entry */
    SJ_TEXT_LAST,     /**< from the last segment */
    SJ_TEXT_JOINED,   /**< from all segments, without the slashes */
    SJ_TEXT_WHOLE,    /**< from all segments, and those before */
    SJ_TEXT_FOLDER,   /**< from the last segment, and those before */
};

/** Properties of a shape. */
enum sj_shape_flags {
    SJ_SHAPE_BARE = 1U << 0,  /**< nothing stands before it */
    SJ_SHAPE_MORE = 1U << 1,  /**< up to SJ_SHAPE_MORE_MAX segments may stand between it and the
                                   namespace */
    SJ_SHAPE_QUERY = 1U << 2, /**< it may have a query */
};

#define SJ_SHAPE_MORE_MAX 4 /**< segments between the namespace and a shape */

/** A row of the table. */
struct sj_shape {
    enum sj_protocol protocol;            /**< who speaks so */
    enum sj_resource resource;            /**< what is meant */
    unsigned methods;                     /**< of enum sj_method */
    unsigned writes;                      /**< those that need the scope "write" */
    unsigned flags;                       /**< of enum sj_shape_flags */
    enum sj_text_kind text;               /**< how the text is made */
    struct sj_part parts[SJ_SHAPE_PARTS]; /**< segments */
};

/**
 * Find the shape of some segments.
 *
 * @param segments what is left of a path
 * @param count    how many
 * @param is_bare  nothing was taken off before them
 * @param more_max segments that may stand before a shape with SJ_SHAPE_MORE
 * @param more     takes how many do
 * @return first row that fits; NULL: none
 */
const struct sj_shape *sj_shape_find(const struct sj_str *segments, size_t count, bool is_bare,
                                     size_t more_max, size_t *more);
