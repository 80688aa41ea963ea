// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Targets of pages. They keep their percent signs, since branches and files have names of their
 * own; so they may hold more bytes than those of cache protocols, but are no less bounded:
 * printable ASCII without what has to be escaped in HTML and headers, whole escapes, no NUL, no
 * empty or dotted segments.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/route.h"

/** Whether a target is one of a page. @param target raw @param len its bytes @return true below
 * /dash and /api/v1 */
bool sj_page_target_is(const char *target, size_t len);

/**
 * Understand a target of a page.
 *
 * @param target raw target that sj_page_target_is() says yes to
 * @param len    its bytes
 * @param out    takes the route, zeroed before; untouched when the target is refused
 * @return 0, or a positive HTTP status: 400 or 414
 */
int sj_page_target_parse(const char *target, size_t len, struct sj_route *out);

/**
 * Whether somebody may be sent to a place after he has signed in: a page of this server, and
 * nothing that a browser could take for another server.
 *
 * @param target place, as a form has sent it
 * @return true when it is a target of a page, other than those to sign in and out
 */
bool sj_page_target_is_next(struct sj_str target);
