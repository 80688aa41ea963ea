// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A server under mixed load at its cap, killed at random moments, as are its clients. What it has
 * acknowledged within the last third of its cap must be there, and whatever it serves must be a
 * value that was sent for that key, not older than the last one acknowledged before.
 *
 *     serve-storm SECONDS SEED CAP-BYTES LOG COMMAND…
 *
 * COMMAND starts the server; it says "listening on http://HOST:PORT" on its stderr, which goes to
 * LOG. Prints lines "ok TEXT" and "not ok TEXT".
 *
 * Each key belongs to one client, which alone writes it, one version after the other. What was sent
 * and what was acknowledged stands in memory that outlives the clients. An upload that was not
 * answered may still be stored while that server lives, so its key is not written again before the
 * next one, or for half a minute.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/parse.h"
#include "key/key.h"
#include "wire.h"

#define CLIENTS   8u
#define SLOTS     640u
#define VALUE_MAX ((size_t)2 << 20)
#define HEAD_SIZE 24u
#define PAGE      4096u
#define OPEN_MS   30000u // by then an upload without an answer is stored, or never will be
#define PARTS     16u    // generations of a store at its cap

/** A key, and what happened to it. */
struct slot {
    _Atomic uint64_t sent;       /**< latest version that was sent, perhaps not whole */
    _Atomic uint64_t acked;      /**< latest version acknowledged; 0: none */
    _Atomic uint64_t at;         /**< position when that one was sent */
    _Atomic uint64_t open_epoch; /**< server that may still store what it has not answered */
    _Atomic uint64_t open_ms;    /**< since when */
};

/** What all processes share. */
struct shared {
    _Atomic uint32_t port;     /**< of the server; 0: there is none */
    _Atomic uint64_t epoch;    /**< servers started */
    _Atomic uint64_t position; /**< bytes that uploads may have taken in the store so far */
    _Atomic bool is_over;      /**< clients are to end */
    _Atomic uint64_t gets;     /**< values read and compared */
    _Atomic uint64_t misses;   /**< answers 404 that are right */
    _Atomic uint64_t puts;     /**< uploads acknowledged */
    _Atomic uint64_t refused;  /**< uploads told to come again, or too large */
    _Atomic uint64_t broken;   /**< requests without an answer */
    _Atomic uint64_t lost;     /**< acknowledged and not there */
    _Atomic uint64_t wrong;    /**< served what it must not */
    _Atomic uint64_t odd;      /**< other answers */
    struct slot slots[SLOTS];
};

static struct shared *shared;
static uint64_t window; // bytes within which nothing may be lost
static bool has_failed;

static void report(bool is_good, const char *format, ...) SJ_PRINTF(2, 3);

static void report(bool is_good, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)fputs(is_good ? "ok " : "not ok ", stdout);
    (void)vprintf(format, list);
    (void)putchar('\n');
    (void)fflush(stdout);
    va_end(list);
    has_failed = has_failed || !is_good;
}

static void complain(const char *format, ...) SJ_PRINTF(1, 2);

