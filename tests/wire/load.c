// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What tests/bench/serve.sh asks of a server beside wrk:
 *
 *     serve-load port                                 a free port below the ephemeral ones
 *     serve-load file FIRST COUNT SIZE DIRECTORY      values as files, for other servers
 *     serve-load fill HOST:PORT FIRST COUNT SIZE      PUT /ac/<64 digits>, 16 connections
 *     serve-load objects HOST:PORT COUNT SIZE         POST /v1/default/upload, 1,000 at a time
 *     serve-load check HOST:PORT FIRST COUNT SIZE     GET each and compare
 *     serve-load hold HOST:PORT NUMBER COUNT          idle connections, until standard input ends
 *     serve-load start HOST:PORT TARGET COMMAND…      milliseconds from exec to the first 200
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "key/key.h"
#include "wire.h"

#define SIZE_MAX_BYTES ((uint64_t)256 << 20)
#define FILLERS        16
#define UPLOAD_COUNT   1000

static struct wire_peer peer;

// Bytes that do not compress, other ones for each number.
static void make_value(uint64_t number, char *data, size_t size)
{
    uint64_t state = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        data[i] = (char)(state >> 32);
    }
}

static void target_of(uint64_t number, char out[96])
{
    (void)snprintf(out, 96, "/ac/%064" PRIx64, number);
}

static bool numbers(char **args, int count, uint64_t *out)
{
    for (int i = 0; i < count; i++) {
        if (!args[i] || sj_parse_u64(args[i], UINT64_MAX, &out[i]) < 0) {
            return false;
        }
    }
    return true;
}

static int find_port(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        SJ_AUTO(sj_auto_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        uint16_t port = (uint16_t)(10000 + ((unsigned)getpid() * 7 + i) % 20000);
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            (void)printf("%u\n", port);
            return 0;
        }
    }
    return 1;
}

