// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/clock.h"
#include "server/brake.h"

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage out = {.ss_family = AF_UNSPEC};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&out, &in, sizeof in);
    } else {
        cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&out, &in6, sizeof in6);
    }
    return out;
}

static bool fail(struct sj_brake *brake, const char *text, uint64_t now_s)
{
    struct sockaddr_storage from = address(text);
    return sj_brake_fail(brake, (const struct sockaddr *)&from, now_s * SJ_NS_PER_S);
}

Test(brake, lets_so_many_pass_in_a_minute)
{
    struct sj_brake *brake;
    cr_assert_eq(sj_brake_new(10, &brake), 0);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_not(fail(brake, "192.0.2.1", 100 + i));
    }
    cr_assert(fail(brake, "192.0.2.1", 110));
    cr_assert(fail(brake, "192.0.2.1", 159));
    cr_assert_not(fail(brake, "192.0.2.2", 159));
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_not(fail(brake, "192.0.2.1", 160));
    }
    cr_assert(fail(brake, "192.0.2.1", 161));
    sj_brake_free(brake);
}

Test(brake, takes_a_network_for_an_address)
{
    struct sj_brake *brake;
    cr_assert_eq(sj_brake_new(1, &brake), 0);
    cr_assert_not(fail(brake, "2001:db8:1:2::1", 1));
    cr_assert(fail(brake, "2001:db8:1:2:ffff::2", 1));
    cr_assert_not(fail(brake, "2001:db8:1:3::1", 1));
    cr_assert_not(fail(brake, "192.0.2.1", 1));
    cr_assert(fail(brake, "::ffff:192.0.2.1", 1));
    cr_assert_not(fail(brake, "::ffff:192.0.2.2", 1));
    sj_brake_free(brake);
}

Test(brake, counts_nobody_without_an_address)
{
    struct sj_brake *brake;
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    cr_assert_eq(sj_brake_new(1, &brake), 0);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_not(sj_brake_fail(brake, NULL, 1));
        cr_assert_not(sj_brake_fail(brake, (const struct sockaddr *)&peer, 1));
    }
    sj_brake_free(brake);
    sj_brake_free(NULL);
}

Test(brake, bears_any_number_of_addresses)
{
    struct sj_brake *brake;
    cr_assert_eq(sj_brake_new(1, &brake), 0);
    for (unsigned i = 0; i < 100000; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(i)}};
        cr_assert_not(sj_brake_fail(brake, (const struct sockaddr *)&in, i + 1));
    }
    // The last ones are still known.
    cr_assert(fail(brake, "0.1.134.159", 1));
    sj_brake_free(brake);
}
