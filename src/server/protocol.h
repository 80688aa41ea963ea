// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The protocols that are spoken, and how each wants to be told what happened: what one client takes
 * for "not stored, never mind" ends another one's build.
 * Source: docs/serve.md, "What clients make of an answer" (measured with the real clients).
 */
#pragma once

/** Protocols. */
enum sj_protocol {
    SJ_PROTOCOL_OWN = 0, /**< health, metrics, status: no cache protocol */
    SJ_PROTOCOL_NATIVE,  /**< /v1/NS/…: our agents */
    SJ_PROTOCOL_CCACHE,  /**< ccache, all three layouts */
    SJ_PROTOCOL_SCCACHE, /**< sccache over WebDAV */
    SJ_PROTOCOL_BAZEL,   /**< Bazel, moon, and what else says /ac and /cas */
    SJ_PROTOCOL_GRADLE,  /**< Gradle */
    SJ_PROTOCOL_TURBO,   /**< Turborepo */
    SJ_PROTOCOL_NX,      /**< Nx */
    SJ_PROTOCOL_COUNT,   /**< how many */
};

/** What happened to a request. */
enum sj_event {
    SJ_EVENT_FOUND = 0,       /**< a value is given */
    SJ_EVENT_STORED,          /**< a value was stored */
    SJ_EVENT_EXISTS,          /**< … was there already and may not be replaced: thrown away */
    SJ_EVENT_NOT_FOUND,       /**< there is no such value */
    SJ_EVENT_READ_FAILED,     /**< it may be there, but cannot be read, or not now */
    SJ_EVENT_UNAUTHENTICATED, /**< a token is missing or wrong */
    SJ_EVENT_FORBIDDEN,       /**< the token has not the scope */
    SJ_EVENT_TOO_LARGE,       /**< over max_entry */
    SJ_EVENT_FULL,            /**< disk full, or the namespace's quota */
    SJ_EVENT_BUSY,            /**< too many uploads under way */
    SJ_EVENT_INVALID,         /**< the body is not what the key says */
    SJ_EVENT_COUNT,           /**< how many */
};

/** A protocol's name, as in metrics and logs. @param protocol protocol @return such as "bazel" */
const char *sj_protocol_name(enum sj_protocol protocol);

/**
 * HTTP status for an event.
 *
 * @param protocol protocol
 * @param event    what happened
 * @return status
 */
unsigned sj_protocol_status(enum sj_protocol protocol, enum sj_event event);

/**
 * Body that goes with a status that is no success.
 *
 * @param protocol protocol
 * @param event    what happened
 * @param type     takes the content type
 * @return text, static; "" when an empty one does
 */
const char *sj_protocol_body(enum sj_protocol protocol, enum sj_event event, const char **type);
