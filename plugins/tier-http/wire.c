// SPDX-License-Identifier: Apache-2.0
#include "tier-http/wire.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tier-http/frames.h"

#define CONNECTIONS_MAX 8L
#define POLL_MS         1000
#define SPACE_MAX       64 /**< bytes of a namespace's name */
#define HEADER_MAX      1024

/** One request under way. */
struct transfer {
    struct transfer *next;
    struct wire *wire;
    struct job *job;
    CURL *easy;
    struct frame_reader reader;
};

struct wire {
    char *base;  /**< what requests begin with */
    char *space; /**< namespace */
    struct sj_tier_options options;
    char *agent;
    struct curl_slist *headers;
    CURLM *multi;
    struct transfer *transfers; /**< under way; the thread's */
    pthread_t thread;
    pthread_mutex_t lock; /**< guards what follows */
    struct job *jobs;     /**< that wait, in order */
    struct job **jobs_at; /**< where the next is hung */
    bool is_ending;
};

// A namespace's name: [a-z0-9][a-z0-9._-]{0,63}.
static bool is_space(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > SPACE_MAX ||
        !(islower((unsigned char)*name) || isdigit((unsigned char)*name))) {
        return false;
    }
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

int wire_split_url(const char *url, char **base, char **space)
{
    const char *host = strstr(url, "://");
    if (!host || host[3] == '\0' || host[3] == '/' || strpbrk(url, "?# \t\r\n")) {
        return -EINVAL;
    }
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/') {
        len--;
    }
    const char *slash = memrchr(host + 3, '/', len - (size_t)(host + 3 - url));
    const char *end = slash ? slash : url + len;
    char *name = slash ? strndup(slash + 1, len - (size_t)(slash + 1 - url)) : strdup("default");
    char *front = strndup(url, (size_t)(end - url));
    if (!name || !front || !is_space(name)) {
        int status = name && front ? -EINVAL : -ENOMEM;
        free(name);
        free(front);
        return status;
    }
    *base = front;
    *space = name;
    return 0;
}

static int status_of_code(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return 0;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_COULDNT_CONNECT:
        return -ECONNREFUSED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return -EHOSTUNREACH;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return -ECONNRESET;
    default:
        return -EPROTO;
    }
}

static int status_of_answer(long answer, enum step_kind kind)
{
    if (answer >= 200 && answer < 300) {
        return 0;
    }
    switch (answer) {
    case 401:
    case 403:
        return -EACCES;
    case 404:
        return kind == STEP_HEAD ? 0 : -ENOENT;
    case 409:
        return -ESTALE;
    case 413:
        return -EFBIG;
    case 422:
        return -EINVAL;
    case 429:
    case 503:
        return -EAGAIN;
    case 507:
        return -ENOSPC;
    default:
        return answer >= 500 ? -EIO : -EPROTO;
    }
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    const struct job *job = transfer->job;
    long answer = 0;
    size_t len = size * count;
    if (job->steps[job->at].kind != STEP_BATCH) {
        return len; // what an upload answers is told by its status
    }
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer);
    if (answer != 200) {
        return len;
    }
    return frame_reader_feed(&transfer->reader, data, len) == 0 ? len : 0;
}

static const char *kind_name(enum sj_tier_kind kind)
{
    static const char *const names[] = {
        [SJ_TIER_OBJECT] = "object",
        [SJ_TIER_RESULT] = "result",
        [SJ_TIER_PATHSET] = "pathset",
        [SJ_TIER_TRAIL] = "trail",
    };
    return kind >= SJ_TIER_OBJECT && kind <= SJ_TIER_TRAIL ? names[kind] : "none";
}

static char *url_of(const struct wire *wire, const struct step *step)
{
    static const char *const places[] = {
        [STEP_BATCH] = "batch", [STEP_UPLOAD] = "upload", [STEP_RECORD] = "record"};
    char *url = NULL;
    int len;
    if (step->kind == STEP_HEAD) {
        char hex[2 * SJ_TIER_KEY_SIZE + 1];
        for (size_t i = 0; i < SJ_TIER_KEY_SIZE; i++) {
            (void)snprintf(hex + 2 * i, 3, "%02x", step->name.key[i]);
        }
        len = asprintf(&url, "%s/v1/%s/%s/%s", wire->base, wire->space, kind_name(step->name.kind),
                       hex);
    } else {
        len = asprintf(&url, "%s/v1/%s/%s", wire->base, wire->space, places[step->kind]);
    }
    return len < 0 ? NULL : url;
}

