// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/deadline.h"

static const struct sj_deadline_limits limits = {
    .header_ms = 10000, .idle_ms = 75000, .body_ms = 30000, .min_rate = 1024};

static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

/** A connection, and the client's end of it. */
struct connection {
    int server;
    int client;
    struct sj_deadline *deadline;
};

static struct connection connect_to(struct sj_deadlines *all)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    return (struct connection){pair[0], pair[1], sj_deadline_begin(all, pair[0])};
}

static void hang_up(struct sj_deadlines *all, struct connection *connection)
{
    sj_deadline_end(all, connection->deadline);
    (void)close(connection->server);
    (void)close(connection->client);
}

/** Whether the client's end was told that the server sends no more. */
static bool is_shut(const struct connection *connection)
{
    struct pollfd want = {.fd = connection->client, .events = POLLIN};
    char byte;
    return poll(&want, 1, 0) == 1 && recv(connection->client, &byte, 1, MSG_DONTWAIT) == 0;
}

Test(deadline, gives_each_phase_its_time)
{
    static const struct {
        enum sj_phase phases[4];
        size_t count;
        uint64_t size_bytes;
        uint64_t span_ms; // 0: no end
    } cases[] = {
        {{0}, 0, 0, 10000},                // accepted
        {{SJ_PHASE_HEADER}, 1, 0, 10000},  // nothing was asked yet
        {{SJ_PHASE_BODY}, 1, 0, 30000},    // of unknown size
        {{SJ_PHASE_BODY}, 1, 512, 30500},  // size / rate
        {{SJ_PHASE_BODY}, 1, 2048, 32000}, //
        {{SJ_PHASE_WORK}, 1, 0, 0},
        {{SJ_PHASE_BODY, SJ_PHASE_WORK}, 2, 10, 0},
        {{SJ_PHASE_WORK, SJ_PHASE_ANSWER}, 2, 1024, 31000},
        {{SJ_PHASE_WORK, SJ_PHASE_ANSWER, SJ_PHASE_HEADER}, 3, 0, 75000}, // keep-alive
    };
    struct sj_deadlines *all = sj_deadlines_new(&limits);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        // The clock of deadlines lags by a tick.
        uint64_t before = now_ms() - 20;
        struct connection one = connect_to(all);
        for (size_t phase = 0; phase < cases[i].count; phase++) {
            sj_deadline_enter(all, one.deadline, cases[i].phases[phase], cases[i].size_bytes);
        }
        uint64_t after = now_ms() + 1;
        if (cases[i].span_ms == 0) {
            cr_expect_eq(sj_deadlines_sweep(all, after + 1000000000), 0, "case %zu", i);
        } else {
            cr_expect_eq(sj_deadlines_sweep(all, before + cases[i].span_ms), 0, "case %zu", i);
            cr_expect_not(is_shut(&one), "case %zu", i);
            cr_expect_eq(sj_deadlines_sweep(all, after + cases[i].span_ms), 1, "case %zu", i);
            cr_expect(is_shut(&one), "case %zu", i);
            cr_expect_eq(sj_deadlines_sweep(all, after + cases[i].span_ms), 0, "twice, case %zu",
                         i);
        }
        hang_up(all, &one);
    }
    sj_deadlines_free(all);
}

Test(deadline, bears_sizes_and_settings_beyond_reason)
{
    const struct sj_deadline_limits wild = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0};
    struct sj_deadlines *all = sj_deadlines_new(&wild);
    struct connection one = connect_to(all);
    cr_expect_eq(sj_deadlines_sweep(all, now_ms() + 1000000), 0);
    sj_deadline_enter(all, one.deadline, SJ_PHASE_BODY, UINT64_MAX);
    cr_expect_eq(sj_deadlines_sweep(all, now_ms() + 1000000), 0);
    hang_up(all, &one);
    sj_deadlines_free(all);
}

Test(deadline, keeps_the_beginning_of_a_phase_that_is_entered_again)
{
    const struct sj_deadline_limits brief = {
        .header_ms = 10000, .idle_ms = 75000, .body_ms = 60, .min_rate = 1024};
    struct sj_deadlines *all = sj_deadlines_new(&brief);
    struct connection one = connect_to(all);
    sj_deadline_enter(all, one.deadline, SJ_PHASE_BODY, 0);
    uint64_t end = now_ms() + 61;
    // A client that sends a byte now and then: no byte of it gives it more than its size does.
    while (now_ms() < end) {
        sj_deadline_enter(all, one.deadline, SJ_PHASE_BODY, 1);
        (void)poll(NULL, 0, 1);
    }
    cr_expect_eq(sj_deadlines_sweep(all, end + 1), 1);
    cr_expect(is_shut(&one));
    hang_up(all, &one);
    sj_deadlines_free(all);
}

Test(deadline, drains_who_waits_and_counts_who_works)
{
    struct sj_deadlines *all = sj_deadlines_new(&limits);
    struct connection fresh = connect_to(all);
    struct connection busy = connect_to(all);
    struct connection kept = connect_to(all);
    sj_deadline_enter(all, busy.deadline, SJ_PHASE_WORK, 0);
    sj_deadline_enter(all, kept.deadline, SJ_PHASE_ANSWER, 10);
    sj_deadline_enter(all, kept.deadline, SJ_PHASE_HEADER, 0);
    cr_expect_eq(sj_deadlines_drain(all), 1);

    char byte = 'x';
    cr_expect_eq(recv(fresh.server, &byte, 1, MSG_DONTWAIT), 0, "it reads the end");
    cr_expect_eq(recv(kept.server, &byte, 1, MSG_DONTWAIT), 0);
    cr_expect_eq(recv(busy.server, &byte, 1, MSG_DONTWAIT), -1);
    // An answer to what had just come still goes out.
    cr_expect_eq(send(kept.server, "a", 1, MSG_NOSIGNAL), 1);
    cr_expect_eq(recv(kept.client, &byte, 1, MSG_DONTWAIT), 1);

    sj_deadline_enter(all, busy.deadline, SJ_PHASE_HEADER, 0);
    cr_expect_eq(sj_deadlines_drain(all), 0);
    hang_up(all, &fresh);
    hang_up(all, &busy);
    hang_up(all, &kept);
    sj_deadlines_free(all);
}

Test(deadline, forgets_ended_connections_in_any_order)
{
    static const size_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct sj_deadlines *all = sj_deadlines_new(&limits);
        struct connection some[3] = {connect_to(all), connect_to(all), connect_to(all)};
        uint64_t late = now_ms() + 20000;
        hang_up(all, &some[orders[i][0]]);
        cr_expect_eq(sj_deadlines_sweep(all, late), 2);
        hang_up(all, &some[orders[i][1]]);
        hang_up(all, &some[orders[i][2]]);
        cr_expect_eq(sj_deadlines_drain(all), 0);
        sj_deadline_end(all, NULL);
        sj_deadlines_free(all);
    }
    sj_deadlines_free(NULL);
}
