// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Connections that begin, change phases and end in several threads while others sweep and drain.
 * Each thread closes its sockets at once, so that their numbers are used again: one that a sweep
 * shuts down though it was not due is a failure. usage: stress-deadlines [ROUNDS]
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "server/deadline.h"

#define THREADS 4

struct stress {
    struct sj_deadlines *all;
    uint64_t rounds;
    _Atomic bool is_over;
    _Atomic uint64_t swept;
    _Atomic uint64_t entered;
    _Atomic uint64_t wrong;
};

/** One connection in eight is let go past its deadline; all others must stay as they are. */
static void serve_one(struct stress *stress, uint64_t round)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        (void)atomic_fetch_add(&stress->wrong, 1);
        return;
    }
    struct sj_deadline *deadline = sj_deadline_begin(stress->all, pair[0]);
    for (int i = 0; i < 50; i++) {
        sj_deadline_enter(stress->all, deadline, SJ_PHASE_BODY, 1U << 30);
        sj_deadline_enter(stress->all, deadline, SJ_PHASE_WORK, 0);
        sj_deadline_enter(stress->all, deadline, SJ_PHASE_ANSWER, 1U << 30);
    }
    (void)atomic_fetch_add(&stress->entered, 150);
    char byte = 'x';
    if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 || recv(pair[1], &byte, 1, 0) != 1) {
        (void)atomic_fetch_add(&stress->wrong, 1);
    }
    if (round % 8 == 0) {
        // idle_ms is 1: the sweep ends this one.
        sj_deadline_enter(stress->all, deadline, SJ_PHASE_HEADER, 0);
        struct pollfd want = {.fd = pair[1], .events = POLLIN};
        if (poll(&want, 1, 20000) != 1) {
            (void)atomic_fetch_add(&stress->wrong, 1);
        }
    }
    sj_deadline_end(stress->all, deadline);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void *serve(void *user)
{
    struct stress *stress = user;
    for (uint64_t round = 0; round < stress->rounds; round++) {
        serve_one(stress, round);
    }
    return NULL;
}

static void *sweep(void *user)
{
    struct stress *stress = user;
    while (!atomic_load(&stress->is_over)) {
        uint64_t count =
            sj_deadlines_sweep(stress->all, sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS);
        (void)atomic_fetch_add(&stress->swept, count);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct stress stress = {.rounds = 20000};
    if (argc > 1 && sj_parse_u64(argv[1], 1000000000, &stress.rounds) < 0) {
        (void)fprintf(stderr, "usage: stress-deadlines [ROUNDS]\n");
        return 2;
    }
    stress.all = sj_deadlines_new(&(struct sj_deadline_limits){
        .header_ms = 60000, .idle_ms = 1, .body_ms = 60000, .min_rate = 1024});
    pthread_t threads[THREADS];
    pthread_t sweeper;
    (void)pthread_create(&sweeper, NULL, sweep, &stress);
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_create(&threads[i], NULL, serve, &stress);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    atomic_store(&stress.is_over, true);
    (void)pthread_join(sweeper, NULL);

    uint64_t due = THREADS * ((stress.rounds + 7) / 8);
    printf("%llu phases, %llu of %llu shut down, %llu wrong\n", (unsigned long long)stress.entered,
           (unsigned long long)stress.swept, (unsigned long long)due,
           (unsigned long long)stress.wrong);
    sj_deadlines_free(stress.all);
    return stress.wrong == 0 && stress.swept == due ? 0 : 1;
}
