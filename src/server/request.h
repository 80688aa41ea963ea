// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A request on its way through the server. Private to the room.
 *
 * libmicrohttpd calls with the headers, with each part of the body, and with its end. What the
 * headers alone can refuse is refused before a byte of the body is read. A request whose answer
 * takes time is suspended, and resumed by whoever finishes it.
 */
#pragma once

#include <microhttpd.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "server/protocol.h"
#include "server/route.h"
#include "server/serving.h"
#include "store/write.h"

/** A connection. */
struct sj_peer {
    struct sj_daemon *daemon;     /**< that accepted it */
    struct sj_deadline *deadline; /**< its deadline */
};

struct sj_request;

#define SJ_COOKIE_SIZE SJ_TOKEN_TEXT_SIZE /**< more than what a cookie of ours may hold */

/** What deals with a request once its body is there: it finishes or suspends it. */
typedef void sj_handler(struct sj_request *request);

/** A request. */
struct sj_request {
    struct sj_server *server;          /**< whose */
    struct sj_peer *peer;              /**< connection; NULL before the headers are there */
    struct MHD_Connection *connection; /**< the same, libmicrohttpd's */
    size_t target_len;                 /**< its real length */
    const char *method_name;           /**< as on the wire */
    enum sj_method method;             /**< understood */
    struct sj_shared *shared;          /**< the store */
    const struct sj_rules *rules;      /**< in force */
    const struct sj_space_rule *rule;  /**< of the namespace */
    struct sj_grant grant;             /**< what it may do */
    uint64_t start_ns;                 /**< CLOCK_REALTIME_COARSE */
    uint64_t start_mono_ns;            /**< CLOCK_MONOTONIC */
    bool is_started;                   /**< the headers have been dealt with */
    bool is_working;                   /**< a handler has it, and is to finish it */
    bool is_suspended;                 /**< somebody else finishes it */
    bool must_close;               /**< nothing that follows on its connection is to be trusted */
    bool is_discarded;             /**< the body is read and thrown away */
    enum sj_event refusal;         /**< what the body's end is answered with; SJ_EVENT_FOUND:
                                        nothing is wrong */
    struct sj_buf body;            /**< of an upload, behind the head of an entry */
    size_t head_len;               /**< bytes of the head in body */
    uint64_t body_len;             /**< Content-Length; 0 when chunked */
    uint64_t received_bytes;       /**< of the body */
    uint64_t held_bytes;           /**< counted in server->upload_bytes */
    EVP_MD_CTX *sha256;            /**< of the body, while it comes; or NULL */
    unsigned status;               /**< of the answer; 0: none yet */
    struct MHD_Response *response; /**< answer, until it is queued */
    bool is_shared_response;       /**< it is one of the server's answers */
    uint64_t sent_bytes;           /**< of the answer's body */
    sj_handler *after;             /**< called when a write is done, or by a worker */
    uint32_t found;                /**< values of a batch that were there … */
    uint32_t missed;               /**< … and were not */
    size_t frame_count;            /**< values that were taken in */
    int outcome;                   /**< of the write: 0 or a negative errno */
    unsigned cell;                 /**< of server->cells, that it counts in */
    char cookie[SJ_COOKIE_SIZE];   /**< of a page: the token that its cookie stands for; "" */
    bool drops_cookie;             /**< of a page: the cookie that was shown is worth nothing */
    // What is large and not zeroed stands behind all else.
    struct sj_route route;          /**< understood target */
    char target[SJ_TARGET_MAX + 2]; /**< raw, NUL-terminated, cut when too long */
};

/** Value of a header. @param request request @param name its name @return text, or NULL */
const char *sj_request_header(const struct sj_request *request, const char *name);

/**
 * Count memory for a body, received or sent, before it is taken; given back at the request's end.
 *
 * @param request request
 * @param bytes   how much
 * @return true; false: bodies have taken all that they may
 *
 * From the thread that has the request.
 */
bool sj_request_hold(struct sj_request *request, uint64_t bytes);

/**
 * Answer a request.
 *
 * @param request  request
 * @param status   HTTP status
 * @param response answer; a reference to it is taken over
 * @param size     bytes of its body
 *
 * From any thread. A suspended request is resumed, and is not to be touched any more.
 */
void sj_request_finish(struct sj_request *request, unsigned status, struct MHD_Response *response,
                       uint64_t size);

/** Answer by what happened, as the protocol wants it. @param request request @param event what
 * happened */
void sj_request_event(struct sj_request *request, enum sj_event event);

/** Answer with a plain status and no body. @param request request @param status HTTP status */
void sj_request_status(struct sj_request *request, unsigned status);

/** Answer with an error in JSON. @param request request @param status HTTP status @param code word
 * for programs @param message sentence for people */
