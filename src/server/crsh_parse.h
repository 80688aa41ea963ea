// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Requests of ccache's storage helper protocol, taken from bytes as they come.
 * Source: ccache, doc/remote_storage_helper_spec.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SJ_CRSH_VERSION  1   /**< first byte of the greeting */
#define SJ_CRSH_KEY_MAX  255 /**< bytes of a key */
#define SJ_CRSH_HEAD_MAX 266 /**< bytes of a request without its value */

/** Requests, by their first byte. */
enum sj_crsh_op {
    SJ_CRSH_GET = 0, /**< a value */
    SJ_CRSH_PUT,     /**< store a value */
    SJ_CRSH_REMOVE,  /**< forget a value */
    SJ_CRSH_STOP,    /**< end the helper */
    SJ_CRSH_INFO,    /**< who is there */
    SJ_CRSH_EXISTS,  /**< is there a value */
};

/** First bytes of an answer. */
enum sj_crsh_status {
    SJ_CRSH_OK = 0, /**< done */
    SJ_CRSH_NOOP,   /**< nothing was there, or nothing was stored */
    SJ_CRSH_ERROR,  /**< a message follows */
};

/** What the bytes so far come to. */
enum sj_crsh_step {
    SJ_CRSH_MORE = 0, /**< not enough: go on with the next bytes */
    SJ_CRSH_VALUE,    /**< a PUT whose value begins: call sj_crsh_take() */
    SJ_CRSH_DONE,     /**< a whole request; sj_crsh_reset() begins the next */
    SJ_CRSH_BAD,      /**< no request of the protocol: nothing that follows can be understood */
};

/** A request under way. Zeroed: none of its bytes has come. */
struct sj_crsh_parser {
    unsigned char head[SJ_CRSH_HEAD_MAX]; /**< bytes before the value */
    size_t head_len;                      /**< how many there are */
    bool has_head;                        /**< all of them */
    uint64_t left;                        /**< bytes of the value that are still to come */
    struct sj_buf *value;                 /**< takes them; NULL: they are passed over */
};

/** Begin a request. @param parser any */
void sj_crsh_reset(struct sj_crsh_parser *parser);

/**
 * Take bytes.
 *
 * @param parser request under way
 * @param data   bytes
 * @param len    how many
 * @param used   takes how many of them belong to the request
 * @return step
 */
enum sj_crsh_step sj_crsh_feed(struct sj_crsh_parser *parser, const void *data, size_t len,
                               size_t *used);

/** Say where a value goes. @param parser after SJ_CRSH_VALUE @param value its bytes are appended;
 * must have room for all; NULL: they are passed over */
void sj_crsh_take(struct sj_crsh_parser *parser, struct sj_buf *value);

/** What is asked. @param parser whose head is there @return op */
enum sj_crsh_op sj_crsh_op(const struct sj_crsh_parser *parser);
/** For which key. @param parser whose head is there @return raw bytes; the parser's */
struct sj_str sj_crsh_key(const struct sj_crsh_parser *parser);
/** Whether a PUT replaces. @param parser whose head is there @return true when it does */
bool sj_crsh_overwrites(const struct sj_crsh_parser *parser);
/** How long the value of a PUT is. @param parser whose head is there @return bytes, any number */
uint64_t sj_crsh_value_len(const struct sj_crsh_parser *parser);
