// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/answer.h"
#include "server/crsh.h"
#include "server/page_desk.h"
#include "server/serving.h"

// Memory of libmicrohttpd for one connection: request line, headers, and a part of a body. It is
// zeroed after each request, so it is no larger than 4 KiB of headers and our answer's need.
#define CONNECTION_MEMORY 6144
#define BACKLOG           4096
#define FD_RESERVE        128 // for the store, logs and files that are sent
#define WORKERS           2
#define TICK_MS           500
#define QUEUE_BYTES       (UINT64_C(256) << 20)

/** A server's life. */
struct life {
    struct sj_server server;
    const struct sj_server_options *options;
    struct sj_listeners listeners;
    struct sj_daemon *daemons;
    size_t daemon_count;
    struct sj_crsh *crsh;
    int signals; // descriptor that tells of them
    char *tokens_path;
    char *spaces_path;
};

uint64_t sj_now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

SJ_PRINTF(2, 3) static void say(const struct life *life, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    life->options->say(text);
}

static uint64_t raise_fd_limit(void)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static bool all_are_loopback(const struct sj_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (!listeners->items[i].is_loopback) {
            return false;
        }
    }
    return true;
}

static unsigned anonymous_scopes(const struct life *life)
{
    unsigned setting = life->server.config->server.anonymous;
    if (life->server.is_agent || (setting == 0 && all_are_loopback(&life->listeners))) {
        return SJ_SCOPE_READ | SJ_SCOPE_WRITE | SJ_SCOPE_ADMIN;
    }
    unsigned scopes = setting & SJ_ANONYMOUS_READ ? SJ_SCOPE_READ : 0;
    scopes |= setting & SJ_ANONYMOUS_WRITE ? SJ_SCOPE_WRITE : 0;
    return scopes | (setting & SJ_ANONYMOUS_ADMIN ? SJ_SCOPE_ADMIN : 0);
}

// A dashboard for one user: nothing but pages, and nothing of what a server's settings say.
static bool is_local(const struct life *life)
{
    return life->options->page_key != NULL;
}

static int open_rules(struct life *life, struct sj_err *err)
{
    const struct sj_config *config = life->server.config;
    life->tokens_path = config->server.tokens ? sj_strdup(config->server.tokens)
                                              : sj_asprintf("%s/tokens", config->cache_dir);
    life->spaces_path = config->server.namespaces
                            ? sj_strdup(config->server.namespaces)
                            : sj_asprintf("%s/namespaces.conf", config->cache_dir);
    const struct sj_access_options options = {
        .tokens_path = life->tokens_path,
        .spaces_path = life->spaces_path,
        .anonymous = anonymous_scopes(life),
    };
    if (is_local(life)) {
        const struct sj_access_options none = {.tokens_path = "", .spaces_path = ""};
        return sj_access_open(&none, &life->server.access, err);
    }
    return sj_access_open(&options, &life->server.access, err);
}

static int open_parts(struct life *life, struct sj_err *err)
{
    struct sj_server *server = &life->server;
    const struct sj_server_config *config = &server->config->server;
    const struct sj_deadline_limits limits = {
        .header_ms = config->header_timeout_ms,
        .idle_ms = config->idle_timeout_ms,
        .body_ms = config->body_timeout_ms,
        .min_rate = config->min_rate ? config->min_rate : 1,
    };
    server->metrics = sj_metrics_new();
    server->deadlines = sj_deadlines_new(&limits);
    server->answers = sj_answers_new();
    server->worker = sj_worker_new(WORKERS);
    int status = open_rules(life, err);
    if (status == 0 && life->options->pages) {
        status = sj_desk_new(life->options, &server->desk, err);
    }
    if (status < 0 || is_local(life)) {
        return status;
    }
    if (config->tls_cert && !server->is_agent) {
        status = sj_tls_open(config, &server->tls, err);
    }
    if (status == 0 && config->access_log) {
        status = sj_access_log_open(
            config->access_log, config->access_log_format & SJ_ACCESS_LOG_JSON, &server->log, err);
    }
    return status;
}

static void drop_log(void *cls, const char *format, va_list args)
{
    // What libmicrohttpd says of its connections is what a client did; counters tell it. Only here
    // it tells that it could not accept one.
    struct sj_server *server = cls;
    (void)args;
    if (strstr(format, "resource limit")) {
        sj_metrics_count(server->metrics, SJ_COUNT_ACCEPT_FAILURES);
    }
}

