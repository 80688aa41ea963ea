// SPDX-License-Identifier: Apache-2.0
#include "server/crsh.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/crsh_peer.h"
#include "server/listen.h"

/** Each compile holds one to its end, and one that is not let in waits for 10 seconds. */
#define CONNECTIONS_DEFAULT 1024

/** Bytes of all values that may be on their way at one time. */
#define VALUES_MAX ((uint64_t)512 << 20)

#define EVENTS   64
#define SWEEP_MS 1000

/** What an event is about, other than a connection. */
static const char wake_tag = 'w';
static const char listen_tag = 'l';

struct sj_crsh {
    struct sj_crsh_service service; /**< the first member; the thread's own */
    struct sj_listeners listeners;  /**< one socket */
    int epoll;
    int wake; /**< eventfd: a write is done, or the end has come */
    pthread_t thread;
    struct sj_crsh_peer *peers; /**< connections; the thread's own */
    unsigned peer_count;        /**< how many */
    unsigned waiting_count;     /**< how many wait for a write */
    bool accepts;               /**< the listening socket is in the epoll set */
    uint64_t pause_until_ms;    /**< it is not, until then: no descriptors are left */

    pthread_mutex_t lock;      /**< guards what follows */
    struct sj_crsh_peer *done; /**< connections whose write is done */
    bool is_closing;
};

static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

static void wake_up(struct sj_crsh *crsh)
{
    const uint64_t one = 1;
    ssize_t wrote = write(crsh->wake, &one, sizeof one);
    (void)wrote;
}

/** In the writer thread: nothing but a note that the thread of the sockets finds. */
static void note_done(int status, void *user)
{
    struct sj_crsh_peer *peer = user;
    struct sj_crsh *crsh = (struct sj_crsh *)(void *)peer->service;
    (void)pthread_mutex_lock(&crsh->lock);
    peer->write_status = status;
    peer->next_done = crsh->done;
    crsh->done = peer;
    // Within the lock: the other side frees what it finds in the list.
    wake_up(crsh);
    (void)pthread_mutex_unlock(&crsh->lock);
}

static void watch(struct sj_crsh *crsh, int op, struct sj_crsh_peer *peer)
{
    struct epoll_event event = {.events = peer->wants_out ? EPOLLOUT : EPOLLIN, .data.ptr = peer};
    (void)epoll_ctl(crsh->epoll, op, peer->fd, &event);
}

