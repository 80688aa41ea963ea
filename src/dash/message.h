// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Answers that are no page of the table: that something is not there, that there is nothing yet,
 * the form to sign in. Private to the room.
 */
#pragma once

#include "base/buf.h"
#include "dash/doc.h"
#include "dash/query.h"
#include "server/pages.h"

/** How an answer is to be written, before the address is understood: by its path, its query, the
 * header Accept. @param request request @return format */
enum sj_dash_format sj_dash_format_of(const struct sj_page_request *request);

/** A word for programs that names an HTTP status. @param status status @return such as "not_found"
 */
const char *sj_dash_code_of(unsigned status);

/**
 * Write that something is wrong, without a page around it: JSON, or a line of text.
 *
 * @param format  how
 * @param status  HTTP status
 * @param message sentence
 * @param out     takes status, type and body
 */
void sj_dash_plain(enum sj_dash_format format, unsigned status, const char *message,
                   struct sj_page_answer *out);

/**
 * Describe what to run, where there are no records yet.
 *
 * @param request who asks: the commands have the address that he has reached
 * @param others  there are records, but not of what he may see, or has asked for
 * @param doc     takes it
 */
void sj_dash_describe_none(const struct sj_page_request *request, bool others, struct sj_doc *doc);

/**
 * Write the form to sign in.
 *
 * @param request who asks; its refusal and problem are told
 * @param out     takes status, type and body
 */
void sj_dash_login(const struct sj_page_request *request, struct sj_page_answer *out);
