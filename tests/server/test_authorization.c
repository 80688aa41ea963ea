// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "server/authorization.h"

Test(authorization, reads_bearer_and_basic)
{
    static const struct {
        const char *header;
        const char *secret;
    } cases[] = {
        {"Bearer abc", "abc"},
        {"bearer   abc  ", "abc"},
        {"BEARER a b", "a b"},
        {"Bearer ", ""},
        {"Basic dTpw", "p"}, // u:p
        {"basic  dTpwYXNzOndvcmQ= ", "pass:word"},
        {"Basic dTpwYXNzOndvcmQ", "pass:word"},
        {"Basic OnNlY3JldA==", "secret"}, // :secret
        {"Basic dTo=", ""},               // u:
        {"Basic Ojo6", "::"},
        {"Basic Ov//", "\xff\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char room[SJ_SECRET_MAX];
        struct sj_str secret;
        cr_expect_eq(sj_authorization_parse(cases[i].header, room, &secret), 0, "%s",
                     cases[i].header);
        cr_expect(sj_str_eq(secret, sj_str_of(cases[i].secret)), "%s: '%.*s'", cases[i].header,
                  (int)secret.len, secret.data);
    }
}

Test(authorization, refuses_the_rest)
{
    static const char *const bad[] = {
        "",           "Bearer",       "Basic",      "Basic ",      "Basic dTpw!", "Basic dTpwd",
        "Basic dXA=", "Basic d=Tpw",  "Digest a=b", "Negotiate x", "Bearerabc",   " Bearer abc",
        "Basic ====", "Basic dTpw\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char room[SJ_SECRET_MAX];
        struct sj_str secret;
        cr_expect_eq(sj_authorization_parse(bad[i], room, &secret), -EINVAL, "%s", bad[i]);
    }
}

Test(authorization, bounds_what_it_reads)
{
    static const char *const schemes[] = {"Bearer ", "Basic "};
    for (size_t scheme = 0; scheme < 2; scheme++) {
        for (size_t len = 370; len < 530; len++) {
            char header[600] = "";
            char room[SJ_SECRET_MAX];
            struct sj_str secret;
            size_t start = strlen(schemes[scheme]);
            memcpy(header, schemes[scheme], start);
            memset(header + start, 'O', len);
            memcpy(header + start, "Ojo6", 4);
            if (sj_authorization_parse(header, room, &secret) == 0) {
                cr_assert_leq(secret.len, SJ_SECRET_MAX);
                cr_assert_leq(len, 512);
            }
        }
    }
}
