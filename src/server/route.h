// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What a request line asks for. Works on the raw target, strictly: nothing is percent-decoded, and
 * a target with a percent sign, an empty or dotted segment or any byte that no client sends is
 * refused. No part of it ever becomes a path of a file. Pages alone, server/page_target.h, keep
 * their percent signs.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "key/key.h"
#include "server/protocol.h"

#define SJ_TARGET_MAX     1024 /**< bytes of a target */
#define SJ_SPACE_NAME_MAX 64   /**< bytes of a namespace's name */

/** Methods. */
enum sj_method {
    SJ_METHOD_GET = 1U << 0,
    SJ_METHOD_HEAD = 1U << 1,
    SJ_METHOD_PUT = 1U << 2,
    SJ_METHOD_POST = 1U << 3,
    SJ_METHOD_DELETE = 1U << 4,
    SJ_METHOD_OPTIONS = 1U << 5,
    SJ_METHOD_PROPFIND = 1U << 6,
    SJ_METHOD_MKCOL = 1U << 7,
};

/** What stands behind a target. */
enum sj_resource {
    SJ_RESOURCE_HEALTHZ = 0,  /**< /healthz */
    SJ_RESOURCE_READYZ,       /**< /readyz */
    SJ_RESOURCE_STATUS,       /**< /status, and /NS/status */
    SJ_RESOURCE_METRICS,      /**< /metrics */
    SJ_RESOURCE_ENTRY,        /**< a value of a client's, under its own key */
    SJ_RESOURCE_CAS,          /**< the same under the SHA-256 of its content */
    SJ_RESOURCE_COLLECTION,   /**< a WebDAV folder: there is none, but sccache asks */
    SJ_RESOURCE_TURBO_STATUS, /**< /v8/artifacts/status */
    SJ_RESOURCE_TURBO_EVENTS, /**< /v8/artifacts/events */
    SJ_RESOURCE_TURBO_QUERY,  /**< POST /v8/artifacts */
    SJ_RESOURCE_TURBO_USER,   /**< /v2/user, /v2/teams, /v5/user/tokens/current */
    SJ_RESOURCE_SPACE,        /**< /v1/NS */
    SJ_RESOURCE_OBJECT,       /**< /v1/NS/object/KEY */
    SJ_RESOURCE_RESULT,       /**< /v1/NS/result/KEY */
    SJ_RESOURCE_PATHSET,      /**< /v1/NS/pathset/KEY */
    SJ_RESOURCE_TRAIL,        /**< /v1/NS/trail/KEY */
    SJ_RESOURCE_RECORD,       /**< /v1/NS/record */
    SJ_RESOURCE_BATCH,        /**< /v1/NS/batch */
    SJ_RESOURCE_UPLOAD,       /**< /v1/NS/upload */
    SJ_RESOURCE_FETCH,        /**< /v1/NS/fetch, agents only */
    SJ_RESOURCE_PUSH,         /**< /v1/NS/push/KEY, agents only */
    SJ_RESOURCE_PAGE,         /**< /dash and /api/v1, and below */
    SJ_RESOURCE_HOME,         /**< /, of who asks for a page */
    SJ_RESOURCE_COUNT,        /**< how many */
};

/** A target, understood. Texts point into the target. */
struct sj_route {
    enum sj_protocol protocol; /**< who speaks */
    enum sj_resource resource; /**< what is meant */
    unsigned methods;          /**< enum sj_method that it takes */
    unsigned writes;           /**< those of them that need the scope "write" */
    struct sj_str space;       /**< namespace; empty: the default one */
    struct sj_str path;        /**< of a page: without the query and a slash at its end */
    struct sj_str query;       /**< of a page: behind the '?' */
    size_t text_len;           /**< bytes of text */
    struct sj_key key;         /**< native: the key of the target; text: its XXH3-128 */
    struct sj_key weak;        /**< push: from the query; all 0: none */
    unsigned char sha256[32];  /**< of SJ_RESOURCE_CAS */
    char text[SJ_TARGET_MAX];  /**< for an entry and for CAS: what tells it from all others of its
                                  namespace, such as "bazel/ac/…", the layouts of ccache made
                                  one; NUL-terminated */
};

/** Method of a name. @param name as on the wire @return it; 0: none of ours */
unsigned sj_method_of(const char *name);

/**
 * Understand a target.
 *
 * @param target raw target, query included; NUL-terminated
 * @param len    its bytes
 * @param out    takes the route; empty where the target is refused. What lies behind the end of
 *               its text is not set
 * @return 0, or a positive HTTP status: 400 (breaks the grammar), 404 (leads nowhere), 414
 *
 * Safe from several threads at once.
 */
int sj_route_parse(const char *target, size_t len, struct sj_route *out);

/** What a namespace's name is, for people who gave something else. */
#define SJ_SPACE_NAME_RULE \
    "a name is 3 to 64 of a-z 0-9 . _ - and no word that paths begin with, such as cache or v1"

/** Whether text is a namespace's name that may be used. @param text bytes @return true when it is:
 * [a-z0-9][a-z0-9._-]{0,63}, none of the words that targets begin with, and nothing that a key
 * begins with: one of 0-9a-f, two of 0-9a-v, 32 or more of 0-9a-f */
bool sj_space_is_name(struct sj_str text);