static void set_request(CURL *easy, const struct step *step)
{
    if (step->kind == STEP_HEAD) {
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (const char *)step->body);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)step->len);
    }
}

static void set_options(const struct wire *wire, struct transfer *transfer, uint64_t left_ms)
{
    CURL *easy = transfer->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    // Never: the token must not reach another host.
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)wire->options.connect_timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, wire->agent);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, wire->headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L << 10);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
}

static void say(const struct wire *wire, const char *what, const char *why)
{
    char text[256];
    if (wire->options.log) {
        (void)snprintf(text, sizeof text, "%s: %s", what, why);
        wire->options.log(text, wire->options.user);
    }
}

// Make the job's next request, or end the job.
static void start_step(struct wire *wire, struct job *job)
{
    uint64_t now = now_ms();
    if (job->at >= job->count || now >= job->deadline_ms) {
        job_end(job, job->at >= job->count ? 0 : -ETIMEDOUT);
        return;
    }
    const struct step *step = &job->steps[job->at];
    struct transfer *transfer = calloc(1, sizeof *transfer);
    char *url = url_of(wire, step);
    CURL *easy = curl_easy_init();
    if (!transfer || !url || !easy) {
        free(transfer);
        free(url);
        curl_easy_cleanup(easy);
        job_end(job, -ENOMEM);
        return;
    }
    *transfer = (struct transfer){
        .next = wire->transfers,
        .wire = wire,
        .job = job,
        .easy = easy,
        .reader = {.max_bytes = wire->options.max_bytes, .found = job->found, .user = job->user}};
    set_options(wire, transfer, job->deadline_ms - now);
    set_request(easy, step);
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    free(url);
    wire->transfers = transfer;
    (void)curl_multi_add_handle(wire->multi, easy);
}

static void drop_transfer(struct wire *wire, struct transfer *transfer)
{
    struct transfer **at = &wire->transfers;
    while (*at != transfer) {
        at = &(*at)->next;
    }
    *at = transfer->next;
    (void)curl_multi_remove_handle(wire->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    frame_reader_release(&transfer->reader);
    free(transfer);
}

static void note_head(const struct job *job, long answer)
{
    const struct sj_tier_value value = {.name = job->steps[job->at].name};
    if (answer == 200) {
        job->found(&value, job->user);
    }
}

static void end_transfer(struct wire *wire, struct transfer *transfer, CURLcode code)
{
    struct job *job = transfer->job;
    enum step_kind kind = job->steps[job->at].kind;
    long answer = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer);
    int status = status_of_code(code);
    if (status == 0) {
        status = status_of_answer(answer, kind);
    }
    if (status == 0 && kind == STEP_BATCH && !frame_reader_is_whole(&transfer->reader)) {
        status = -EPROTO;
    }
    if (status < 0) {
        char number[32];
        (void)snprintf(number, sizeof number, "HTTP status %ld", answer);
        say(wire, "request failed", code == CURLE_OK ? number : curl_easy_strerror(code));
    }
    if (status == 0 && kind == STEP_HEAD) {
        note_head(job, answer);
    }
    drop_transfer(wire, transfer);
    if (status < 0) {
        job_end(job, status);
        return;
    }
    job->at++;
    start_step(wire, job);
}

static struct job *take_jobs(struct wire *wire, bool *is_ending)
{
    (void)pthread_mutex_lock(&wire->lock);
    struct job *jobs = wire->jobs;
    wire->jobs = NULL;
    wire->jobs_at = &wire->jobs;
    *is_ending = wire->is_ending;
    (void)pthread_mutex_unlock(&wire->lock);
    return jobs;
}

static void cancel_all(struct wire *wire, struct job *jobs)
{
    while (jobs) {
        struct job *job = jobs;
        jobs = job->next;
        job_end(job, -ECANCELED);
    }
    while (wire->transfers) {
        struct job *job = wire->transfers->job;
        drop_transfer(wire, wire->transfers);
        job_end(job, -ECANCELED);
    }
}

