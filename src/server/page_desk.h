// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the server keeps for pages: who answers, threads to make pages in, the key of forms. And
 * what is asked of a reader's headers: the cookie, where a form came from, which host was meant.
 * Private to the room.
 * Source: RFC 6265 (cookies), RFC 6454 (Origin), the Fetch Metadata headers of W3C.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "server/pages.h"
#include "server/request.h"
#include "server/server.h"

#define SJ_FORM_KEY_SIZE    33 /**< digits of a form's key and the terminator */
#define SJ_COOKIE_NAME_SIZE 24 /**< more than any name of our cookie */

/** What the server keeps for pages. */
struct sj_desk;

/**
 * Make one.
 *
 * @param options pages and page_key of a server
 * @param out     takes it; the caller frees it with sj_desk_free()
 * @param err     what failed
 * @return 0 or a negative errno
 */
int sj_desk_new(const struct sj_server_options *options, struct sj_desk **out, struct sj_err *err);

/** Do what is queued, end the threads and free. @param desk desk, or NULL */
void sj_desk_free(struct sj_desk *desk);

/** Who answers. @param desk desk @return pages */
const struct sj_pages *sj_desk_pages(const struct sj_desk *desk);

/** Whether nothing but pages is served, to one user. @param desk desk @return true when it is so */
bool sj_desk_is_local(const struct sj_desk *desk);

/** Whether a text is the key of a local dashboard. Takes as long for a wrong one as for a right
 * one. @param desk desk @param text NUL-terminated @return true when it is */
bool sj_desk_knows(const struct sj_desk *desk, const char *text);

/**
 * Let a thread of the desk go on with a request.
 *
 * @param desk    desk
 * @param request request; suspended
 * @param handler finishes it
 * @return true; false: too many wait already, nothing was done
 */
bool sj_desk_defer(struct sj_desk *desk, struct sj_request *request, sj_handler *handler);

/** What was deferred is done. @param desk desk */
void sj_desk_done(struct sj_desk *desk);

/** The key that a form must send back. @param desk desk @param cookie of the reader; "" without one
 * @param out takes the digits */
void sj_desk_form_key(const struct sj_desk *desk, const char *cookie, char out[SJ_FORM_KEY_SIZE]);

/** Whether two keys of forms are equal, in constant time. @param key right one @param shown as sent
 * @return true when they are */
bool sj_form_key_eq(const char key[SJ_FORM_KEY_SIZE], const char *shown);

/**
 * The name of our cookie. Browsers do not tell the ports of a host apart, so that of a local
 * dashboard, of which there may be several, has its port in it.
 *
 * @param is_local a local dashboard's
 * @param host     header Host
 * @param out      takes it
 */
void sj_cookie_name(bool is_local, const char *host, char out[SJ_COOKIE_NAME_SIZE]);

/**
 * A cookie's value.
 *
 * @param header value of the header Cookie, untrusted; or NULL
 * @param name   of the cookie
 * @param out    takes the value, "" when there is none that could be ours: letters, digits, '_' and
 *               '-' only
 * @return true: there is one of that name, whatever it holds
 */
bool sj_cookie_read(const char *header, const char *name, char out[SJ_COOKIE_SIZE]);

/**
 * Whether a form came from a page of the same server.
 *
 * @param site   header Sec-Fetch-Site, or NULL: browsers send it where they trust the connection
 * @param origin header Origin, or NULL
 * @param host   header Host
 * @return true when a browser says so; what neither header says is refused
 */
bool sj_form_is_own(const char *site, const char *origin, const char *host);

/** Whether a Host may be shown in a page: letters, digits, and what names and addresses have.
 * @param host header, or NULL @return true when it may */
bool sj_host_is_good(const char *host);

/** Whether a Host names this machine itself, whatever a name server says. @param host header
 * @return true for localhost, 127.0.0.1 and [::1] with any port */
bool sj_host_is_loopback(const char *host);