static int write_files(char **args)
{
    uint64_t n[3];
    if (!numbers(args, 3, n) || n[2] > SIZE_MAX_BYTES || !args[3]) {
        return 2;
    }
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(n[2] + 1, 1);
    for (uint64_t i = n[0]; i < n[0] + n[1]; i++) {
        char path[512];
        char target[96];
        target_of(i, target);
        (void)snprintf(path, sizeof path, "%s%s", args[3], target);
        make_value(i, data, n[2]);
        SJ_AUTO(sj_auto_fclose) FILE *file = fopen(path, "we");
        if (!file || fwrite(data, 1, n[2], file) != n[2]) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

// Every FILLERS-th value, from one process.
static int fill_part(uint64_t first, uint64_t end, size_t size)
{
    struct wire wire = {.fd = -1};
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(size + 1, 1);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    for (uint64_t i = first; i < end; i += FILLERS) {
        char target[96];
        target_of(i, target);
        make_value(i, data, size);
        if (wire.fd < 0 && wire_open(&peer, 0, &wire) < 0) {
            return 1;
        }
        int status = wire_exchange(&wire, "PUT", target, "", data, size, &answer);
        if (status < 200 || status > 204) {
            (void)fprintf(stderr, "PUT %s: %d\n", target, status);
            return 1;
        }
    }
    wire_close(&wire);
    return 0;
}

static int fill(char **args)
{
    uint64_t n[3];
    if (!numbers(args, 3, n) || n[2] > SIZE_MAX_BYTES) {
        return 2;
    }
    for (uint64_t i = 0; i < FILLERS; i++) {
        if (fork() == 0) {
            _exit(fill_part(n[0] + i, n[0] + n[1], n[2]));
        }
    }
    int worst = 0;
    for (int status; wait(&status) > 0;) {
        worst = status ? 1 : worst;
    }
    return worst;
}

static void add_object(struct sj_buf *out, const char *data, size_t size)
{
    struct sj_key key = sj_key_of(data, size);
    sj_buf_addc(out, 1);
    sj_buf_addc(out, 0);
    sj_buf_add_u16(out, 0);
    sj_buf_add_u32(out, (uint32_t)size);
    sj_buf_add_u32(out, (uint32_t)size);
    sj_buf_add(out, key.bytes, sizeof key.bytes);
    sj_buf_add(out, data, size);
}

static int fill_objects(char **args)
{
    uint64_t n[2];
    if (!numbers(args, 2, n) || n[1] > 16384) {
        return 2;
    }
    struct wire wire;
    char data[16384];
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (wire_open(&peer, 0, &wire) < 0) {
        return 1;
    }
    for (uint64_t i = 0; i < n[0];) {
        sj_buf_clear(&body);
        for (int k = 0; k < UPLOAD_COUNT && i < n[0]; k++, i++) {
            make_value(i, data, n[1]);
            add_object(&body, data, n[1]);
        }
        int status =
            wire_exchange(&wire, "POST", "/v1/default/upload", "", body.data, body.len, &answer);
        if (status != 200) {
            (void)fprintf(stderr, "upload: %d %s\n", status, sj_buf_text(&answer.body));
            return 1;
        }
    }
    wire_close(&wire);
    return 0;
}

static int check(char **args)
{
    uint64_t n[3];
    if (!numbers(args, 3, n) || n[2] > SIZE_MAX_BYTES) {
        return 2;
    }
    struct wire wire;
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(n[2] + 1, 1);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    if (wire_open(&peer, 0, &wire) < 0) {
        return 1;
    }
    for (uint64_t i = n[0]; i < n[0] + n[1]; i++) {
        char target[96];
        target_of(i, target);
        make_value(i, data, n[2]);
        int status = wire_exchange(&wire, "GET", target, "", NULL, 0, &answer);
        if (status != 200 || answer.body.len != n[2] || memcmp(answer.body.data, data, n[2]) != 0) {
            (void)fprintf(stderr, "GET %s: %d, %zu bytes\n", target, status, answer.body.len);
            return 1;
        }
    }
    wire_close(&wire);
    return 0;
}

static int hold(char **args)
{
    uint64_t n[2];
    if (!numbers(args, 2, n) || n[1] > 100000) {
        return 2;
    }
    uint64_t count = n[1];
    SJ_AUTO(sj_auto_free) struct wire *wires = sj_calloc(count + 1, sizeof *wires);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    char target[96];
    target_of(n[0], target);
    for (uint64_t i = 0; i < count; i++) {
        int status = wire_open(&peer, 0, &wires[i]);
        status =
            status < 0 ? status : wire_exchange(&wires[i], "GET", target, "", NULL, 0, &answer);
        if (status != 200) {
            (void)fprintf(stderr, "connection %" PRIu64 ": %d\n", i, status);
            return 1;
        }
        sj_buf_release(&wires[i].in);
    }
    (void)puts("held");
    (void)fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}

static int start(char **args)
{
    if (!args[0] || !args[1]) {
        return 2;
    }
    pid_t pid = 0;
    uint64_t from_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int failure = posix_spawnp(&pid, args[1], NULL, NULL, args + 1, environ);
    if (failure) {
        return 1;
    }
    peer.pid = pid;
    struct timespec pause = {.tv_nsec = 200000};
    uint64_t took_ns = 0;
    for (; took_ns < 60 * SJ_NS_PER_S; took_ns = sj_clock_ns(CLOCK_MONOTONIC) - from_ns) {
        struct wire wire;
        if (wire_open(&peer, 0, &wire) == 0) {
            int status = wire_exchange(&wire, "GET", args[0], "", NULL, 0, NULL);
            wire_close(&wire);
            if (status == 200) {
                took_ns = sj_clock_ns(CLOCK_MONOTONIC) - from_ns;
                break;
            }
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)printf("%.1f %d\n", (double)took_ns / 1e6, (int)pid);
    return took_ns < 60 * SJ_NS_PER_S ? 0 : 1;
}

static bool parse_peer(char *text)
{
    char *colon = text ? strrchr(text, ':') : NULL;
    uint64_t port = 0;
    if (!colon || sj_parse_u64(colon + 1, UINT16_MAX, &port) < 0) {
        return false;
    }
    *colon = '\0';
    peer = (struct wire_peer){.host = text, .port = (uint16_t)port};
    return true;
}

static const struct {
    const char *name;
    int (*run)(char **args);
    bool has_peer;
} commands[] = {
    {"file", write_files, false}, {"fill", fill, true}, {"objects", fill_objects, true},
    {"check", check, true},       {"hold", hold, true}, {"start", start, true},
};

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "port") == 0) {
        return find_port();
    }
    for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            if (commands[i].has_peer && !parse_peer(argv[2])) {
                break;
            }
            return commands[i].run(argv + (commands[i].has_peer ? 3 : 2));
        }
    }
    (void)fputs("usage: serve-load COMMAND ARG...; its source tells more\n", stderr);
    return 2;
}
