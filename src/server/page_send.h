// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Sending an answer of a page: its headers, which keep browsers from running or loading anything
 * that is not ours, 304 where the reader has it already, compression. Private to the room.
 * Source: RFC 9110; Content Security Policy Level 3.
 */
#pragma once

#include "server/pages.h"
#include "server/request.h"

/** What goes with an answer that is the server's. */
struct sj_page_sending {
    const char *set_cookie; /**< header Set-Cookie; NULL: none */
    const char *refresh;    /**< header Refresh; NULL: none */
    bool is_private;        /**< of somebody who has signed in: nobody may keep it */
    bool takes_gzip;        /**< the client understands it */
};

/**
 * Answer a request.
 *
 * @param request request, suspended or not
 * @param answer  answer; its body is taken over
 * @param sending what goes with it
 */
void sj_page_send(struct sj_request *request, struct sj_page_answer *answer,
                  const struct sj_page_sending *sending);

/** Whether a client takes gzip. @param header value of Accept-Encoding, or NULL @return true when
 * it does */
bool sj_takes_gzip(const char *header);

/**
 * Compress, or the other way round.
 *
 * @param data bytes
 * @param len  how many
 * @param out  takes them
 * @return 0, or -EFBIG: they are more than out may hold, or -EBADMSG
 */
int sj_gzip(const void *data, size_t len, struct sj_buf *out);

/** Undo sj_gzip(). @param data bytes @param len how many @param out takes them @return as
 * sj_gzip() */
int sj_gunzip(const void *data, size_t len, struct sj_buf *out);
