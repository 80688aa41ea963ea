// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/str.h"

#define BODY_MAX ((size_t)512 << 20)
#define HEAD_MAX ((size_t)64 << 10)

uint64_t wire_now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

void wire_pause(unsigned ms)
{
    (void)poll(NULL, 0, (int)ms);
}

// Waits for the socket; false when the time is over.
static bool wait_for(int fd, short events, uint64_t until_ms)
{
    for (;;) {
        uint64_t now_ms = wire_now_ms();
        struct pollfd item = {.fd = fd, .events = events};
        int ready = poll(&item, 1, now_ms < until_ms ? (int)(until_ms - now_ms) : 0);
        if (ready > 0) {
            return true;
        }
        if (ready == 0 || errno != EINTR) {
            return false;
        }
    }
}

int wire_open(const struct wire_peer *peer, int rcvbuf, struct wire *out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
    if (inet_pton(AF_INET, peer->host, &address.sin_addr) != 1) {
        return -EINVAL;
    }
    SJ_AUTO(sj_auto_close)
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (rcvbuf > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EINPROGRESS) {
            return -errno;
        }
        int failure = 0;
        socklen_t size = sizeof failure;
        if (!wait_for(fd, POLLOUT, wire_now_ms() + WIRE_WAIT_MS)) {
            return -ETIMEDOUT;
        }
        (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
        if (failure != 0) {
            return -failure;
        }
    }
    *out = (struct wire){.fd = sj_take_fd(&fd), .in = SJ_BUF_INIT(BODY_MAX)};
    return 0;
}

void wire_close(struct wire *wire)
{
    if (!wire) {
        return;
    }
    sj_auto_close(&wire->fd);
    wire->fd = -1;
    sj_buf_release(&wire->in);
}

// Takes what is there without waiting.
static void take_in(struct wire *wire)
{
    for (;;) {
        char *at = sj_buf_reserve(&wire->in, 65536);
        ssize_t got = at ? recv(wire->fd, at, 65536, 0) : -1;
        if (got > 0) {
            wire->in.len += (size_t)got;
            wire->in.data[wire->in.len] = '\0';
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            wire->is_eof = true;
        }
        if (got == 0 || errno != EINTR) {
            return;
        }
    }
}

// Takes more; 0, -EPIPE (no more comes) or -ETIMEDOUT.
static int more(struct wire *wire, uint64_t until_ms)
{
    size_t before = wire->in.len;
    take_in(wire);
    while (wire->in.len == before && !wire->is_eof) {
        if (!wait_for(wire->fd, POLLIN, until_ms)) {
            return -ETIMEDOUT;
        }
        take_in(wire);
    }
    return wire->in.len == before ? -EPIPE : 0;
}

int wire_send(struct wire *wire, const void *data, size_t len, int wait_ms)
{
    const char *at = data;
    uint64_t until_ms = wire_now_ms() + (uint64_t)wait_ms;
    while (len > 0) {
        ssize_t sent = send(wire->fd, at, len, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            len -= (size_t)sent;
        } else if (errno == EAGAIN) {
            if (!wait_for(wire->fd, POLLOUT, until_ms)) {
                return -ETIMEDOUT;
            }
        } else if (errno != EINTR) {
            return -EPIPE;
        }
    }
    return 0;
}

int wire_sends(struct wire *wire, const char *text)
{
    return wire_send(wire, text, strlen(text), WIRE_WAIT_MS);
}

static void consume(struct wire *wire, size_t len)
{
    memmove(wire->in.data, wire->in.data + len, wire->in.len - len + 1);
    wire->in.len -= len;
}

bool wire_header(const struct wire_answer *answer, const char *name, char *out, size_t size)
{
    const char *line = strstr(sj_buf_text(&answer->head), "\r\n");
    for (; line && line[2]; line = strstr(line + 2, "\r\n")) {
        const char *value = line + 2;
        size_t len = strlen(name);
        if (strncasecmp(value, name, len) != 0) {
            continue;
        }
        value += len;
        value += strspn(value, " \t");
        len = strcspn(value, "\r\n");
        (void)snprintf(out, size, "%.*s", (int)len, value);
        return true;
    }
    return false;
}

// A line of a chunked body: its length, or -EBADMSG.
static int64_t chunk_size(const char *line)
{
    int64_t size = 0;
    int digits = 0;
    for (; isxdigit((unsigned char)line[digits]); digits++) {
        char c = (char)tolower((unsigned char)line[digits]);
        size = size * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
        if (size > (int64_t)BODY_MAX) {
            return -EBADMSG;
        }
    }
    return digits ? size : -EBADMSG;
}

static int read_chunked(struct wire *wire, uint64_t until_ms, struct sj_buf *body)
{
    for (;;) {
        char *end = NULL;
        while (!wire->in.data || !(end = strstr(wire->in.data, "\r\n"))) {
            int status = more(wire, until_ms);
            if (status < 0) {
                return status;
            }
        }
        int64_t size = chunk_size(wire->in.data);
        if (size < 0) {
            return -EBADMSG;
        }
        consume(wire, (size_t)(end - wire->in.data) + 2);
        while (wire->in.len < (size_t)size + 2) {
            int status = more(wire, until_ms);
            if (status < 0) {
                return status;
            }
        }
        sj_buf_add(body, wire->in.data, (size_t)size);
        consume(wire, (size_t)size + 2);
        if (size == 0) {
            return 0;
        }
    }
}

