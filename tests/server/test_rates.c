// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "server/rates.h"

#define START UINT64_C(5000000)

static struct sj_rates *rates;
static struct sj_traffic counters[SJ_PROTOCOL_COUNT];

static void begin(void)
{
    rates = sj_rates_new(START);
    memset(counters, 0, sizeof counters);
}

static void end(void)
{
    sj_rates_free(rates);
}

TestSuite(rates, .init = begin, .fini = end);

// Some traffic comes, one request each second, and snapshots are taken when they are due.
static void pass(uint64_t from_s, uint64_t to_s)
{
    for (uint64_t second = from_s; second < to_s; second++) {
        counters[SJ_PROTOCOL_BAZEL].requests++;
        counters[SJ_PROTOCOL_BAZEL].sent_bytes += 100;
        uint64_t now_ms = START + (second + 1) * 1000;
        if (sj_rates_is_due(rates, now_ms)) {
            sj_rates_take(rates, now_ms, counters);
        }
    }
}

static void expect(uint64_t window_ms, uint64_t at_s, uint64_t span_ms, uint64_t requests)
{
    struct sj_traffic lately[SJ_PROTOCOL_COUNT];
    uint64_t span = sj_rates_since(rates, window_ms, START + at_s * 1000, counters, lately);
    cr_expect_eq(span, span_ms, "%llu ms", (unsigned long long)span);
    cr_expect_eq(lately[SJ_PROTOCOL_BAZEL].requests, requests, "%llu requests",
                 (unsigned long long)lately[SJ_PROTOCOL_BAZEL].requests);
    cr_expect_eq(lately[SJ_PROTOCOL_BAZEL].sent_bytes, 100 * requests);
    cr_expect_eq(lately[SJ_PROTOCOL_NX].requests, 0);
}

Test(rates, a_server_that_has_just_begun_tells_of_its_time)
{
    expect(SJ_RATES_MINUTE_MS, 0, 0, 0);
    pass(0, 25);
    expect(SJ_RATES_MINUTE_MS, 25, 25000, 25);
    expect(SJ_RATES_HOUR_MS, 25, 25000, 25);
}

Test(rates, the_window_is_met_within_a_step)
{
    pass(0, 205);
    expect(SJ_RATES_MINUTE_MS, 205, 65000, 65);
    expect(SJ_RATES_HOUR_MS, 205, 205000, 205);
}

Test(rates, an_hour_is_kept_and_no_more)
{
    pass(0, 10005);
    expect(SJ_RATES_MINUTE_MS, 10005, 65000, 65);
    expect(SJ_RATES_HOUR_MS, 10005, 3605000, 3605);
}

Test(rates, who_was_not_looked_after_is_told_of_as_long_as_it_was)
{
    pass(0, 30);
    counters[SJ_PROTOCOL_BAZEL].requests += 5;
    counters[SJ_PROTOCOL_BAZEL].sent_bytes += 500;
    expect(SJ_RATES_MINUTE_MS, 630, 600000, 5);
}
