// SPDX-License-Identifier: Apache-2.0
#include "server/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/json.h"
#include "base/mem.h"

/** Bytes that wait for the writer at most. */
#define QUEUE_MAX ((size_t)1 << 20)

/** The writer lets lines gather for so long, so that a busy server wakes it seldom. */
#define GATHER_MS 50

/** How long a pipe may be full before its lines are dropped. */
#define PIPE_WAIT_MS 1000

/** Most bytes of one text from outside in a line; a target is shorter anyway. */
#define TEXT_MAX 2048

struct sj_access_log {
    char *path; /**< to open again; NULL: stderr */
    bool is_json;
    pthread_t writer;
    pthread_mutex_t lock;  /**< guards all that follows */
    pthread_cond_t wake;   /**< lines are there, or it is closing */
    struct sj_buf queue;   /**< lines that wait */
    uint64_t queued_lines; /**< how many they are */
    uint64_t dropped;      /**< lines that found no room or could not be written */
    bool is_closing;
    int fd; /**< the writer uses it without the lock: only reopen replaces it, by dup3() */
};

/** Quotes and backslashes are not: a reader need not know of escapes to find a field's end. */
static bool is_plain(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

static void add_escaped(struct sj_buf *out, const char *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len;) {
        size_t from = i;
        while (i < len && is_plain((unsigned char)data[i])) {
            i++;
        }
        sj_buf_add(out, data + from, i - from);
        if (i < len) {
            unsigned char byte = (unsigned char)data[i++];
            const char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            sj_buf_add(out, escaped, sizeof escaped);
        }
    }
}

/** A text from outside, or "-". */
static void add_field(struct sj_buf *out, const char *text)
{
    if (!text || text[0] == '\0') {
        sj_buf_addc(out, '-');
        return;
    }
    add_escaped(out, text, strnlen(text, TEXT_MAX));
}

static void split_time(uint64_t time_ns, struct tm *out)
{
    time_t seconds = (time_t)(time_ns / SJ_NS_PER_S);
    *out = (struct tm){.tm_mday = 1, .tm_year = 70};
    (void)gmtime_r(&seconds, out);
}