static void watch_listener(struct sj_crsh *crsh, bool accepts)
{
    if (accepts == crsh->accepts) {
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
    event.data.ptr = (void *)(uintptr_t)&listen_tag;
    (void)epoll_ctl(crsh->epoll, accepts ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                    crsh->listeners.items[0].fd, &event);
    crsh->accepts = accepts;
}

static void end_peer(struct sj_crsh *crsh, struct sj_crsh_peer *peer)
{
    if (peer->next) {
        peer->next->prev = peer->prev;
    }
    if (peer->prev) {
        peer->prev->next = peer->next;
    } else {
        crsh->peers = peer->next;
    }
    crsh->peer_count--;
    sj_crsh_peer_free(peer);
}

/** Let a connection go on. @param is_watched whether it is in the epoll set */
static void run_peer(struct sj_crsh *crsh, struct sj_crsh_peer *peer, bool is_watched)
{
    bool wanted_out = peer->wants_out;
    if (sj_crsh_peer_run(peer) < 0) {
        end_peer(crsh, peer);
        return;
    }
    if (peer->is_waiting) {
        // A client that hangs up meanwhile would be reported without end: it is found out later.
        crsh->waiting_count++;
        if (is_watched) {
            watch(crsh, EPOLL_CTL_DEL, peer);
        }
        return;
    }
    if (!is_watched) {
        watch(crsh, EPOLL_CTL_ADD, peer);
    } else if (wanted_out != peer->wants_out) {
        watch(crsh, EPOLL_CTL_MOD, peer);
    }
}

static void accept_peer(struct sj_crsh *crsh)
{
    // cppcheck-suppress nullPointer // accept(2): nobody need ask for the address
    int fd = accept4(crsh->listeners.items[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            sj_metrics_count(crsh->service.options.metrics, SJ_COUNT_ACCEPT_FAILURES);
            crsh->pause_until_ms = now_ms() + SWEEP_MS;
        }
        return;
    }
    sj_metrics_count(crsh->service.options.metrics, SJ_COUNT_CONNECTIONS);
    struct sj_crsh_peer *peer = sj_crsh_peer_new(&crsh->service, fd);
    peer->next = crsh->peers;
    if (peer->next) {
        peer->next->prev = peer;
    }
    crsh->peers = peer;
    crsh->peer_count++;
    run_peer(crsh, peer, false);
}

/** Go on with connections whose write is done. @return whether the end has come */
static bool take_done(struct sj_crsh *crsh)
{
    uint64_t count = 0;
    ssize_t got = read(crsh->wake, &count, sizeof count);
    (void)got;
    (void)pthread_mutex_lock(&crsh->lock);
    struct sj_crsh_peer *done = crsh->done;
    crsh->done = NULL;
    bool is_closing = crsh->is_closing;
    (void)pthread_mutex_unlock(&crsh->lock);
    while (done) {
        struct sj_crsh_peer *next = done->next_done;
        crsh->waiting_count--;
        sj_crsh_peer_stored(done);
        done->is_last = done->is_last || is_closing;
        run_peer(crsh, done, false);
        done = next;
    }
    return is_closing;
}

/**
 * End requests that stand still. Between two there is no end: ccache asks, compiles for as long as
 * it takes, and stores on the same connection. It would not connect anew, and a client that dies is
 * seen at once.
 */
static void sweep(struct sj_crsh *crsh)
{
    uint64_t now = now_ms();
    for (struct sj_crsh_peer *peer = crsh->peers; peer;) {
        struct sj_crsh_peer *next = peer->next;
        if (peer->start_ns != 0 && !peer->is_waiting &&
            now - peer->active_ms > crsh->service.options.idle_ms) {
            sj_metrics_count(crsh->service.options.metrics, SJ_COUNT_DEADLINES);
            end_peer(crsh, peer);
        }
        peer = next;
    }
}

static void *serve(void *user)
{
    struct sj_crsh *crsh = user;
    struct epoll_event events[EVENTS];
    uint64_t swept_ms = now_ms();
    bool is_closing = false;
    // Whoever waits for a write is told: the writer thread knows of it.
    while (!is_closing || crsh->waiting_count > 0) {
        watch_listener(crsh, !is_closing &&
                                 crsh->peer_count < crsh->service.options.connections_max &&
                                 now_ms() >= crsh->pause_until_ms);
        int count = epoll_wait(crsh->epoll, events, EVENTS, SWEEP_MS);
        bool is_woken = false;
        for (int i = 0; i < count; i++) {
            const void *tag = events[i].data.ptr;
            if (tag == &wake_tag) {
                is_woken = true;
            } else if (tag == &listen_tag) {
                accept_peer(crsh);
            } else if (!is_closing) {
                run_peer(crsh, events[i].data.ptr, true);
            }
        }
        // Behind the others: what ends here may be in the list of events.
        if (is_woken) {
            is_closing = take_done(crsh);
        }
        if (now_ms() - swept_ms >= SWEEP_MS) {
            swept_ms = now_ms();
            sweep(crsh);
        }
    }
    return NULL;
}

/** What the end and a beginning that failed have in common: the thread does not run. */
static void release(struct sj_crsh *crsh)
{
    while (crsh->peers) {
        end_peer(crsh, crsh->peers);
    }
    sj_listeners_release(&crsh->listeners);
    sj_auto_close(&crsh->epoll);
    sj_auto_close(&crsh->wake);
    (void)pthread_mutex_destroy(&crsh->lock);
    free(crsh);
}

static int start(struct sj_crsh *crsh, struct sj_err *err)
{
    crsh->epoll = epoll_create1(EPOLL_CLOEXEC);
    crsh->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
    event.data.ptr = (void *)(uintptr_t)&wake_tag;
    if (crsh->epoll < 0 || crsh->wake < 0 ||
        epoll_ctl(crsh->epoll, EPOLL_CTL_ADD, crsh->wake, &event) < 0) {
        return sj_fail(err, -errno, "cannot wait for the connections of ccache");
    }
    // Signals are for the main thread.
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    int failure = pthread_create(&crsh->thread, NULL, serve, crsh);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failure == 0 ? 0 : sj_fail(err, -failure, "cannot start the thread that serves ccache");
}

int sj_crsh_open(const struct sj_crsh_options *options, struct sj_crsh **out, struct sj_err *err)
{
    struct sj_crsh *crsh = sj_new(struct sj_crsh);
    crsh->epoll = -1;
    crsh->wake = -1;
    (void)pthread_mutex_init(&crsh->lock, NULL);
    crsh->service.options = *options;
    crsh->service.options.path = NULL;
    crsh->service.done = note_done;
    crsh->service.value_bytes_max =
        options->max_entry > VALUES_MAX ? options->max_entry : VALUES_MAX;
    if (options->connections_max == 0) {
        crsh->service.options.connections_max = CONNECTIONS_DEFAULT;
    }

    int status = sj_listeners_open_unix(options->path, &crsh->listeners, err);
    if (status == 0) {
        status = start(crsh, err);
    }
    if (status < 0) {
        release(crsh);
        return status;
    }
    *out = crsh;
    return 0;
}

void sj_crsh_close(struct sj_crsh *crsh)
{
    if (!crsh) {
        return;
    }
    (void)pthread_mutex_lock(&crsh->lock);
    crsh->is_closing = true;
    (void)pthread_mutex_unlock(&crsh->lock);
    wake_up(crsh);
    (void)pthread_join(crsh->thread, NULL);
    release(crsh);
}
