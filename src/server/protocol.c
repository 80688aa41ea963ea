// SPDX-License-Identifier: Apache-2.0
#include "server/protocol.h"

#include <stdbool.h>

#define JSON_ERROR(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"

/** How a protocol words what is no success. */
enum wording {
    WORDING_PLAIN, // a line that nobody reads but people
    WORDING_JSON,  // what the client parses
};

struct event {
    const char *json;
    const char *plain;
};

static const struct event events[SJ_EVENT_COUNT] = {
    [SJ_EVENT_FOUND] = {"", ""},
    [SJ_EVENT_STORED] = {"", ""},
    [SJ_EVENT_EXISTS] = {"", ""},
    // The usual answer of a cold cache: nothing is sent that no client reads.
    [SJ_EVENT_NOT_FOUND] = {JSON_ERROR("not_found", "there is no such value"), ""},
    [SJ_EVENT_READ_FAILED] = {JSON_ERROR("unavailable", "the value cannot be read now"),
                              "the value cannot be read now\n"},
    [SJ_EVENT_UNAUTHENTICATED] = {JSON_ERROR("unauthenticated",
                                             "a token is needed, or it is wrong or expired"),
                                  "a token is needed, or it is wrong or expired\n"},
    [SJ_EVENT_FORBIDDEN] = {JSON_ERROR("forbidden", "the token does not allow this"),
                            "the token does not allow this\n"},
    [SJ_EVENT_TOO_LARGE] = {JSON_ERROR("too_large", "the value is larger than max_entry"),
                            "the value is larger than max_entry\n"},
    [SJ_EVENT_FULL] = {JSON_ERROR("full", "the disk or the quota is full"),
                       "the disk or the quota is full\n"},
    [SJ_EVENT_BUSY] = {JSON_ERROR("busy", "too many uploads are under way"),
                       "too many uploads are under way\n"},
    [SJ_EVENT_INVALID] = {JSON_ERROR("invalid", "the body is not what its key says"),
                          "the body is not what its key says\n"},
};

struct protocol {
    const char *name;
    enum wording wording;
    unsigned short status[SJ_EVENT_COUNT];
};