// A line for whoever looks for the bug; the counters make the test fail.
static void complain(const char *format, ...)
{
    va_list list;
    char text[256];
    va_start(list, format);
    int len = vsnprintf(text, sizeof text - 1, format, list);
    va_end(list);
    text[len] = '\n';
    (void)!write(STDERR_FILENO, text, (size_t)len + 1);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

// Length and bytes follow from key and version.
static size_t make_value(uint64_t slot, uint64_t version, char *data)
{
    uint64_t state = mix(slot << 32 ^ version);
    uint64_t draw = next_random(&state);
    size_t len = HEAD_SIZE;
    if (draw % 10 < 6) {
        len += (draw >> 8) % 8192;
    } else if (draw % 10 < 9) {
        len += (draw >> 8) % 131072;
    } else {
        len += (draw >> 8) % (VALUE_MAX - HEAD_SIZE);
    }
    sj_put_u64(data, slot);
    sj_put_u64(data + 8, version);
    sj_put_u64(data + 16, len);
    for (size_t i = HEAD_SIZE; i < len; i += 8) {
        char word[8];
        sj_put_u64(word, next_random(&state));
        memcpy(data + i, word, len - i < 8 ? len - i : 8);
    }
    return len;
}

static bool is_object(uint64_t slot)
{
    return slot % 4 == 3;
}

static void target_of(uint64_t slot, const char *data, size_t len, char out[128])
{
    char hex[SJ_KEY_HEX_SIZE];
    struct sj_key key;
    switch (slot % 4) {
    case 0:
        (void)snprintf(out, 128, "/ac/%064" PRIx64, slot);
        break;
    case 1:
        (void)snprintf(out, 128, "/v1/cache/%" PRIu64, slot);
        break;
    case 2:
        (void)snprintf(out, 128, "/cache/storm/%032" PRIx64, slot);
        break;
    default:
        key = sj_key_of(data, len);
        sj_key_hex(&key, hex);
        (void)snprintf(out, 128, "/v1/default/object/%s", hex);
    }
}

/** A client's own. */
struct client {
    unsigned number;
    uint64_t random;
    struct wire wire;
    char *data; /**< VALUE_MAX bytes */
    char *made; /**< and as many to compare with */
};

// A connection to the server that there is now; false: the client is to end.
static bool reach(struct client *client)
{
    while (client->wire.fd < 0 || client->wire.is_eof) {
        wire_close(&client->wire);
        if (atomic_load(&shared->is_over)) {
            return false;
        }
        struct wire_peer peer = {.host = "127.0.0.1", .port = (uint16_t)atomic_load(&shared->port)};
        if (peer.port == 0 || wire_open(&peer, 0, &client->wire) < 0) {
            wire_pause(5);
        }
    }
    return true;
}

static void put(struct client *client, uint64_t number)
{
    struct slot *slot = &shared->slots[number];
    uint64_t epoch = atomic_load(&shared->epoch);
    bool is_open = atomic_load(&slot->open_epoch) == epoch &&
                   wire_now_ms() - atomic_load(&slot->open_ms) < OPEN_MS;
    if (is_open || !reach(client)) {
        return;
    }
    uint64_t version = atomic_load(&slot->sent) + 1;
    size_t len = make_value(number, version, client->data);
    char target[128];
    target_of(number, client->data, len, target);
    uint64_t at = atomic_fetch_add(&shared->position, (len + 2 * PAGE) / PAGE * PAGE);
    atomic_store(&slot->open_ms, wire_now_ms());
    atomic_store(&slot->open_epoch, epoch);
    atomic_store(&slot->sent, version);
    bool gives_up = next_random(&client->random) % 32 == 0;
    if (gives_up) {
        char head[256];
        (void)snprintf(head, sizeof head,
                       "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", target, len);
        (void)wire_sends(&client->wire, head);
        (void)wire_send(&client->wire, client->data, len / 2, WIRE_WAIT_MS);
        wire_close(&client->wire);
        atomic_store(&slot->open_epoch, 0); // half of a body must never be stored
        return;
    }
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_exchange(&client->wire, "PUT", target, "", client->data, len, &answer);
    if (status >= 200 && status <= 204) {
        // In this order: who reads both and finds the same version afterwards has not got the
        // position of a later one.
        atomic_store(&slot->acked, version);
        atomic_store(&slot->at, at);
        atomic_store(&slot->open_epoch, 0);
        atomic_fetch_add(&shared->puts, 1);
    } else if (status == 503 || status == 403 || status == 413) {
        atomic_store(&slot->open_epoch, 0);
        atomic_fetch_add(&shared->refused, 1);
    } else if (status == 0 || status == -EPIPE) {
        atomic_fetch_add(&shared->broken, 1);
        wire_close(&client->wire);
    } else {
        atomic_fetch_add(&shared->odd, 1);
        complain("PUT %s of %zu bytes: %d %s", target, len, status, sj_buf_text(&answer.body));
        wire_close(&client->wire);
    }
}

// Whether a body is a version that may be served.
static bool is_right(struct client *client, uint64_t number, uint64_t least,
                     const struct sj_buf *body)
{
    if (body->len < HEAD_SIZE || sj_get_u64(body->data) != number) {
        return false;
    }
    uint64_t version = sj_get_u64(body->data + 8);
    if (version < least || version > atomic_load(&shared->slots[number].sent)) {
        return false;
    }
    size_t len = make_value(number, version, client->made);
    return len == body->len && memcmp(client->made, body->data, len) == 0;
}

static void get(struct client *client, uint64_t number)
{
    struct slot *slot = &shared->slots[number];
    if (!reach(client)) {
        return;
    }
    uint64_t acked = atomic_load(&slot->acked);
    uint64_t at = atomic_load(&slot->at);
    if (acked != atomic_load(&slot->acked)) {
        return;
    }
    size_t len = 0;
    if (is_object(number)) {
        if (acked == 0) {
            return;
        }
        len = make_value(number, acked, client->data);
    }
    char target[128];
    target_of(number, client->data, len, target);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_exchange(&client->wire, "GET", target, "", NULL, 0, &answer);
    if (status == 404) {
        uint64_t since = atomic_load(&shared->position) - at;
        if (acked > 0 && since < window) {
            atomic_fetch_add(&shared->lost, 1);
            complain("GET %s: version %" PRIu64 " is lost, %" PRIu64 " bytes later", target, acked,
                     since);
        } else {
            atomic_fetch_add(&shared->misses, 1);
        }
    } else if (status == 200) {
        bool is_good = is_right(client, number, acked, &answer.body);
        atomic_fetch_add(is_good ? &shared->gets : &shared->wrong, 1);
        if (!is_good) {
            complain("GET %s: wrong, %zu bytes, version %" PRIu64 ", acknowledged %" PRIu64
                     ", sent %" PRIu64,
                     target, answer.body.len,
                     answer.body.len >= HEAD_SIZE ? sj_get_u64(answer.body.data + 8) : 0, acked,
                     atomic_load(&slot->sent));
        }
    } else if (status == 0 || status == -EPIPE) {
        atomic_fetch_add(&shared->broken, 1);
        wire_close(&client->wire);
    } else {
        atomic_fetch_add(&shared->odd, 1);
        complain("GET %s: %d %s", target, status, sj_buf_text(&answer.body));
        wire_close(&client->wire);
    }
}

_Noreturn static void run_client(unsigned number, uint64_t seed)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    struct client client = {.number = number,
                            .random = seed,
                            .wire = {.fd = -1},
                            .data = malloc(VALUE_MAX),
                            .made = malloc(VALUE_MAX)};
    while (!atomic_load(&shared->is_over)) {
        uint64_t draw = next_random(&client.random);
        uint64_t slot = (draw >> 8) % SLOTS;
        if (draw % 10 < 4) {
            put(&client, slot / CLIENTS * CLIENTS + number);
        } else if (draw % 10 < 5) {
            // What is asked for again and again is copied forward before it is evicted.
            get(&client, slot % 64);
        } else {
            get(&client, slot);
        }
        if (draw % 200 == 7) {
            wire_close(&client.wire);
        }
    }
    _exit(0);
}