static unsigned thread_count(const struct sj_server *server)
{
    if (server->config->server.threads > 0) {
        return (unsigned)server->config->server.threads;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool is_for_one = server->is_agent || (server->desk && sj_desk_is_local(server->desk));
    return is_for_one || cores < 1 ? 1 : (unsigned)cores;
}

static int start_daemon(struct life *life, const struct sj_listener *listener, struct sj_err *err)
{
    struct sj_server *server = &life->server;
    const struct sj_server_config *config = &server->config->server;
    struct sj_daemon *daemon = &life->daemons[life->daemon_count];
    *daemon = (struct sj_daemon){.server = server, .listener = listener};
    unsigned threads = thread_count(server);
    uint64_t most = server->fd_limit > 2 * FD_RESERVE ? server->fd_limit - FD_RESERVE : FD_RESERVE;
    most = config->max_connections < most ? config->max_connections : most;
    most = most < threads ? threads : most;
    struct sj_tls *tls = listener->is_unix ? NULL : server->tls;
    struct MHD_OptionItem options[24] = {0};
    size_t count = sj_request_options(daemon, options);
    const struct MHD_OptionItem more[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)drop_log, server},
        {MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, threads, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)most, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT,
         listener->is_loopback ? 0 : (intptr_t)config->max_connections_ip, NULL},
    };
    memcpy(options + count, more, sizeof more);
    count += sizeof more / sizeof more[0];
    count += sj_tls_options(tls, options + count);
    options[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     sj_tls_flags(tls);
    daemon->mhd = MHD_start_daemon(flags, 0, NULL, NULL, sj_request_step, daemon, MHD_OPTION_ARRAY,
                                   options, MHD_OPTION_END);
    if (!daemon->mhd) {
        return sj_fail_plain(err, -EIO, "cannot serve on '%s': libmicrohttpd did not start",
                             listener->name);
    }
    life->daemon_count++;
    return 0;
}

static int start_daemons(struct life *life, struct sj_err *err)
{
    life->daemons = sj_calloc(life->listeners.count, sizeof *life->daemons);
    int status = 0;
    for (size_t i = 0; status == 0 && i < life->listeners.count; i++) {
        status = start_daemon(life, &life->listeners.items[i], err);
    }
    return status;
}

static int open_listeners(struct life *life, struct sj_err *err)
{
    const char *socket = life->options->agent_socket;
    SJ_AUTO(sj_auto_free) char *text = socket ? sj_asprintf("unix:%s", socket) : NULL;
    int status =
        sj_listeners_open(text ? text : life->server.config->server.listen, &life->listeners, err);
    if (status == 0 && is_local(life) && !all_are_loopback(&life->listeners)) {
        status = sj_fail_plain(err, -EINVAL,
                               "the dashboard of one user listens on a loopback address only; "
                               "'scrubjay serve' has one for others");
    }
    return status;
}

// Opened behind the listener: after a power cut the index is made again, and that takes a while.
static int open_store(struct life *life, struct sj_err *err)
{
    struct sj_server *server = &life->server;
    const struct sj_config *config = server->config;
    if (is_local(life)) {
        return 0;
    }
    const struct sj_shared_options options = {
        .dir = config->cache_dir,
        .max_size_bytes = config->max_size,
        .max_queue_bytes = QUEUE_BYTES,
        .compression_level = (int)config->compression,
        .is_durable = config->server.durable && !server->is_agent,
    };
    struct sj_shared *shared = NULL;
    int status = sj_shared_open(&options, &shared, err);
    if (status < 0) {
        return status;
    }
    if (server->is_agent) {
        const struct sj_tiers_options tiers_options = {
            .config = config,
            .shared = shared,
            .agent = server->version,
        };
        struct sj_tiers *tiers = NULL;
        status = sj_tiers_open(&tiers_options, &tiers, err);
        if (status < 0) {
            sj_shared_close(shared);
            return status;
        }
        atomic_store(&server->tiers, tiers);
    }
    atomic_store(&server->shared, shared);
    if (!server->is_agent) {
        atomic_store(&server->ingester, sj_ingester_new(config, shared));
    }
    if (config->server.crsh_socket && !server->is_agent) {
        const struct sj_crsh_options crsh = {
            .path = config->server.crsh_socket,
            .shared = shared,
            .metrics = server->metrics,
            .access = server->access,
            .max_entry = config->server.max_entry,
            .idle_ms = config->server.idle_timeout_ms,
        };
        status = sj_crsh_open(&crsh, &life->crsh, err);
    }
    return status;
}

static void reload(struct life *life, bool is_asked)
{
    struct sj_err err = {0};
    int rules = sj_access_reload(life->server.access, &err);
    if (rules < 0) {
        say(life, "%s; what was in force stays", err.text);
    }
    int tls = sj_tls_reload(life->server.tls, &err);
    if (tls < 0) {
        say(life, "%s; the old certificate stays", err.text);
    }
    if (is_asked && life->server.log && sj_access_log_reopen(life->server.log) < 0) {
        say(life, "cannot open the access log again: it goes on where it was");
    }
    if (rules > 0 || tls > 0) {
        sj_metrics_count(life->server.metrics, SJ_COUNT_RELOADS);
    }
    if (is_asked || rules > 0 || tls > 0) {
        say(life, "settings of access read again");
    }
}

static bool is_idle(const struct life *life)
{
    const struct sj_server *server = &life->server;
    if (!server->is_agent || sj_server_requests(server) > 0) {
        return false;
    }
    struct sj_tiers_stat stat = {0};
    sj_tiers_stat(atomic_load(&server->tiers), &stat);
    return stat.queued == 0 &&
           sj_now_ms() - atomic_load(&server->last_request_ms) >= server->config->agent_idle_ms;
}

