// SPDX-License-Identifier: Apache-2.0
#include "wrap/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/agent_path.h"
#include "wrap/detach.h"

#define ANSWER_MAX  ((size_t)64 << 10) // bytes of an answer's head and of a body that is read
#define RETRY_MS    5                  // between two looks whether the agent listens by now
#define DOWN_S      10                 // first pause; each further one is three times as long
#define DOWN_LEVELS 4                  // pauses do not grow beyond the fourth
#define START_LEAST 2000               // ms that a start may take, whatever remote_timeout says

static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

// Wait until a descriptor is ready. 0 or -ETIMEDOUT.
static int wait_for(int fd, short events, uint64_t until_ms)
{
    for (;;) {
        uint64_t now = now_ms();
        if (now >= until_ms) {
            return -ETIMEDOUT;
        }
        struct pollfd poll_fd = {.fd = fd, .events = events};
        uint64_t left = until_ms - now;
        int ready = poll(&poll_fd, 1, left > 60000 ? 60000 : (int)left);
        if (ready > 0) {
            return 0;
        }
        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

// A path that is too long for a socket's address is named by way of its directory.
static int make_address(const char *path, struct sockaddr_un *out, int *dir_fd)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len < sizeof out->sun_path) {
        memcpy(out->sun_path, path, len + 1);
        return 0;
    }
    const char *slash = strrchr(path, '/');
    SJ_AUTO(sj_auto_free) char *dir = sj_strndup(path, (size_t)(slash - path));
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir_fd < 0) {
        return -errno;
    }
    int printed =
        snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d%s", *dir_fd, slash);
    return printed > 0 && (size_t)printed < sizeof out->sun_path ? 0 : -ENAMETOOLONG;
}

// A connection to the agent, or a negative errno.
static int connect_agent(const struct sj_config *config, uint64_t until_ms)
{
    SJ_AUTO(sj_auto_free) char *path = sj_agent_socket_path(config);
    SJ_AUTO(sj_auto_close) int dir_fd = -1;
    struct sockaddr_un address;
    int status = make_address(path, &address, &dir_fd);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_auto_close)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    while (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        // EAGAIN: more wait there already than it listens for.
        if (errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        if (now_ms() >= until_ms) {
            return -ETIMEDOUT;
        }
        (void)poll(NULL, 0, RETRY_MS);
    }
    return sj_take_fd(&fd);
}

static int send_all(int fd, const void *data, size_t len, uint64_t until_ms)
{
    const char *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            at += sent;
            len -= (size_t)sent;
        } else if (errno == EAGAIN) {
            int status = wait_for(fd, POLLOUT, until_ms);
            if (status < 0) {
                return status;
            }
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

// The status of "HTTP/1.1 200 OK"; 0: the line is not whole yet.
static int read_status(const struct sj_buf *answer)
{
    static const char version[] = "HTTP/1.1 ";
    const size_t digits = sizeof version - 1;
    const char *text = sj_buf_text(answer);
    size_t most = answer->len < digits ? answer->len : digits;
    if (memcmp(text, version, most) != 0) {
        return -EPROTO;
    }
    if (answer->len < digits + 4) {
        return 0;
    }
    int status = 0;
    for (size_t i = digits; i < digits + 3; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -EPROTO;
        }
        status = status * 10 + (text[i] - '0');
    }
    bool is_fit =
        status >= 100 && status < 600 && (text[digits + 3] == ' ' || text[digits + 3] == '\r');
    return is_fit ? status : -EPROTO;
}

// Read until the status is known, or, where the body is wanted, to the end.
static int receive(int fd, bool is_whole, uint64_t until_ms, struct sj_buf *answer)
{
    for (;;) {
        int status = read_status(answer);
        if (status < 0 || (status > 0 && !is_whole)) {
            return status;
        }
        char chunk[4096];
        ssize_t got = recv(fd, chunk, sizeof chunk, 0);
        if (got == 0) {
            return status > 0 ? status : answer->len > 0 ? -EPROTO : -ECONNRESET;
        }
        if (got > 0) {
            sj_buf_add(answer, chunk, (size_t)got);
            if (answer->is_full) {
                return -EPROTO;
            }
        } else if (errno == EAGAIN) {
            int ready = wait_for(fd, POLLIN, until_ms);
            if (ready < 0) {
                return ready;
            }
        } else if (errno != EINTR) {
            return -errno;
        }
    }
}