static int read_body(struct wire *wire, uint64_t until_ms, struct wire_answer *out)
{
    char text[64];
    if (wire_header(out, "transfer-encoding:", text, sizeof text)) {
        return read_chunked(wire, until_ms, &out->body);
    }
    uint64_t len = 0;
    bool has_length = wire_header(out, "content-length:", text, sizeof text);
    if (has_length && sj_parse_u64(text, BODY_MAX, &len) < 0) {
        return -EBADMSG;
    }
    while (has_length ? wire->in.len < len : !wire->is_eof) {
        int status = more(wire, until_ms);
        if (status < 0 && (has_length || status != -EPIPE)) {
            return status;
        }
    }
    len = has_length ? len : wire->in.len;
    sj_buf_add(&out->body, wire->in.data, len);
    consume(wire, len);
    return 0;
}

int wire_answer(struct wire *wire, bool is_head, int wait_ms, struct wire_answer *out)
{
    uint64_t until_ms = wire_now_ms() + (uint64_t)wait_ms;
    wire_answer_release(out);
    *out = (struct wire_answer){.head = SJ_BUF_INIT(HEAD_MAX), .body = SJ_BUF_INIT(BODY_MAX)};
    char *end = NULL;
    while (!wire->in.data || !(end = strstr(wire->in.data, "\r\n\r\n"))) {
        int status = more(wire, until_ms);
        if (status == -EPIPE && wire->in.len == 0) {
            return 0;
        }
        if (status < 0) {
            return status;
        }
        if (wire->in.len > HEAD_MAX && !strstr(wire->in.data, "\r\n\r\n")) {
            return -EBADMSG;
        }
    }
    size_t head_len = (size_t)(end - wire->in.data) + 2;
    sj_buf_add(&out->head, wire->in.data, head_len);
    consume(wire, head_len + 2);
    const char *text = sj_skip_prefix(sj_buf_text(&out->head), "HTTP/1.");
    if (!text || !isdigit((unsigned char)text[0]) || text[1] != ' ') {
        return -EBADMSG;
    }
    char digits[4] = {text[2], text[3], text[4], '\0'};
    uint64_t status = 0;
    if (sj_parse_u64(digits, 999, &status) < 0) {
        return -EBADMSG;
    }
    out->status = (int)status;
    if (!is_head && status >= 200 && status != 204 && status != 304) {
        int failure = read_body(wire, until_ms, out);
        if (failure < 0) {
            return failure;
        }
    }
    return out->status;
}

void wire_answer_release(struct wire_answer *answer)
{
    if (answer) {
        sj_buf_release(&answer->head);
        sj_buf_release(&answer->body);
    }
}

bool wire_is_closed(struct wire *wire, int wait_ms)
{
    uint64_t until_ms = wire_now_ms() + (uint64_t)wait_ms;
    while (!wire->is_eof) {
        if (more(wire, until_ms) == -ETIMEDOUT) {
            return false;
        }
    }
    return true;
}

int wire_exchange(struct wire *wire, const char *method, const char *target, const char *headers,
                  const void *body, size_t len, struct wire_answer *out)
{
    SJ_AUTO(wire_answer_release) struct wire_answer own = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf head = SJ_BUF_INIT(HEAD_MAX);
    sj_buf_addf(&head, "%s %s HTTP/1.1\r\nHost: x\r\n%s", method, target, headers);
    if (body) {
        sj_buf_addf(&head, "Content-Length: %zu\r\n", len);
    }
    sj_buf_adds(&head, "\r\n");
    // What a server answers before it has read the body is read all the same.
    int sent = wire_send(wire, head.data, head.len, WIRE_WAIT_MS);
    if (sent == 0 && body) {
        sent = wire_send(wire, body, len, WIRE_WAIT_MS);
    }
    int status = wire_answer(wire, strcmp(method, "HEAD") == 0, WIRE_WAIT_MS, out ? out : &own);
    return status == 0 && sent < 0 ? sent : status;
}

int wire_request(const struct wire_peer *peer, const char *method, const char *target,
                 const char *headers, const void *body, size_t len, struct wire_answer *out)
{
    struct wire wire;
    int status = wire_open(peer, 0, &wire);
    if (status == 0) {
        status = wire_exchange(&wire, method, target, headers, body, len, out);
        wire_close(&wire);
    }
    return status;
}

uint64_t wire_memory_of(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    SJ_AUTO(sj_auto_fclose) FILE *file = fopen(path, "re");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *value = sj_skip_prefix(line, "RssAnon:");
        if (value) {
            value += strspn(value, " \t");
            char digits[24];
            (void)snprintf(digits, sizeof digits, "%.*s", (int)strspn(value, "0123456789"), value);
            uint64_t kib = 0;
            (void)sj_parse_u64(digits, UINT64_MAX >> 10, &kib);
            return kib << 10;
        }
    }
    return 0;
}

unsigned wire_sockets_of(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir(path);
    unsigned count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char target[64] = "";
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        count += len > 0 && sj_skip_prefix(target, "socket:[") != NULL;
    }
    return count;
}