/** The server, and what is to be said of it. */
struct server {
    char **command;
    const char *log_path;
    pid_t pid;
    uint64_t slowest_ms;  /**< from exec until it listens */
    uint64_t memory_max;  /**< most bytes seen */
    unsigned starts;      /**< how many */
    uint64_t drain_ms;    /**< longest from SIGTERM to the end */
    unsigned bad_endings; /**< told to end and not ended by themselves, or ended unasked */
};

static uint32_t port_in(const char *path, off_t from)
{
    char text[4096];
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, from);
    if (len <= 0) {
        return 0;
    }
    text[len] = '\0';
    const char *at = strstr(text, "listening on http://127.0.0.1:");
    char digits[8] = "";
    uint64_t port = 0;
    if (at && strchr(at, '\n')) {
        at = strstr(at, "127.0.0.1:") + strlen("127.0.0.1:");
        (void)snprintf(digits, sizeof digits, "%.*s", (int)strspn(at, "0123456789"), at);
    }
    return sj_parse_u64(digits, UINT16_MAX, &port) == 0 ? (uint32_t)port : 0;
}

static bool start_server(struct server *server)
{
    int fd = open(server->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    off_t from = lseek(fd, 0, SEEK_END);
    // A new server may begin a new generation, whatever is left of the one before.
    atomic_fetch_add(&shared->position, window * 3 / PARTS);
    uint64_t from_ms = wire_now_ms();
    server->pid = fork();
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(fd, STDERR_FILENO);
        (void)execvp(server->command[0], server->command);
        _exit(127);
    }
    (void)close(fd);
    uint32_t port = 0;
    while ((port = port_in(server->log_path, from)) == 0) {
        if (wire_now_ms() - from_ms > 60000 || waitpid(server->pid, NULL, WNOHANG) != 0) {
            return false;
        }
        wire_pause(2);
    }
    uint64_t took_ms = wire_now_ms() - from_ms;
    server->slowest_ms = took_ms > server->slowest_ms ? took_ms : server->slowest_ms;
    server->starts++;
    atomic_fetch_add(&shared->epoch, 1);
    atomic_store(&shared->port, port);
    return true;
}

