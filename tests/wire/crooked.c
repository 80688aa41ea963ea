// SPDX-License-Identifier: Apache-2.0
// A server that lies: hands requests on to a real one and gives its answers back changed.
// usage: serve-crooked MODE HOST:PORT     prints the port that it listens on
//   bits      one bit of every object and result is another one
//   cut       the second half of an answer's body is missing, and its length says so
//   short     … and its length does not say so
//   endless   an answer of zeros that never ends
//   page      a page for people
//   redirect  to another server
//   garbage   no HTTP at all
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "store/frame.h"

#define MESSAGE_MAX ((size_t)64 << 20)

static struct sockaddr_in real;
static const char *mode;

// A request or an answer: its head ends behind the empty line.
struct message {
    struct sj_buf bytes;
    size_t head;
};

static size_t body_len(const struct message *message)
{
    const char *at = strcasestr(sj_buf_text(&message->bytes), "\r\ncontent-length: ");
    uint64_t len = 0;
    if (at && at < message->bytes.data + message->head) {
        at += strlen("\r\ncontent-length: ");
        SJ_AUTO(sj_auto_free) char *digits = sj_strndup(at, strcspn(at, "\r"));
        (void)sj_parse_u64(digits, MESSAGE_MAX, &len);
    }
    return (size_t)len;
}

static bool read_message(int fd, struct message *message)
{
    message->bytes = SJ_BUF_INIT(MESSAGE_MAX);
    message->head = 0;
    for (size_t want = 0; message->head == 0 || message->bytes.len < want;) {
        char data[16384];
        ssize_t got = read(fd, data, sizeof data);
        if (got <= 0) {
            return false;
        }
        sj_buf_add(&message->bytes, data, (size_t)got);
        const char *end = memmem(message->bytes.data, message->bytes.len, "\r\n\r\n", 4);
        if (end) {
            message->head = (size_t)(end + 4 - message->bytes.data);
            want = message->head + body_len(message);
        }
    }
    return true;
}

static void change_bits(struct message *answer)
{
    char *at = answer->bytes.data + answer->head;
    const char *end = answer->bytes.data + answer->bytes.len;
    while (end - at >= SJ_FRAME_HEAD_SIZE) {
        size_t len = sj_get_u32(at + 8);
        bool is_changed = *at == SJ_FRAME_OBJECT || *at == SJ_FRAME_RESULT;
        at += SJ_FRAME_HEAD_SIZE;
        if (len == 0 || (size_t)(end - at) < len) {
            break;
        }
        // The last byte of a result is of an output that is part of it, or of a length.
        at[len - 1] ^= is_changed ? 1 : 0;
        at += len;
    }
}

static bool send_text(int fd, const char *text)
{
    return sj_fd_write(fd, text, strlen(text)) == 0;
}

static bool send_endless(int fd)
{
    static const char zeros[65536];
    if (!send_text(fd, "HTTP/1.1 200 OK\r\n\r\n")) {
        return false;
    }
    while (sj_fd_write(fd, zeros, sizeof zeros) == 0) {
    }
    return false;
}

static bool send_cut(int fd, const struct message *answer, bool is_told)
{
    size_t body = (answer->bytes.len - answer->head) / 2;
    SJ_AUTO(sj_auto_free)
    char *head = sj_asprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                             is_told ? body : 2 * body + 1);
    return send_text(fd, head) && sj_fd_write(fd, answer->bytes.data + answer->head, body) == 0 &&
           is_told;
}

// False: the connection is over.
static bool answer_client(int fd, struct message *answer)
{
    if (strcmp(mode, "endless") == 0) {
        return send_endless(fd);
    }
    if (strcmp(mode, "page") == 0) {
        return send_text(fd,
                         "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 45\r\n\r\n"
                         "<html><body>Please log in first</body></html>");
    }
    if (strcmp(mode, "redirect") == 0) {
        return send_text(fd, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n"
                             "Content-Length: 0\r\n\r\n");
    }
    if (strcmp(mode, "garbage") == 0) {
        return send_text(fd, "\x01\x02\x03 what is this?\n") && false;
    }
    if (strcmp(mode, "cut") == 0 || strcmp(mode, "short") == 0) {
        return send_cut(fd, answer, mode[0] == 'c');
    }
    change_bits(answer);
    return sj_fd_write(fd, answer->bytes.data, answer->bytes.len) == 0;
}

static void *serve(void *user)
{
    int client = *(int *)user;
    free(user);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_open = connect(server, (const struct sockaddr *)&real, sizeof real) == 0;
    while (is_open) {
        struct message request = {0};
        struct message answer = {0};
        is_open = read_message(client, &request) &&
                  sj_fd_write(server, request.bytes.data, request.bytes.len) == 0 &&
                  read_message(server, &answer) && answer_client(client, &answer);
        sj_buf_release(&request.bytes);
        sj_buf_release(&answer.bytes);
    }
    (void)close(server);
    (void)close(client);
    return NULL;
}

static int read_address(const char *text)
{
    const char *colon = strchr(text, ':');
    uint64_t port;
    if (!colon || sj_parse_u64(colon + 1, 65535, &port) < 0) {
        return -1;
    }
    SJ_AUTO(sj_auto_free) char *host = sj_strndup(text, (size_t)(colon - text));
    real = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &real.sin_addr) == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
    if (argc != 3 || read_address(argv[2]) < 0) {
        return 2;
    }
    mode = argv[1];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof own;
    if (bind(fd, (const struct sockaddr *)&own, sizeof own) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&own, &len) < 0) {
        return 1;
    }
    (void)printf("%u\n", (unsigned)ntohs(own.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int *client = sj_new(int);
        *client = accept(fd, NULL, NULL);
        pthread_t thread;
        if (*client < 0 || pthread_create(&thread, NULL, serve, client) != 0) {
            return 1;
        }
        (void)pthread_detach(thread);
    }
}
