// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * One request for a page: its address is understood, the page is looked up and made, and written
 * down as it was asked for. Private to the room.
 */
#pragma once

#include "dash/ground.h"
#include "server/pages.h"

/**
 * Answer what needs no records: files, the form to sign in, refusals.
 *
 * @param request request
 * @param out     takes the answer
 * @return true; false: it needs more, nothing was done
 */
bool sj_dash_answer_alone(const struct sj_page_request *request, struct sj_page_answer *out);

/** Answer with a page. @param ground what it is made from, nobody else's meanwhile @param request
 * request @param out takes the answer @return whether the page took long when it was made, now or
 * before it was kept */
bool sj_dash_answer_page(struct sj_dash_ground *ground, const struct sj_page_request *request,
                         struct sj_page_answer *out);