/** Day/month/year:time, whose month names no locale changes. */
static void add_common_time(struct sj_buf *out, uint64_t time_ns)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm at;
    split_time(time_ns, &at);
    sj_buf_addf(out, "[%02d/%s/%04d:%02d:%02d:%02d +0000]", at.tm_mday, months[at.tm_mon],
                at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

/** RFC 3339, with microseconds. */
static void add_json_time(struct sj_json *json, uint64_t time_ns)
{
    struct tm at;
    split_time(time_ns, &at);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(64);
    sj_buf_addf(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%06luZ", at.tm_year + 1900, at.tm_mon + 1,
                at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
                (unsigned long)(time_ns % SJ_NS_PER_S / 1000));
    sj_json_str(json, "time", sj_buf_text(&text));
}

/** host ident authuser [date] "request" status bytes */
static void format_common(const struct sj_request_note *note, struct sj_buf *out)
{
    add_field(out, note->address);
    sj_buf_adds(out, " - ");
    add_field(out, note->token);
    sj_buf_addc(out, ' ');
    add_common_time(out, note->start_ns);
    sj_buf_adds(out, " \"");
    add_field(out, note->method_name);
    sj_buf_addc(out, ' ');
    add_field(out, note->target);
    sj_buf_addf(out, " HTTP/1.1\" %u ", note->status ? note->status : SJ_STATUS_GONE);
    if (note->sent_bytes > 0) {
        sj_buf_addf(out, "%llu\n", (unsigned long long)note->sent_bytes);
    } else {
        sj_buf_adds(out, "-\n");
    }
}

static void add_json_text(struct sj_json *json, const char *name, const char *text)
{
    if (text && text[0] != '\0') {
        sj_json_strn(json, name, text, strnlen(text, TEXT_MAX));
    }
}

static void format_json(const struct sj_request_note *note, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    add_json_time(&json, note->start_ns);
    add_json_text(&json, "address", note->address);
    add_json_text(&json, "token", note->token);
    sj_json_str(&json, "protocol", sj_protocol_name(note->protocol));
    if (note->space.len > 0) {
        sj_json_strn(&json, "namespace", note->space.data, note->space.len);
    }
    add_json_text(&json, "method", note->method_name);
    add_json_text(&json, "target", note->target);
    sj_json_u64(&json, "status", note->status ? note->status : SJ_STATUS_GONE);
    sj_json_u64(&json, "received_bytes", note->received_bytes);
    sj_json_u64(&json, "sent_bytes", note->sent_bytes);
    sj_json_u64(&json, "duration_us", note->wall_ns / 1000);
    add_json_text(&json, "agent", note->agent);
    add_json_text(&json, "referer", note->referer);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

void sj_access_log_format(const struct sj_request_note *note, bool is_json, struct sj_buf *out)
{
    if (is_json) {
        format_json(note, out);
    } else {
        format_common(note, out);
    }
}

/** A line that says how many are missing, of a form that readers of the log can parse. */
static void format_dropped(uint64_t count, bool is_json, struct sj_buf *out)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    if (!is_json) {
        sj_buf_adds(out, "- - - ");
        add_common_time(out, now_ns);
        sj_buf_addf(out, " \"- dropped=%llu -\" 000 -\n", (unsigned long long)count);
        return;
    }
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    add_json_time(&json, now_ns);
    sj_json_u64(&json, "dropped", count);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

/** Write to what may be a full pipe; it is given up after a while, since the server must end. */
static int write_patiently(int fd, const char *data, size_t len)
{
    struct stat there;
    bool is_file = fstat(fd, &there) == 0 && S_ISREG(there.st_mode);
    while (len > 0) {
        struct pollfd want = {.fd = fd, .events = POLLOUT};
        int ready = poll(&want, 1, PIPE_WAIT_MS);
        if (ready == 0) {
            return -EAGAIN;
        }
        // A pipe that is ready takes this many bytes without making a blocking write wait. Whole
        // lines, as others may write to it, too.
        size_t part = is_file || len < PIPE_BUF ? len : PIPE_BUF;
        const char *end = memrchr(data, '\n', part);
        part = end ? (size_t)(end - data) + 1 : part;
        ssize_t wrote = ready < 0 ? -1 : write(fd, data, part);
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
            return -errno;
        }
        if (wrote > 0) {
            data += wrote;
            len -= (size_t)wrote;
        }
    }
    return 0;
}

/** Let lines gather. @return false: closing, and nothing is left. Called with the lock. */
static bool wait_for_lines(struct sj_access_log *log)
{
    while (log->queue.len == 0 && !log->is_closing) {
        (void)pthread_cond_wait(&log->wake, &log->lock);
    }
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + GATHER_MS * SJ_NS_PER_MS;
    int status = 0;
    while (!log->is_closing && log->queue.len < QUEUE_MAX / 2 && status == 0) {
        status = sj_cond_wait_until(&log->wake, &log->lock, until_ns);
    }
    return log->queue.len > 0;
}

static void *write_lines(void *user)
{
    struct sj_access_log *log = user;
    SJ_AUTO(sj_buf_release) struct sj_buf lines = SJ_BUF_INIT(2 * QUEUE_MAX);
    bool is_torn = false;
    // Signals are for others, and a pipe that nobody reads any more is no reason to die.
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);

    (void)pthread_mutex_lock(&log->lock);
    while (wait_for_lines(log)) {
        struct sj_buf taken = log->queue;
        uint64_t count = log->queued_lines;
        uint64_t dropped = log->dropped;
        log->queue = lines;
        log->queued_lines = 0;
        log->dropped = 0;
        (void)pthread_mutex_unlock(&log->lock);

        lines = taken;
        if (dropped > 0) {
            format_dropped(dropped, log->is_json, &lines);
        }
        // What failed may have ended within a line.
        int status = is_torn ? write_patiently(log->fd, "\n", 1) : 0;
        status = status == 0 ? write_patiently(log->fd, lines.data, lines.len) : status;
        is_torn = status < 0;
        sj_buf_clear(&lines);

        (void)pthread_mutex_lock(&log->lock);
        log->dropped += status < 0 ? count + dropped : 0;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return NULL;
}

/** @return descriptor or a negative errno */
static int open_file(const char *path)
{
    // Without O_NONBLOCK a FIFO that nobody reads would stop the server.
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    return fd < 0 ? -errno : fd;
}

int sj_access_log_open(const char *path, bool is_json, struct sj_access_log **out,
                       struct sj_err *err)
{
    bool is_stderr = strcmp(path, "-") == 0;
    SJ_AUTO(sj_auto_close)
    int fd = is_stderr ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(path);
    if (is_stderr && fd < 0) {
        fd = -errno;
    }
    if (fd < 0) {
        return sj_fail(err, fd, "cannot open the access log '%s'", path);
    }

    struct sj_access_log *log = sj_new(struct sj_access_log);
    log->path = is_stderr ? NULL : sj_strdup(path);
    log->is_json = is_json;
    log->queue = SJ_BUF_INIT(2 * QUEUE_MAX);
    (void)pthread_mutex_init(&log->lock, NULL);
    sj_cond_init(&log->wake);
    log->fd = sj_take_fd(&fd);
    int failure = pthread_create(&log->writer, NULL, write_lines, log);
    if (failure != 0) {
        log->is_closing = true;
        (void)close(log->fd);
        (void)pthread_cond_destroy(&log->wake);
        (void)pthread_mutex_destroy(&log->lock);
        free(log->path);
        free(log);
        return sj_fail(err, -failure, "cannot start the writer of the access log");
    }
    *out = log;
    return 0;
}

void sj_access_log_close(struct sj_access_log *log)
{
    if (!log) {
        return;
    }
    (void)pthread_mutex_lock(&log->lock);
    log->is_closing = true;
    (void)pthread_cond_signal(&log->wake);
    (void)pthread_mutex_unlock(&log->lock);
    (void)pthread_join(log->writer, NULL);

    (void)close(log->fd);
    sj_buf_release(&log->queue);
    (void)pthread_cond_destroy(&log->wake);
    (void)pthread_mutex_destroy(&log->lock);
    free(log->path);
    free(log);
}

int sj_access_log_reopen(struct sj_access_log *log)
{
    if (!log || !log->path) {
        return 0;
    }
    SJ_AUTO(sj_auto_close) int fd = open_file(log->path);
    if (fd < 0) {
        return fd;
    }
    // The number stays the same, so the writer needs no lock while it writes.
    return dup3(fd, log->fd, O_CLOEXEC) < 0 ? -errno : 0;
}

void sj_access_log_note(struct sj_access_log *log, const struct sj_request_note *note)
{
    if (!log) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf line = SJ_BUF_INIT((size_t)64 << 10);
    sj_access_log_format(note, log->is_json, &line);

    (void)pthread_mutex_lock(&log->lock);
    size_t before = log->queue.len;
    if (line.is_full || before + line.len > QUEUE_MAX) {
        log->dropped++;
    } else {
        sj_buf_add(&log->queue, line.data, line.len);
        log->queued_lines++;
        if (before == 0 || (before < QUEUE_MAX / 2 && log->queue.len >= QUEUE_MAX / 2)) {
            (void)pthread_cond_signal(&log->wake);
        }
    }
    (void)pthread_mutex_unlock(&log->lock);
}
