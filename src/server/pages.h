// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Pages for people: the dashboard as the server sees it. The server reads the request, knows who
 * asks and what they may see, and sends the answer; what stands on a page is the dashboard's.
 *
 * `/dash` and all below it, and `/api/v1/` and all below it, are pages; `/` leads to `/dash`. The
 * server itself signs readers in and out, and refuses forms that another site has sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SJ_PAGE_TARGET_MAX 1024u          /**< longest target of a page */
#define SJ_PAGE_FORM_MAX   4096u          /**< longest form that is sent */
#define SJ_PAGE_BODY_MAX   (8u << 20)     /**< largest page */
#define SJ_PAGE_ASSETS     "/dash/asset/" /**< what lies below shows nothing of anybody */
#define SJ_PAGE_LOGIN      "/dash/login"  /**< form to sign in, and where it is sent */
#define SJ_PAGE_LOGOUT     "/dash/logout" /**< where the form to sign out is sent */

/** A request for a page. Texts are borrowed. */
struct sj_page_request {
    struct sj_str path;  /**< without the query; printable ASCII, percent signs as they came */
    struct sj_str query; /**< behind the '?', as it came; len 0: none */
    struct sj_str form;  /**< body of a POST, application/x-www-form-urlencoded */
    const char *accept;  /**< header Accept; "" */
    const char *if_none_match; /**< header If-None-Match; "" */
    const char *host;          /**< header Host, checked; "" */
    bool is_post;              /**< POST; else GET, or HEAD, which is answered alike */
    bool takes_gzip;           /**< the client understands Content-Encoding: gzip */
    bool is_secure;            /**< came over TLS */
    bool is_signed_in;         /**< by a token or the cookie that stands for it */
    bool is_admin;             /**< may see and do what is the administrator's */
    bool is_local;             /**< a dashboard for one user on loopback: there are no namespaces */
    bool may_see;              /**< may read some namespace; else there is nothing to see */
    bool is_asset;             /**< below SJ_PAGE_ASSETS, which everybody may have */
    unsigned refusal;          /**< HTTP status with which the server refuses the request; 0: it
                                    does not. The answer is a page that says so */
    const char *problem;       /**< with refusal: why, a sentence for people; else "" */
    const char *token_id;      /**< public name of the token; "" without one */
    const char *form_key; /**< what a form must send back as `key`, so that no other site's page
                               can send it */
    /** Whether a namespace may be read. @param space its name; "" is "default" @param user
     * `may_read_user` @return true when it may */
    bool (*may_read)(struct sj_str space, void *user);
    void *may_read_user; /**< handed to may_read */
    /** The server's figures, the document of GET /status. @param out takes JSON @param user
     * `status_user` @return 0, -ENOTSUP (a dashboard without a server) or -EAGAIN (the store is
     * being opened) */
    int (*status)(struct sj_buf *out, void *user);
    void *status_user; /**< handed to status */
};

/** An answer. Zeroed but for status: an empty one. */
struct sj_page_answer {
    unsigned status;    /**< HTTP status */
    const char *type;   /**< Content-Type; static */
    struct sj_buf body; /**< the body; taken over by the server */
    const void *still;  /**< a body that lives as long as the program; NULL: body counts */
    size_t still_len;   /**< bytes of it */
    bool is_gzip;       /**< the body is gzip */
    bool is_immutable;  /**< may be kept for a year: its name changes with its content */
    char etag[48];      /**< with its quotes; "" for none */
    char location[SJ_PAGE_TARGET_MAX]; /**< header Location; "" for none */
};

/** Who answers. */
struct sj_pages {
    /**
     * Answer a request. Called from worker threads, one at a time or several.
     *
     * @param request what is asked
     * @param out     takes the answer
     * @param user    `user`
     */
    void (*answer)(const struct sj_page_request *request, struct sj_page_answer *out, void *user);
    void *user; /**< handed to answer */
};
