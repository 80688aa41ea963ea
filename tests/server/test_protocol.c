// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "server/protocol.h"

#define E(event)    SJ_EVENT_##event
#define P(protocol) SJ_PROTOCOL_##protocol

// What ends a build, or makes a client give up, must never be said: docs/serve.md, "What clients
// make of an answer".
Test(protocol, tells_each_client_what_it_bears)
{
    static const struct {
        enum sj_protocol protocol;
        enum sj_event event;
        unsigned status;
    } cases[] = {
        {P(CCACHE), E(READ_FAILED), 404},
        {P(CCACHE), E(FULL), 507},
        {P(CCACHE), E(STORED), 201},
        {P(CCACHE), E(EXISTS), 200},
        {P(SCCACHE), E(STORED), 201},
        {P(SCCACHE), E(EXISTS), 204},
        {P(SCCACHE), E(READ_FAILED), 503},
        {P(BAZEL), E(STORED), 200},
        {P(BAZEL), E(READ_FAILED), 503},
        {P(BAZEL), E(FULL), 507},
        {P(GRADLE), E(READ_FAILED), 404},
        {P(GRADLE), E(FULL), 413},
        {P(GRADLE), E(BUSY), 413},
        {P(GRADLE), E(TOO_LARGE), 413},
        {P(TURBO), E(STORED), 202},
        {P(TURBO), E(EXISTS), 202},
        {P(TURBO), E(FULL), 413},
        {P(TURBO), E(READ_FAILED), 503},
        {P(TURBO), E(BUSY), 413},
        {P(NX), E(STORED), 200},
        {P(NX), E(EXISTS), 200},
        {P(NX), E(READ_FAILED), 404},
        {P(NX), E(FULL), 403},
        {P(NX), E(TOO_LARGE), 403},
        {P(NX), E(BUSY), 403},
        {P(NX), E(INVALID), 403},
        {P(NATIVE), E(STORED), 201},
        {P(NATIVE), E(EXISTS), 200},
        {P(NATIVE), E(INVALID), 422},
        {P(NATIVE), E(FULL), 507},
        {P(NATIVE), E(BUSY), 503},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_protocol_status(cases[i].protocol, cases[i].event), cases[i].status,
                     "%s, event %d", sj_protocol_name(cases[i].protocol), (int)cases[i].event);
    }
}

Test(protocol, has_a_status_and_a_body_for_everything)
{
    for (enum sj_protocol protocol = SJ_PROTOCOL_OWN; protocol < SJ_PROTOCOL_COUNT; protocol++) {
        cr_expect_neq(sj_protocol_name(protocol)[0], '\0');
        for (enum sj_event event = SJ_EVENT_FOUND; event < SJ_EVENT_COUNT; event++) {
            unsigned status = sj_protocol_status(protocol, event);
            const char *type = NULL;
            const char *body = sj_protocol_body(protocol, event, &type);
            cr_expect(status >= 200 && status < 600);
            cr_expect(body && type && *type);
            cr_expect_eq(status < 300, event <= SJ_EVENT_EXISTS);
            cr_expect_eq(*body == '{', *body && strcmp(type, "application/json") == 0);
        }
        cr_expect_eq(sj_protocol_status(protocol, SJ_EVENT_NOT_FOUND), 404);
        cr_expect_eq(sj_protocol_status(protocol, SJ_EVENT_UNAUTHENTICATED), 401);
        cr_expect_eq(sj_protocol_status(protocol, SJ_EVENT_FORBIDDEN), 403);
    }
}

Test(protocol, words_bodies_that_clients_parse)
{
    const char *type;
    cr_assert_str_eq(sj_protocol_body(P(TURBO), E(STORED), &type), "{\"urls\":[]}");
    cr_assert_str_eq(type, "application/json");
    cr_assert(strstr(sj_protocol_body(P(TURBO), E(FORBIDDEN), &type), "\"code\":\"forbidden\""));
    cr_assert_str_eq(type, "application/json");
    cr_assert_neq(*sj_protocol_body(P(NX), E(UNAUTHENTICATED), &type), '\0');
    cr_assert_str_eq(type, "text/plain");
    cr_assert(strstr(sj_protocol_body(P(NATIVE), E(NOT_FOUND), &type), "\"code\":\"not_found\""));
    cr_assert_str_eq(sj_protocol_body(P(CCACHE), E(NOT_FOUND), &type), "");
}