void sj_request_error(struct sj_request *request, unsigned status, const char *code,
                      const char *message);

/** Answer with bytes; many are counted as sj_request_hold() does, or refused. @param request
 * request
 * @param status HTTP status @param type content type, static @param body bytes, taken over */
void sj_request_bytes(struct sj_request *request, unsigned status, const char *type,
                      struct sj_buf *body);

/** Suspend a request and let a worker go on with it. @param request request @param handler finishes
 * it */
void sj_request_defer(struct sj_request *request, sj_handler *handler);

/** The same with a worker of one's own. @param request request @param worker whose threads go on
 * @param handler finishes it */
void sj_request_defer_to(struct sj_request *request, struct sj_worker *worker, sj_handler *handler);

/**
 * Suspend a request, store what a write holds, and answer when that is done.
 *
 * @param request request; suspended already when a worker calls
 * @param write   taken over
 * @param done    answers; request->outcome is 0 or a negative errno; called by the writer thread,
 * and brief
 */
void sj_request_write(struct sj_request *request, struct sj_write *write, sj_handler *done);

/** Event of a failed write. @param request request @param status negative errno @return event */
enum sj_event sj_request_write_event(struct sj_request *request, int status);

/**
 * Find a blob in the namespace of a request, or in those below it.
 *
 * @param request request
 * @param kind    what
 * @param key     its key
 * @param out     takes the view; release with sj_view_close()
 * @return 0, SJ_STORE_MISS or a negative errno
 */
int sj_request_find(struct sj_request *request, enum sj_blob kind, const struct sj_key *key,
                    struct sj_view *out);

/* Handlers, one for each resource. Each is called with the whole body. */

/** POST /v1/NS/batch. */
sj_handler sj_handle_batch;
/** WebDAV folders. */
sj_handler sj_handle_collection;
/** values of other caches' clients. */
sj_handler sj_handle_entry;
/** /dash and /api/v1, and /. */
sj_handler sj_handle_page;
/** POST /v1/NS/fetch, of an agent. */
sj_handler sj_handle_fetch;
/** /healthz. */
sj_handler sj_handle_healthz;
/** /metrics. */
sj_handler sj_handle_metrics;
/** /v1/NS/object/KEY. */
sj_handler sj_handle_object;
/** /v1/NS/pathset/KEY. */
sj_handler sj_handle_pathset;
/** POST /v1/NS/push/KEY, of an agent. */
sj_handler sj_handle_push;
/** /readyz. */
sj_handler sj_handle_readyz;
/** POST /v1/NS/record. */
sj_handler sj_handle_record;
/** /v1/NS/result/KEY. */
sj_handler sj_handle_result;
/** /v1/NS. */
sj_handler sj_handle_space;
/** /status. */
sj_handler sj_handle_status;
/** /v1/NS/trail/KEY. */
sj_handler sj_handle_trail;
/** POST /v8/artifacts/events. */
sj_handler sj_handle_turbo_events;
/** POST /v8/artifacts. */
sj_handler sj_handle_turbo_query;
/** /v8/artifacts/status. */
sj_handler sj_handle_turbo_status;
/** /v2/user and the like. */
sj_handler sj_handle_turbo_user;
/** POST /v1/NS/upload. */
sj_handler sj_handle_upload;

/**
 * The headers of a request are there: understand them, and refuse what can be refused now.
 *
 * @param request request; its connection, method_name and target are set
 * @param version of HTTP, as on the wire
 * @return true to go on; false: it has been answered
 */
bool sj_request_admit(struct sj_request *request, const char *version);

/** The address that a request came from, for the brake. @param request request @return it; NULL: it
 * has none */
const struct sockaddr *sj_request_address(const struct sj_request *request);

/**
 * Who asks for a page: an Authorization header, or the cookie that stands for a token.
 *
 * @param request request of a page; takes rules, grant and cookie
 * @return true to go on; false: it has been answered
 */
bool sj_page_admit(struct sj_request *request);

/** The callbacks of libmicrohttpd that take a request through. @param daemon struct sj_daemon
 * @param options array, its first entry free @return entries used: at most 4 */
size_t sj_request_options(struct sj_daemon *daemon, struct MHD_OptionItem *options);

/**
 * What libmicrohttpd calls with each part of a request.
 * Source: microhttpd.h, MHD_AccessHandlerCallback.
 *
 * @param cls              struct sj_daemon
 * @param connection       connection
 * @param url              path, not used: the raw target is
 * @param method           as on the wire
 * @param version          of HTTP
 * @param upload_data      part of the body
 * @param upload_data_size its bytes; set to what is left of it
 * @param con_cls          the request
 * @return MHD_YES, or MHD_NO to close the connection
 */
enum MHD_Result sj_request_step(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload_data,
                                size_t *upload_data_size, void **con_cls);
