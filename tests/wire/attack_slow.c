// SPDX-License-Identifier: Apache-2.0
// Clients that keep a connection for as long as they can by sending or taking a byte now and then.
// Each must be gone after a while, however busy it looks, and others must be served meanwhile.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "attack.h"
#include "base/mem.h"
#include "base/parse.h"

#define SPLITS         20
#define DELAYED_ACK_MS 40 // TCP_DELACK_MIN of Linux

#define AT_ONCE     20
#define EVERY_MS    50
#define PATIENCE_MS 20000
#define LARGE_SIZE  ((size_t)24 << 20) // more than the kernel buffers

/** A slow client. */
struct slow {
    const char *name;    /**< what it does */
    const char *first;   /**< sent whole; NULL: nothing */
    unsigned answers;    /**< read before it becomes slow */
    const char *trickle; /**< sent byte by byte, over and over; NULL: it is silent */
    bool reads;          /**< takes a byte now and then */
    bool leaves;         /**< closes right behind what it sent */
};

#define ASK_LARGE "GET /v1/cache/large HTTP/1.1\r\nHost: x\r\n\r\n"
#define PUT_HEAD  "PUT /v1/cache/slow HTTP/1.1\r\nHost: x\r\n"

static const struct slow slows[] = {
    {"nothing is sent", NULL, 0, NULL, false, false},
    {"blank lines", NULL, 0, "\r\n", false, false},
    {"a request line byte by byte", "GET /v1/cache/", 0, "a", false, false},
    {"headers byte by byte", "GET /healthz HTTP/1.1\r\nHost: x\r\n", 0, "X-A: b\r\n", false, false},
    {"idle after a request", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 1, NULL, false, false},
    {"a second request byte by byte", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/cache/", 1,
     "a", false, false},
    {"a body byte by byte", PUT_HEAD "Content-Length: 1000000\r\n\r\n", 0, "a", false, false},
    {"a body that does not come", PUT_HEAD "Content-Length: 1000000\r\n\r\nabc", 0, NULL, false,
     false},
    {"small chunks", PUT_HEAD "Transfer-Encoding: chunked\r\n\r\n", 0, "1\r\na\r\n", false, false},
    {"a chunk's size byte by byte", PUT_HEAD "Transfer-Encoding: chunked\r\n\r\n", 0, "0", false,
     false},
    {"a body after 100 Continue",
     PUT_HEAD "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", 1, "a", false, false},
    {"an answer that is not read", ASK_LARGE, 0, NULL, false, false},
    {"an answer read byte by byte", ASK_LARGE, 0, NULL, true, false},
    {"requests and no answer read", ASK_LARGE, 0, ASK_LARGE, false, false},
};

#define SLOW_COUNT (sizeof slows / sizeof slows[0])

// Those that are gone must be noticed long before any deadline.
static const struct slow leavers[] = {
    {"gone amid a body", PUT_HEAD "Content-Length: 1000000\r\n\r\nabc", 0, NULL, false, true},
    {"gone amid headers", "GET /healthz HTTP/1.1\r\nHost: x\r\n", 0, NULL, false, true},
};

#define LEAVER_COUNT (sizeof leavers / sizeof leavers[0])