// Gradle gives the cache up for the rest of a build at 5xx and 403, and bears 404 and 413; Nx ends
// the build at all but 200, 404, 403 and 409; ccache takes every failed read for a miss.
static const struct protocol protocols[SJ_PROTOCOL_COUNT] = {
    [SJ_PROTOCOL_OWN] = {"own",
                         WORDING_JSON,
                         {
                             [SJ_EVENT_FOUND] = 200,
                             [SJ_EVENT_STORED] = 200,
                             [SJ_EVENT_EXISTS] = 200,
                             [SJ_EVENT_NOT_FOUND] = 404,
                             [SJ_EVENT_READ_FAILED] = 503,
                             [SJ_EVENT_UNAUTHENTICATED] = 401,
                             [SJ_EVENT_FORBIDDEN] = 403,
                             [SJ_EVENT_TOO_LARGE] = 413,
                             [SJ_EVENT_FULL] = 507,
                             [SJ_EVENT_BUSY] = 503,
                             [SJ_EVENT_INVALID] = 400,
                         }},
    [SJ_PROTOCOL_NATIVE] = {"native",
                            WORDING_JSON,
                            {
                                [SJ_EVENT_FOUND] = 200,
                                [SJ_EVENT_STORED] = 201,
                                [SJ_EVENT_EXISTS] = 200,
                                [SJ_EVENT_NOT_FOUND] = 404,
                                [SJ_EVENT_READ_FAILED] = 503,
                                [SJ_EVENT_UNAUTHENTICATED] = 401,
                                [SJ_EVENT_FORBIDDEN] = 403,
                                [SJ_EVENT_TOO_LARGE] = 413,
                                [SJ_EVENT_FULL] = 507,
                                [SJ_EVENT_BUSY] = 503,
                                [SJ_EVENT_INVALID] = 422,
                            }},
    [SJ_PROTOCOL_CCACHE] = {"ccache",
                            WORDING_PLAIN,
                            {
                                [SJ_EVENT_FOUND] = 200,
                                [SJ_EVENT_STORED] = 201,
                                [SJ_EVENT_EXISTS] = 200,
                                [SJ_EVENT_NOT_FOUND] = 404,
                                [SJ_EVENT_READ_FAILED] = 404,
                                [SJ_EVENT_UNAUTHENTICATED] = 401,
                                [SJ_EVENT_FORBIDDEN] = 403,
                                [SJ_EVENT_TOO_LARGE] = 413,
                                [SJ_EVENT_FULL] = 507,
                                [SJ_EVENT_BUSY] = 503,
                                [SJ_EVENT_INVALID] = 400,
                            }},
    [SJ_PROTOCOL_SCCACHE] = {"sccache",
                             WORDING_PLAIN,
                             {
                                 [SJ_EVENT_FOUND] = 200,
                                 [SJ_EVENT_STORED] = 201,
                                 [SJ_EVENT_EXISTS] = 204,
                                 [SJ_EVENT_NOT_FOUND] = 404,
                                 [SJ_EVENT_READ_FAILED] = 503,
                                 [SJ_EVENT_UNAUTHENTICATED] = 401,
                                 [SJ_EVENT_FORBIDDEN] = 403,
                                 [SJ_EVENT_TOO_LARGE] = 413,
                                 [SJ_EVENT_FULL] = 507,
                                 [SJ_EVENT_BUSY] = 503,
                                 [SJ_EVENT_INVALID] = 400,
                             }},
    [SJ_PROTOCOL_BAZEL] = {"bazel",
                           WORDING_PLAIN,
                           {
                               [SJ_EVENT_FOUND] = 200,
                               [SJ_EVENT_STORED] = 200,
                               [SJ_EVENT_EXISTS] = 200,
                               [SJ_EVENT_NOT_FOUND] = 404,
                               [SJ_EVENT_READ_FAILED] = 503,
                               [SJ_EVENT_UNAUTHENTICATED] = 401,
                               [SJ_EVENT_FORBIDDEN] = 403,
                               [SJ_EVENT_TOO_LARGE] = 413,
                               [SJ_EVENT_FULL] = 507,
                               [SJ_EVENT_BUSY] = 503,
                               [SJ_EVENT_INVALID] = 400,
                           }},
    [SJ_PROTOCOL_GRADLE] = {"gradle",
                            WORDING_PLAIN,
                            {
                                [SJ_EVENT_FOUND] = 200,
                                [SJ_EVENT_STORED] = 200,
                                [SJ_EVENT_EXISTS] = 200,
                                [SJ_EVENT_NOT_FOUND] = 404,
                                [SJ_EVENT_READ_FAILED] = 404,
                                [SJ_EVENT_UNAUTHENTICATED] = 401,
                                [SJ_EVENT_FORBIDDEN] = 403,
                                [SJ_EVENT_TOO_LARGE] = 413,
                                [SJ_EVENT_FULL] = 413,
                                [SJ_EVENT_BUSY] = 413,
                                [SJ_EVENT_INVALID] = 413,
                            }},
    [SJ_PROTOCOL_TURBO] = {"turbo",
                           WORDING_JSON,
                           {
                               [SJ_EVENT_FOUND] = 200,
                               [SJ_EVENT_STORED] = 202,
                               [SJ_EVENT_EXISTS] = 202,
                               [SJ_EVENT_NOT_FOUND] = 404,
                               [SJ_EVENT_READ_FAILED] = 503,
                               [SJ_EVENT_UNAUTHENTICATED] = 401,
                               [SJ_EVENT_FORBIDDEN] = 403,
                               [SJ_EVENT_TOO_LARGE] = 413,
                               [SJ_EVENT_FULL] = 413,
                               [SJ_EVENT_BUSY] = 413,
                               [SJ_EVENT_INVALID] = 400,
                           }},
    [SJ_PROTOCOL_NX] = {"nx",
                        WORDING_PLAIN,
                        {
                            [SJ_EVENT_FOUND] = 200,
                            [SJ_EVENT_STORED] = 200,
                            [SJ_EVENT_EXISTS] = 200,
                            [SJ_EVENT_NOT_FOUND] = 404,
                            [SJ_EVENT_READ_FAILED] = 404,
                            [SJ_EVENT_UNAUTHENTICATED] = 401,
                            [SJ_EVENT_FORBIDDEN] = 403,
                            [SJ_EVENT_TOO_LARGE] = 403,
                            [SJ_EVENT_FULL] = 403,
                            [SJ_EVENT_BUSY] = 403,
                            [SJ_EVENT_INVALID] = 403,
                        }},
};

const char *sj_protocol_name(enum sj_protocol protocol)
{
    return protocols[protocol].name;
}

unsigned sj_protocol_status(enum sj_protocol protocol, enum sj_event event)
{
    return protocols[protocol].status[event];
}

const char *sj_protocol_body(enum sj_protocol protocol, enum sj_event event, const char **type)
{
    bool is_stored = event == SJ_EVENT_STORED || event == SJ_EVENT_EXISTS;
    *type = "application/json";
    if (protocol == SJ_PROTOCOL_TURBO && is_stored) {
        return "{\"urls\":[]}";
    }
    if (protocols[protocol].wording == WORDING_JSON) {
        return events[event].json;
    }
    // Nx looks for this very type at a 401.
    *type = "text/plain";
    return events[event].plain;
}
