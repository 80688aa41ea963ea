// SPDX-License-Identifier: Apache-2.0
// Too much of what is allowed: uploads that are held open, connections that only wait.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "base/mem.h"
#include "base/parse.h"
#include "key/key.h"

static bool number(struct attack *attack, int index, uint64_t *out)
{
    return index < attack->arg_count && sj_parse_size(attack->args[index], out) == 0;
}

// All but an eighth of a body, so that the server must keep what it has.
static int upload_most(struct wire *wire, uint64_t index, bool is_chunked, const char *data,
                       size_t size)
{
    char head[256];
    char length[64];
    (void)snprintf(length, sizeof length,
                   is_chunked ? "Transfer-Encoding: chunked\r\n\r\n%zx" : "Content-Length: %zu\r\n",
                   size);
    (void)snprintf(head, sizeof head, "PUT /ac/%064" PRIx64 " HTTP/1.1\r\nHost: x\r\n%s\r\n", index,
                   length);
    int status = wire_sends(wire, head);
    return status < 0 ? status : wire_send(wire, data, size - size / 8, WIRE_WAIT_MS);
}

static int upload_rest(struct wire *wire, bool is_chunked, const char *data, size_t size)
{
    // A refused one need not take it.
    (void)wire_send(wire, data, size / 8, WIRE_WAIT_MS);
    return is_chunked ? wire_sends(wire, "\r\n0\r\n\r\n") : 0;
}

// What uploads were answered.
struct tally {
    uint64_t stored;
    uint64_t refused; // told to come again, and when
    uint64_t others;
};

static void count(struct tally *tally, struct wire *wire)
{
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    char text[32];
    int status = wire_answer(wire, false, WIRE_WAIT_MS, &answer);
    if (status == 200 || status == 201) {
        tally->stored++;
    } else if (status == 503 && wire_header(&answer, "retry-after:", text, sizeof text)) {
        tally->refused++;
    } else {
        tally->others++;
    }
}

static void flood(struct attack *attack, uint64_t uploads, size_t size, uint64_t memory_max,
                  bool is_chunked)
{
    struct wire *wires = sj_calloc(uploads, sizeof *wires);
    char *data = sj_calloc(size, 1);
    struct tally tally = {0};
    uint64_t memory = 0;
    bool is_served = true;
    for (uint64_t i = 0; i < uploads; i++) {
        wires[i] = (struct wire){.fd = -1};
        if (wire_open(&attack->peer, 0, &wires[i]) == 0) {
            (void)upload_most(&wires[i], i, is_chunked, data, size);
        }
        uint64_t now = wire_memory_of(attack->peer.pid);
        memory = now > memory ? now : memory;
        is_served = is_served && (i % 32 != 0 || attack_is_served(attack));
    }
    for (uint64_t i = 0; i < uploads; i++) {
        if (wires[i].fd >= 0) {
            (void)upload_rest(&wires[i], is_chunked, data, size);
            count(&tally, &wires[i]);
        }
        wire_close(&wires[i]);
    }
    attack_report(attack, tally.refused > 0 && tally.stored > 0 && tally.others == 0,
                  "%u %suploads under way: %u stored, %u told to come again, %u others",
                  (unsigned)uploads, is_chunked ? "chunked " : "", (unsigned)tally.stored,
                  (unsigned)tally.refused, (unsigned)tally.others);
    attack_report(attack, memory <= memory_max, "memory under a flood: %u of at most %u KiB",
                  (unsigned)(memory >> 10), (unsigned)(memory_max >> 10));
    attack_report(attack, is_served && attack_is_served(attack),
                  "others are served during and after a flood");
    free(data);
    free(wires);
}

bool attack_uploads(struct attack *attack)
{
    uint64_t uploads = 0;
    uint64_t size = 0;
    uint64_t memory_max = 0;
    if (!number(attack, 0, &uploads) || !number(attack, 1, &size) ||
        !number(attack, 2, &memory_max)) {
        return false;
    }
    flood(attack, uploads, size, memory_max, false);
    flood(attack, uploads, size, memory_max, true);
    // What was given up leaves room for others.
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    memset(sj_buf_reserve(&body, size), 'b', size);
    int status = 0;
    for (uint64_t until_ms = wire_now_ms() + WIRE_WAIT_MS; wire_now_ms() < until_ms;) {
        status =
            wire_request(&attack->peer, "PUT",
                         "/ac/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "",
                         body.data, size, NULL);
        if (status == 200 || status == 201) {
            break;
        }
        wire_pause(50);
    }
    attack_report(attack, status == 200 || status == 201, "an upload after the floods: %d", status);
    return true;
}

// Answers that have come when no more come.
static uint64_t count_answers(struct wire *wires, uint64_t count)
{
    bool *has_answer = sj_calloc(count, sizeof *has_answer);
    uint64_t answered = 0;
    for (int quiet = 0; quiet < 40; quiet++) {
        for (uint64_t i = 0; i < count; i++) {
            SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
            if (!has_answer[i] && wires[i].fd >= 0 &&
                wire_answer(&wires[i], false, 0, &answer) == 200) {
                has_answer[i] = true;
                answered++;
                quiet = 0;
            }
        }
        wire_pause(25);
    }
    free(has_answer);
    return answered;
}