static void end_server(struct server *server, int signal_number)
{
    int status = 0;
    uint64_t from_ms = wire_now_ms();
    atomic_store(&shared->port, 0);
    (void)kill(server->pid, signal_number);
    (void)waitpid(server->pid, &status, 0);
    uint64_t took_ms = wire_now_ms() - from_ms;
    server->drain_ms = took_ms > server->drain_ms ? took_ms : server->drain_ms;
    bool is_good = signal_number == SIGKILL ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                                            : WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_good) {
        complain("the server ended with wait status %#x", (unsigned)status);
    }
    server->bad_endings += !is_good;
}

static pid_t clients[CLIENTS];

static void start_client(unsigned number, uint64_t seed)
{
    clients[number] = fork();
    if (clients[number] == 0) {
        run_client(number, seed);
    }
}

static void end_clients(void)
{
    atomic_store(&shared->is_over, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        (void)waitpid(clients[i], NULL, 0);
    }
}

// Lets it run for a while, with clients killed now and then.
static void run_for(struct server *server, uint64_t ms, uint64_t *random)
{
    for (uint64_t until_ms = wire_now_ms() + ms; wire_now_ms() < until_ms;) {
        uint64_t left_ms = until_ms - wire_now_ms();
        wire_pause((unsigned)(left_ms < 100 ? left_ms : 100));
        uint64_t memory = wire_memory_of(server->pid);
        server->memory_max = memory > server->memory_max ? memory : server->memory_max;
        uint64_t draw = next_random(random);
        if (draw % 4 == 0) {
            unsigned number = (unsigned)(draw >> 8) % CLIENTS;
            (void)kill(clients[number], SIGKILL);
            (void)waitpid(clients[number], NULL, 0);
            start_client(number, draw);
        }
    }
}

// Everything that should still be there, in one go.
static void check_all(void)
{
    struct client client = {
        .wire = {.fd = -1}, .data = malloc(VALUE_MAX), .made = malloc(VALUE_MAX)};
    uint64_t held = 0;
    for (uint64_t i = 0; i < SLOTS; i++) {
        uint64_t since = atomic_load(&shared->position) - atomic_load(&shared->slots[i].at);
        held += atomic_load(&shared->slots[i].acked) > 0 && since < window;
        get(&client, i);
    }
    report(held > 0, "%" PRIu64 " of %u keys must be there at the end", held, SLOTS);
    wire_close(&client.wire);
    free(client.data);
    free(client.made);
}

