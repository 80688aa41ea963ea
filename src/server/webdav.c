// SPDX-License-Identifier: Apache-2.0
// As much of WebDAV as sccache asks for. There are no folders: every one is there, so that nobody
// has to make one before he stores, which saves six round trips a value. Source: RFC 4918;
// OpenDAL's WebDAV service (what it takes for an answer).
#include "server/answer.h"

// The date is never looked at, but has to be there.
#define MULTISTATUS_HEAD                           \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" \
    "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>"
#define MULTISTATUS_MIDDLE          \
    "</D:href><D:propstat><D:prop>" \
    "<D:getlastmodified>Thu, 01 Jan 1970 00:00:00 GMT</D:getlastmodified><D:resourcetype>"
#define MULTISTATUS_END                                                                        \
    "</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>" \
    "</D:multistatus>\n"

static bool is_folder(const struct sj_request *request)
{
    return request->target[request->target_len - 1] == '/';
}

static bool is_stored(struct sj_request *request)
{
    struct sj_view view;
    if (sj_request_find(request, SJ_BLOB_ENTRY, &request->route.key, &view) != 0) {
        return false;
    }
    sj_view_close(request->shared, &view);
    return true;
}

static void describe(struct sj_request *request)
{
    if (!is_folder(request) && !is_stored(request)) {
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
        return;
    }
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&body, MULTISTATUS_HEAD);
    // The grammar of targets has no byte that XML would want escaped but '&', which only a query
    // has.
    for (const char *at = request->target; *at && *at != '?'; at++) {
        sj_buf_addc(&body, *at);
    }
    sj_buf_adds(&body, MULTISTATUS_MIDDLE);
    if (is_folder(request)) {
        sj_buf_adds(&body, "<D:collection/>");
    }
    sj_buf_adds(&body, MULTISTATUS_END);
    sj_request_bytes(request, MHD_HTTP_MULTI_STATUS, "application/xml; charset=utf-8", &body);
}

void sj_handle_collection(struct sj_request *request)
{
    if (request->method == SJ_METHOD_OPTIONS) {
        sj_answer_options(request);
    } else if (request->method == SJ_METHOD_MKCOL) {
        sj_request_status(request, MHD_HTTP_CREATED);
    } else if (request->method == SJ_METHOD_PROPFIND) {
        describe(request);
    } else {
        sj_request_event(request, SJ_EVENT_NOT_FOUND);
    }
}

void sj_answer_options(struct sj_request *request)
{
    struct sj_buf body = SJ_BUF_INIT(1);
    struct MHD_Response *response = sj_answer_bytes(&body, NULL);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                  "GET, HEAD, PUT, POST, DELETE, OPTIONS, PROPFIND, MKCOL");
    // Turborepo leaves its token out of requests whose preflight does not name this header.
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
                                  "Authorization, Content-Type, User-Agent, x-artifact-duration, "
                                  "x-artifact-tag, x-artifact-sha, x-artifact-dirty-hash, "
                                  "x-artifact-client-ci, x-artifact-client-interactive");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS,
                                  "GET, HEAD, PUT, POST, OPTIONS");
    (void)MHD_add_response_header(response, "DAV", "1");
    sj_request_finish(request, MHD_HTTP_OK, response, 0);
}