static void *run(void *user)
{
    struct wire *wire = user;
    for (;;) {
        bool is_ending;
        struct job *jobs = take_jobs(wire, &is_ending);
        if (is_ending) {
            cancel_all(wire, jobs);
            return NULL;
        }
        while (jobs) {
            struct job *job = jobs;
            jobs = job->next;
            start_step(wire, job);
        }
        int left;
        (void)curl_multi_perform(wire->multi, &left);
        for (const CURLMsg *msg; (msg = curl_multi_info_read(wire->multi, &left)) != NULL;) {
            struct transfer *transfer = NULL;
            CURLcode code = msg->data.result;
            (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            end_transfer(wire, transfer, code);
        }
        (void)curl_multi_poll(wire->multi, NULL, 0, POLL_MS, NULL);
    }
}

void wire_submit(struct wire *wire, struct job *job)
{
    (void)pthread_mutex_lock(&wire->lock);
    job->next = NULL;
    *wire->jobs_at = job;
    wire->jobs_at = &job->next;
    (void)pthread_mutex_unlock(&wire->lock);
    (void)curl_multi_wakeup(wire->multi);
}

static int add_header(struct wire *wire, const char *text)
{
    struct curl_slist *headers = curl_slist_append(wire->headers, text);
    if (!headers) {
        return -ENOMEM;
    }
    wire->headers = headers;
    return 0;
}

static int add_headers(struct wire *wire, const char *token)
{
    // No "Expect: 100-continue": it would cost a round trip for each upload.
    int status = add_header(wire, "Expect:");
    if (status == 0) {
        status = add_header(wire, "Content-Type: application/octet-stream");
    }
    if (status < 0 || !token) {
        return status;
    }
    char header[HEADER_MAX];
    int len = snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    bool is_fit = len > 0 && (size_t)len < sizeof header && !strpbrk(token, "\r\n");
    return is_fit ? add_header(wire, header) : -EINVAL;
}

static void free_wire(struct wire *wire)
{
    (void)curl_multi_cleanup(wire->multi);
    curl_slist_free_all(wire->headers);
    (void)pthread_mutex_destroy(&wire->lock);
    free(wire->agent);
    free(wire->base);
    free(wire->space);
    free(wire);
    curl_global_cleanup();
}

static int prepare(struct wire *wire, const struct sj_tier_options *options, const char **problem)
{
    *problem = "the URL should be http://HOST:PORT/NAMESPACE, the namespace in lower case";
    int status = wire_split_url(options->url, &wire->base, &wire->space);
    if (status < 0) {
        return status;
    }
    *problem = "the token is too long, or holds a line end";
    status = add_headers(wire, options->token);
    if (status < 0) {
        return status;
    }
    *problem = "no memory";
    wire->agent = strdup(options->agent);
    wire->multi = curl_multi_init();
    if (!wire->agent || !wire->multi) {
        return -ENOMEM;
    }
    (void)curl_multi_setopt(wire->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
    (void)curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
    (void)curl_multi_setopt(wire->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    *problem = "no thread can be started";
    return -pthread_create(&wire->thread, NULL, run, wire);
}

int wire_open(const struct sj_tier_options *options, struct wire **out, char *problem, size_t len)
{
    const char *why = "no memory";
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)snprintf(problem, len, "%s", "libcurl cannot be used");
        return -ENOMEM;
    }
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire) {
        curl_global_cleanup();
        return -ENOMEM;
    }
    (void)pthread_mutex_init(&wire->lock, NULL);
    wire->options = *options;
    wire->jobs_at = &wire->jobs;
    int status = prepare(wire, options, &why);
    if (status < 0) {
        (void)snprintf(problem, len, "%s", why);
        free_wire(wire);
        return status;
    }
    *out = wire;
    return 0;
}

void wire_close(struct wire *wire)
{
    (void)pthread_mutex_lock(&wire->lock);
    wire->is_ending = true;
    (void)pthread_mutex_unlock(&wire->lock);
    (void)curl_multi_wakeup(wire->multi);
    (void)pthread_join(wire->thread, NULL);
    free_wire(wire);
}