// One more byte. Whether the server still takes part is for the caller to see.
static void go_on(struct wire *wire, const struct slow *slow, size_t round)
{
    char byte = 0;
    if (wire->fd >= 0 && slow->trickle) {
        byte = slow->trickle[round % strlen(slow->trickle)];
        (void)send(wire->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (wire->fd >= 0 && slow->reads) {
        (void)recv(wire->fd, &byte, 1, MSG_DONTWAIT);
    }
}

static bool start(struct attack *attack, const struct slow *slow, struct wire *wire)
{
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    bool is_good = wire_open(&attack->peer, 4096, wire) == 0;
    is_good = is_good && (!slow->first || wire_sends(wire, slow->first) == 0);
    for (unsigned i = 0; i < slow->answers && is_good; i++) {
        is_good = wire_answer(wire, false, WIRE_WAIT_MS, &answer) > 0;
    }
    if (slow->leaves) {
        wire_close(wire);
    }
    return is_good;
}

// A connection with a full buffer cannot show that it was closed, so the server's sockets are
// counted.
static void attack_slowly(struct attack *attack, const struct slow *slow, unsigned sockets)
{
    struct wire wires[AT_ONCE];
    bool is_started = true;
    for (size_t i = 0; i < AT_ONCE; i++) {
        wires[i] = (struct wire){.fd = -1};
        is_started = start(attack, slow, &wires[i]) && is_started;
    }
    bool is_served = true;
    unsigned left = 0;
    uint64_t from_ms = wire_now_ms();
    size_t round = 0;
    do {
        for (size_t i = 0; i < AT_ONCE; i++) {
            go_on(&wires[i], slow, round);
        }
        is_served = is_served && (round % 8 != 0 || attack_is_served(attack));
        round++;
        wire_pause(EVERY_MS);
        left = wire_sockets_of(attack->peer.pid);
    } while (left > sockets && wire_now_ms() - from_ms < PATIENCE_MS);
    for (size_t i = 0; i < AT_ONCE; i++) {
        wire_close(&wires[i]);
    }
    attack_report(attack, is_started && is_served && left <= sockets,
                  "%s: %s%s%u of %d connections left after %u ms", slow->name,
                  is_started ? "" : "not begun, ", is_served ? "" : "others are not served, ",
                  left > sockets ? left - sockets : 0, AT_ONCE,
                  (unsigned)(wire_now_ms() - from_ms));
}

// Waits until the server has no more than its own sockets, and says how many they are.
static unsigned settle(struct attack *attack)
{
    unsigned count = wire_sockets_of(attack->peer.pid);
    for (int same = 0; same < 5; same++) {
        wire_pause(EVERY_MS);
        unsigned next = wire_sockets_of(attack->peer.pid);
        same = next == count ? same : 0;
        count = next;
    }
    return count;
}

static bool store_large(struct attack *attack, const char *target)
{
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(LARGE_SIZE);
    char *at = sj_buf_reserve(&body, LARGE_SIZE);
    memset(at, 'a', LARGE_SIZE);
    int status =
        wire_request(&attack->peer, "PUT", target, "Connection: close\r\n", at, LARGE_SIZE, NULL);
    return status >= 200 && status < 300;
}

bool attack_slow(struct attack *attack)
{
    attack_report(attack, store_large(attack, "/v1/cache/large"), "a large value is stored");
    unsigned sockets = settle(attack);
    for (size_t i = 0; i < SLOW_COUNT; i++) {
        attack_slowly(attack, &slows[i], sockets);
        (void)settle(attack);
    }
    return true;
}

bool attack_gone(struct attack *attack)
{
    unsigned sockets = settle(attack);
    for (size_t i = 0; i < LEAVER_COUNT; i++) {
        attack_slowly(attack, &leavers[i], sockets);
    }
    return true;
}

bool attack_readers(struct attack *attack)
{
    uint64_t count = 0;
    uint64_t rcvbuf = 0;
    if (attack->arg_count != 3 || sj_parse_u64(attack->args[1], 1000, &count) < 0 ||
        sj_parse_u64(attack->args[2], 1 << 30, &rcvbuf) < 0) {
        return false;
    }
    char request[256];
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", attack->args[0]);
    unsigned before = wire_sockets_of(attack->peer.pid);
    struct wire *wires = sj_calloc(count + 1, sizeof *wires);
    uint64_t open = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (wire_open(&attack->peer, (int)rcvbuf, &wires[i]) == 0) {
            open += wire_sends(&wires[i], request) == 0;
        }
    }
    // They stay, unread, until standard input ends: whoever started this looks at the server.
    attack_report(attack, open == count, "%u answers are not read", (unsigned)open);
    while (getchar() != EOF) {
    }
    unsigned left = wire_sockets_of(attack->peer.pid);
    attack_report(attack, true, "readers held: %u of %u connections",
                  left > before ? left - before : 0, (unsigned)open);
    for (uint64_t i = 0; i < count; i++) {
        wire_close(&wires[i]);
    }
    free(wires);
    return true;
}

// As ccache sends it: with Nagle's algorithm the body waits until the header is acknowledged, which
// Linux puts off for 40 ms or more on a connection that was answered before. tcp(7), TCP_QUICKACK.
bool attack_split(struct attack *attack)
{
    SJ_AUTO(wire_close) struct wire wire = {.fd = -1};
    const int off = 0;
    bool is_open = wire_open(&attack->peer, 0, &wire) == 0 &&
                   setsockopt(wire.fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off) == 0;
    int stored = 0;
    int prompt = 0;
    for (int i = 0; is_open && i < SPLITS; i++) {
        uint64_t start_ms = wire_now_ms();
        int status = wire_exchange(&wire, "PUT", "/v1/cache/split", "", "body", 4, NULL);
        stored += status == 200 || status == 201 || status == 204;
        prompt += wire_now_ms() - start_ms < DELAYED_ACK_MS;
    }
    // A busy machine may hold some back, too.
    attack_report(attack, stored == SPLITS && prompt >= SPLITS / 2,
                  "bodies behind their headers: %d of %d stored, %d of them at once", stored,
                  SPLITS, prompt);
    return true;
}