// What is due twice a second.
static void tick(struct life *life)
{
    struct sj_server *server = &life->server;
    uint64_t ended = sj_deadlines_sweep(server->deadlines, sj_now_ms());
    for (uint64_t i = 0; i < ended; i++) {
        sj_metrics_count(server->metrics, SJ_COUNT_DEADLINES);
    }
    sj_metrics_tick(server->metrics, sj_now_ms());
    reload(life, false);
    struct sj_tiers *tiers = atomic_load(&server->tiers);
    if (tiers) {
        sj_tiers_records(tiers);
    }
}

// Wait for signals and look after things. Returns when the server is to end.
static void look_after(struct life *life)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = life->signals, .events = POLLIN};
        struct signalfd_siginfo info;
        if (poll(&poll_fd, 1, TICK_MS) > 0 &&
            read(life->signals, &info, sizeof info) == (ssize_t)sizeof info) {
            if (info.ssi_signo != SIGHUP) {
                return;
            }
            reload(life, true);
        }
        tick(life);
        if (is_idle(life)) {
            return;
        }
    }
}

// Requests under way are answered; connections that wait for one are closed.
static void drain(struct life *life)
{
    struct sj_server *server = &life->server;
    atomic_store(&server->is_draining, true);
    // Before it stops to accept: who connects in between would wait for an answer that never comes.
    sj_listeners_hide(&life->listeners);
    sj_listeners_deafen(&life->listeners);
    uint64_t end_ms = sj_now_ms() + server->config->server.drain_timeout_ms;
    for (;;) {
        uint64_t busy = sj_deadlines_drain(server->deadlines);
        if ((busy == 0 && sj_server_requests(server) == 0) || sj_now_ms() >= end_ms) {
            break;
        }
        struct pollfd poll_fd = {.fd = life->signals, .events = POLLIN};
        if (poll(&poll_fd, 1, 10) > 0) {
            break; // told a second time
        }
    }
}

// Whoever works is waited for, and nobody begins: what they work with is about to go, and a
// suspended connection must not be left. Writes and tiers keep nobody waiting for long.
static void end_work(struct sj_server *server)
{
    atomic_store(&server->is_ending, true);
    while (sj_server_working(server) > 0) {
        (void)poll(NULL, 0, 1);
    }
}

static void release(struct life *life)
{
    struct sj_server *server = &life->server;
    struct sj_tiers *tiers = atomic_load(&server->tiers);
    struct sj_shared *shared = atomic_load(&server->shared);
    end_work(server);
    sj_crsh_close(life->crsh);
    sj_tiers_close(tiers);
    sj_worker_free(server->worker);
    sj_ingester_free(atomic_load(&server->ingester));
    for (size_t i = 0; i < life->daemon_count; i++) {
        MHD_stop_daemon(life->daemons[i].mhd);
        life->listeners.items[i].fd = -1; // it has closed that, too
    }
    sj_desk_free(server->desk); // requests that nobody answers any more have asked it until now
    sj_shared_close(shared);
    sj_listeners_release(&life->listeners);
    sj_access_log_close(server->log);
    sj_tls_close(server->tls);
    sj_access_close(server->access);
    sj_answers_free(server->answers);
    sj_deadlines_free(server->deadlines);
    sj_metrics_free(server->metrics);
    free(life->daemons);
    free(life->tokens_path);
    free(life->spaces_path);
    if (life->signals >= 0) {
        (void)close(life->signals);
    }
}

static int take_signals(struct life *life)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    // Before any thread starts, so that all of them have it.
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)sigdelset(&set, SIGPIPE);
    life->signals = signalfd(-1, &set, SFD_CLOEXEC);
    return life->signals < 0 ? -errno : 0;
}

static void say_ready(const struct life *life)
{
    const char *scheme = life->server.tls ? "https" : "http";
    for (size_t i = 0; i < life->listeners.count; i++) {
        const struct sj_listener *listener = &life->listeners.items[i];
        if (life->options->ready && !listener->is_unix) {
            SJ_AUTO(sj_auto_free) char *url = sj_asprintf("%s://%s", scheme, listener->name);
            life->options->ready(url);
        } else if (listener->is_unix) {
            say(life, "listening on %s", listener->name);
        } else {
            say(life, "listening on %s://%s", scheme, listener->name);
        }
    }
}

static int begin(struct life *life, struct sj_err *err)
{
    int status = take_signals(life);
    if (status < 0) {
        return sj_fail(err, status, "cannot wait for signals");
    }
    life->server.fd_limit = raise_fd_limit();
    status = open_listeners(life, err);
    status = status < 0 ? status : open_parts(life, err);
    status = status < 0 ? status : start_daemons(life, err);
    status = status < 0 ? status : open_store(life, err);
    return status;
}

int sj_server_run(const struct sj_server_options *options, struct sj_err *err)
{
    struct life life = {
        .server = {.config = options->config,
                   .version = options->version,
                   .is_agent = options->agent_socket != NULL,
                   .last_request_ms = sj_now_ms()},
        .options = options,
        .signals = -1,
    };
    int status = begin(&life, err);
    if (status == 0) {
        say_ready(&life);
        look_after(&life);
        drain(&life);
    }
    release(&life);
    return status;
}