static void conclude(const struct server *server)
{
    report(atomic_load(&shared->lost) == 0,
           "nothing acknowledged is lost: %" PRIu64 " of %" PRIu64 " uploads",
           atomic_load(&shared->lost), atomic_load(&shared->puts));
    report(atomic_load(&shared->wrong) == 0, "nothing wrong is served: %" PRIu64 " of %" PRIu64,
           atomic_load(&shared->wrong), atomic_load(&shared->gets));
    report(atomic_load(&shared->odd) == 0, "no other answers: %" PRIu64, atomic_load(&shared->odd));
    report(server->bad_endings == 0, "%u of %u servers ended otherwise than they were told to",
           server->bad_endings, server->starts);
    report(atomic_load(&shared->puts) > 0 && atomic_load(&shared->gets) > 0,
           "%" PRIu64 " stored, %" PRIu64 " read, %" PRIu64 " not there, %" PRIu64
           " refused, %" PRIu64 " unanswered",
           atomic_load(&shared->puts), atomic_load(&shared->gets), atomic_load(&shared->misses),
           atomic_load(&shared->refused), atomic_load(&shared->broken));
    report(true,
           "%u starts, the slowest %" PRIu64 " ms, ends at most %" PRIu64 " ms; %" PRIu64
           " MiB written; memory at most %" PRIu64 " KiB",
           server->starts, server->slowest_ms, server->drain_ms,
           atomic_load(&shared->position) >> 20, server->memory_max >> 10);
}

// One server for the last part of the time: its memory must not grow.
static void run_steady(struct server *server, uint64_t ms, uint64_t *random)
{
    run_for(server, ms / 3, random);
    server->memory_max = 0;
    run_for(server, ms / 3, random);
    uint64_t before = server->memory_max;
    server->memory_max = 0;
    run_for(server, ms / 3, random);
    report(server->memory_max <= before + before / 4 + (8u << 20),
           "memory is flat: at most %" PRIu64 " KiB, then %" PRIu64, before >> 10,
           server->memory_max >> 10);
}

static bool storm(struct server *server, uint64_t seconds, uint64_t seed)
{
    uint64_t random = seed;
    uint64_t until_ms = wire_now_ms() + seconds * 750;
    for (unsigned i = 0; i < CLIENTS; i++) {
        start_client(i, next_random(&random));
    }
    while (wire_now_ms() < until_ms) {
        if (!start_server(server)) {
            return false;
        }
        uint64_t draw = next_random(&random);
        run_for(server, 50 + draw % 2000, &random);
        end_server(server, draw >> 32 & 3 ? SIGKILL : SIGTERM);
    }
    if (!start_server(server)) {
        return false;
    }
    run_steady(server, seconds * 250, &random);
    end_clients();
    atomic_store(&shared->is_over, false);
    check_all();
    end_server(server, SIGTERM);
    return true;
}

int main(int argc, char **argv)
{
    uint64_t seconds = 0;
    uint64_t seed = 0;
    uint64_t cap = 0;
    if (argc < 6 || sj_parse_u64(argv[1], 1000000, &seconds) < 0 ||
        sj_parse_u64(argv[2], UINT64_MAX, &seed) < 0 ||
        sj_parse_u64(argv[3], UINT64_MAX, &cap) < 0) {
        (void)fputs("usage: serve-storm SECONDS SEED CAP-BYTES LOG COMMAND...\n", stderr);
        return 2;
    }
    window = cap / 3;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return 1;
    }
    struct server server = {.command = argv + 5, .log_path = argv[4]};
    bool is_started = storm(&server, seconds, seed);
    report(is_started, "the server starts after every end");
    if (!is_started) {
        end_clients();
    }
    conclude(&server);
    return has_failed;
}