bool attack_connections(struct attack *attack)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    uint64_t count = 0;
    uint64_t most = 0;
    if (!number(attack, 0, &count) || !number(attack, 1, &most)) {
        return false;
    }
    struct wire *wires = sj_calloc(count, sizeof *wires);
    uint64_t open = 0;
    for (uint64_t i = 0; i < count; i++) {
        wires[i] = (struct wire){.fd = -1};
        open += wire_open(&attack->peer, 0, &wires[i]) == 0 && wire_sends(&wires[i], request) == 0;
    }
    uint64_t answered = count_answers(wires, count);
    attack_report(attack, answered <= most && answered >= most - most / 10,
                  "%u connections: %u answered, at most %u", (unsigned)open, (unsigned)answered,
                  (unsigned)most);
    for (uint64_t i = 0; i < count; i++) {
        wire_close(&wires[i]);
    }
    free(wires);
    // Until the server has seen their ends, they count.
    bool is_served = false;
    for (uint64_t until_ms = wire_now_ms() + WIRE_WAIT_MS;
         !is_served && wire_now_ms() < until_ms;) {
        is_served = attack_is_served(attack);
    }
    attack_report(attack, is_served, "others are served: after many connections");
    return true;
}

// Sends a body in chunks, `size` bytes or as many as are taken. Gives how many; status takes that
// of the answer.
static uint64_t send_chunks(struct attack *attack, const char *target, uint64_t size, int *status)
{
    static const char head[] = "PUT %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    SJ_AUTO(wire_close) struct wire wire = {.fd = -1};
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(1 << 20, 1);
    uint64_t sent = 0;
    sj_buf_addf(&text, head, target);
    bool is_on = wire_open(&attack->peer, 0, &wire) == 0 && wire_sends(&wire, text.data) == 0;
    while (is_on && sent < size) {
        size_t part = size - sent < 1 << 20 ? (size_t)(size - sent) : 1 << 20;
        sj_buf_clear(&text);
        sj_buf_addf(&text, "%zx\r\n", part);
        is_on = wire_sends(&wire, text.data) == 0 &&
                wire_send(&wire, data, part, WIRE_WAIT_MS) == 0 && wire_sends(&wire, "\r\n") == 0;
        sent += is_on ? part : 0;
    }
    (void)(is_on && wire_sends(&wire, "0\r\n\r\n"));
    *status = wire_answer(&wire, false, WIRE_WAIT_MS, &answer);
    return sent;
}

bool attack_limits(struct attack *attack)
{
    static const char target[] =
        "/ac/00000000000000000000000000000000000000000000000000000000000011c7";
    const uint64_t endless = UINT64_C(3) << 30;
    uint64_t max;
    int status;
    if (!number(attack, 0, &max) || attack->arg_count != 1) {
        return false;
    }
    for (uint64_t size = max / 2; size <= max; size += max / 8) {
        (void)send_chunks(attack, target, size, &status);
        attack_report(attack, status == 200, "%" PRIu64 " bytes of %" PRIu64 ": %d", size, max,
                      status);
    }
    (void)send_chunks(attack, target, max + 1, &status);
    attack_report(attack, status == 413, "a byte more: %d", status);
    static const char *const targets[] = {target, "/nothing/of/the/kind"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        uint64_t sent = send_chunks(attack, targets[i], endless, &status);
        attack_report(attack, sent < endless, "a refused body without end: %" PRIu64 " MiB, %d",
                      sent >> 20, status);
    }
    attack_report(attack, attack_is_served(attack), "others are served: after such bodies");
    return true;
}

// Store one object after another on one connection, for as long as that works, each body in two
// parts: there is always one amid its way when the server is told to end.
static void ask_on(const struct wire_peer *peer, uint64_t number)
{
    SJ_AUTO(wire_close) struct wire wire = {.fd = -1};
    int status = wire_open(peer, 0, &wire) == 0 ? 201 : 0;
    for (; status == 201; number++) {
        char data[32];
        char hex[SJ_KEY_HEX_SIZE];
        char head[256];
        SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
        (void)snprintf(data, sizeof data, "%030" PRIu64, number);
        struct sj_key key = sj_key_of(data, 30);
        sj_key_hex(&key, hex);
        (void)snprintf(head, sizeof head,
                       "PUT /v1/default/object/%s HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: 30\r\n\r\n%.15s",
                       hex, data);
        (void)wire_sends(&wire, head);
        wire_pause((unsigned)(number % 16));
        (void)wire_sends(&wire, data + 15);
        status = wire_answer(&wire, false, WIRE_WAIT_MS, &answer);
    }
}

bool attack_end(struct attack *attack)
{
    uint64_t count;
    if (!number(attack, 0, &count) || attack->arg_count != 1 || attack->peer.pid == 0) {
        return false;
    }
    uint64_t started = 0;
    for (uint64_t i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            ask_on(&attack->peer, i << 32);
            _exit(0);
        }
        started += pid > 0;
    }
    bool is_served = attack_is_served(attack);
    wire_pause(50);
    bool is_told = kill(attack->peer.pid, SIGTERM) == 0;
    while (wait(NULL) > 0) {
    }
    attack_report(attack, started == count && is_served && is_told,
                  "%" PRIu64 " clients ask on until the end", started);
    return true;
}
