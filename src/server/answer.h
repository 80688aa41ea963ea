// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Answers. Those that never change are made once and shared by all requests. Private to the room;
 * what finishes a request is declared in server/request.h.
 */
#pragma once

#include "server/entry.h"
#include "server/request.h"
#include "server/tls.h"

/** Make the answers that never change. @return never NULL */
struct sj_answers *sj_answers_new(void);

/** Free them. @param answers answers, or NULL */
void sj_answers_free(struct sj_answers *answers);

/** A new answer from bytes. @param body taken over @param type content type, or NULL @return answer
 */
struct MHD_Response *sj_answer_bytes(struct sj_buf *body, const char *type);

/**
 * Put the head of an entry in front of a body that is to come.
 *
 * @param request upload of an entry
 * @return 0 or -EINVAL (a header is too long)
 */
int sj_entry_begin(struct sj_request *request);

/** Whether the body of an upload to /cas is one zstd frame, whose hash is that of what it holds.
 * @param request upload @return true when it says so */
bool sj_entry_is_packed(const struct sj_request *request);

/**
 * Read the head of an entry alone. It is not checked: what it says of the value is.
 *
 * @param view  entry
 * @param start takes the bytes that the head lies in
 * @param out   takes the fields; they point into start
 * @return bytes of the head, or a negative errno
 */
int64_t sj_entry_peek(const struct sj_view *view, char start[SJ_ENTRY_HEAD_MAX],
                      struct sj_entry_head *out);

/** Answer a preflight: what a browser, or Turborepo, may send. @param request request */
void sj_answer_options(struct sj_request *request);