int sj_agent_ask(const struct sj_config *config, const char *method, const char *target,
                 const void *body, size_t len, uint64_t timeout_ms, struct sj_buf *answer)
{
    uint64_t until_ms = now_ms() + timeout_ms;
    SJ_AUTO(sj_auto_close) int fd = connect_agent(config, until_ms);
    if (fd < 0) {
        return fd;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf request = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&request,
                "%s %s HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                method, target, len);
    sj_buf_add(&request, body, len);
    int status = send_all(fd, request.data, request.len, until_ms);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf whole = SJ_BUF_INIT(ANSWER_MAX);
    status = receive(fd, answer != NULL, until_ms, &whole);
    if (status > 0 && answer) {
        const char *end = memmem(sj_buf_text(&whole), whole.len, "\r\n\r\n", 4);
        if (!end) {
            return -EPROTO;
        }
        sj_buf_add(answer, end + 4, whole.len - (size_t)(end + 4 - whole.data));
    }
    return status;
}

static bool is_listening(const struct sj_config *config)
{
    SJ_AUTO(sj_auto_close) int fd = connect_agent(config, 0);
    return fd >= 0 || fd == -ETIMEDOUT;
}

// Where a program that has just been started says by its end that it will not come up.
static bool has_ended(int life_fd)
{
    struct pollfd poll_fd = {.fd = life_fd, .events = POLLIN};
    return life_fd >= 0 && poll(&poll_fd, 1, RETRY_MS) > 0;
}

static int fail_start(int status, struct sj_err *err)
{
    return sj_fail_plain(err, status,
                         "the agent cannot be started, so nothing is shared for now; "
                         "'scrubjay serve --agent' says why");
}

// Wait until it listens. Whoever gets the lock starts it; the lock is kept until it is up, or known
// to be down.
static int start(const struct sj_config *config, char *const *env, int lock, uint64_t until_ms,
                 struct sj_err *err)
{
    SJ_AUTO(sj_auto_close) int life_fd = -1;
    bool is_mine = false;
    while (!is_listening(config)) {
        if (!is_mine && flock(lock, LOCK_EX | LOCK_NB) == 0) {
            is_mine = true;
            if (sj_agent_is_down(config)) {
                return fail_start(-EHOSTDOWN, err);
            }
            if (is_listening(config)) {
                return 0;
            }
            int status = sj_spawn_agent(config, env, &life_fd);
            if (status < 0) {
                sj_agent_set_down(config, false);
                return fail_start(status, err);
            }
        }
        bool is_over = has_ended(life_fd) && !is_listening(config);
        if (is_over || now_ms() >= until_ms) {
            sj_agent_set_down(config, !is_over);
            return fail_start(is_over ? -ECHILD : -ETIMEDOUT, err);
        }
        if (life_fd < 0) {
            (void)poll(NULL, 0, RETRY_MS);
        }
    }
    return 0;
}

int sj_agent_start(const struct sj_config *config, char *const *env, struct sj_err *err)
{
    if (is_listening(config)) {
        return 0;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_agent_path(config, "lock");
    SJ_AUTO(sj_auto_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return sj_fail(err, -errno, "cannot open '%s'", path);
    }
    uint64_t span_ms = config->remote_timeout_ms;
    span_ms = span_ms > START_LEAST ? span_ms : START_LEAST;
    return start(config, env, lock, now_ms() + span_ms, err);
}

// The mark's size counts how often it was set in a row, its time says when.
static bool read_down(const char *path, off_t *level)
{
    struct stat st;
    *level = 0;
    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    *level = st.st_size;
    uint64_t pause_s = DOWN_S;
    for (off_t i = 1; i < st.st_size && i < DOWN_LEVELS; i++) {
        pause_s *= 3;
    }
    uint64_t now_s = sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S;
    uint64_t since_s = (uint64_t)st.st_mtime;
    return now_s >= since_s && now_s - since_s < pause_s;
}

bool sj_agent_is_down(const struct sj_config *config)
{
    SJ_AUTO(sj_auto_free) char *path = sj_agent_path(config, "down");
    off_t level;
    return read_down(path, &level);
}

void sj_agent_set_down(const struct sj_config *config, bool is_costly)
{
    SJ_AUTO(sj_auto_free) char *path = sj_agent_path(config, "down");
    off_t level;
    if (read_down(path, &level)) {
        return; // of many that wait in vain at one time, the first says so
    }
    SJ_AUTO(sj_auto_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        off_t next = level < DOWN_LEVELS ? level + 1 : DOWN_LEVELS;
        next = is_costly ? next : 1;
        int status = ftruncate(fd, next);
        // A size that stays the same does not change the time.
        status = status == 0 ? futimens(fd, NULL) : status;
        (void)status; // without the mark the next compile waits, too
    }
}

void sj_agent_set_up(const struct sj_config *config)
{
    SJ_AUTO(sj_auto_free) char *path = sj_agent_path(config, "down");
    (void)unlink(path);
}
