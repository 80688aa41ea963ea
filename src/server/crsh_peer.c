// SPDX-License-Identifier: Apache-2.0
#include "server/crsh_peer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/entry.h"

/** How often a connection reads before others have their turn. */
#define TURNS 32

/** A value that is too large is passed over up to this length; beyond it the connection ends. */
#define PASS_MAX (UINT64_C(4) << 30)

/** What sj_write_blob() takes. */
#define BLOB_MAX ((uint64_t)2 << 30)

/** Bytes that one sendfile() may send. */
#define SEND_MAX ((size_t)1 << 20)

#define TEXT_MAX (sizeof "ccache/" + 2 * SJ_CRSH_KEY_MAX)

static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

static void add_out(struct sj_crsh_peer *peer, const void *data, size_t len)
{
    memcpy(peer->out + peer->out_len, data, len);
    peer->out_len += len;
}

static void add_byte(struct sj_crsh_peer *peer, unsigned char byte)
{
    add_out(peer, &byte, 1);
}

static void add_message(struct sj_crsh_peer *peer, const char *text)
{
    size_t len = strnlen(text, UCHAR_MAX);
    add_byte(peer, (unsigned char)len);
    add_out(peer, text, len);
}

static void answer(struct sj_crsh_peer *peer, enum sj_crsh_status status, unsigned http_status)
{
    add_byte(peer, (unsigned char)status);
    peer->status = http_status;
}

static void fail(struct sj_crsh_peer *peer, unsigned http_status, const char *text)
{
    answer(peer, SJ_CRSH_ERROR, http_status);
    add_message(peer, text);
}

struct sj_crsh_peer *sj_crsh_peer_new(struct sj_crsh_service *service, int fd)
{
    static const unsigned char greeting[] = {SJ_CRSH_VERSION, 3, 0, 1, 2};
    struct sj_crsh_peer *peer = sj_new(struct sj_crsh_peer);
    peer->service = service;
    peer->fd = fd;
    peer->active_ms = now_ms();
    add_out(peer, greeting, sizeof greeting);
    return peer;
}

static void drop_value(struct sj_crsh_peer *peer)
{
    sj_buf_release(&peer->value);
    peer->service->value_bytes -= peer->reserved;
    peer->reserved = 0;
}

/** The request has ended, well or badly. */
static void end_request(struct sj_crsh_peer *peer, unsigned status)
{
    static const struct {
        unsigned method;
        const char *name;
    } methods[] = {
        [SJ_CRSH_GET] = {SJ_METHOD_GET, "GET"},
        [SJ_CRSH_PUT] = {SJ_METHOD_PUT, "PUT"},
        [SJ_CRSH_REMOVE] = {SJ_METHOD_DELETE, "DELETE"},
        [SJ_CRSH_STOP] = {0, "STOP"},
        [SJ_CRSH_INFO] = {0, "INFO"},
        [SJ_CRSH_EXISTS] = {SJ_METHOD_HEAD, "HEAD"},
    };
    if (peer->start_ns == 0) {
        return;
    }
    enum sj_crsh_op op = sj_crsh_op(&peer->parser);
    bool is_known = op <= SJ_CRSH_EXISTS;
    bool is_put = op == SJ_CRSH_PUT && peer->parser.has_head;
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    sj_metrics_note(
        peer->service->options.metrics,
        &(struct sj_request_note){
            .protocol = SJ_PROTOCOL_CCACHE,
            .method = is_known ? methods[op].method : 0,
            .method_name = is_known ? methods[op].name : "",
            .address = "unix",
            .token = "",
            .is_lookup = op == SJ_CRSH_GET,
            .status = status,
            .start_ns = peer->start_ns,
            .wall_ns = now_ns > peer->start_ns ? now_ns - peer->start_ns : 0,
            .received_bytes = is_put ? sj_crsh_value_len(&peer->parser) - peer->parser.left : 0,
            .sent_bytes = peer->view_len - peer->view_left,
        });
    peer->start_ns = 0;
    peer->status = 0;
    peer->view_left = 0;
    peer->view_len = 0;
    sj_view_close(peer->service->options.shared, &peer->view);
    drop_value(peer);
    sj_crsh_reset(&peer->parser);
}

void sj_crsh_peer_free(struct sj_crsh_peer *peer)
{
    if (!peer) {
        return;
    }
    end_request(peer, 0);
    (void)close(peer->fd);
    free(peer);
}

/** What tells an entry of ccache's from all others: as its key stands in a target of HTTP. */
static struct sj_str text_of(struct sj_str key, char out[TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    size_t len = sizeof "ccache/" - 1;
    memcpy(out, "ccache/", len);
    for (size_t i = 0; i < key.len; i++) {
        unsigned char byte = (unsigned char)key.data[i];
        out[len++] = digits[byte >> 4];
        out[len++] = digits[byte & 15];
    }
    return (struct sj_str){out, len};
}

/**
 * Find the entry of a request in a namespace.
 *
 * @param head_len takes the bytes before its value
 * @return 0, SJ_STORE_MISS or a negative errno
 */
static int find_in(struct sj_crsh_peer *peer, struct sj_str space, struct sj_view *view,
                   uint32_t *head_len)
{
    char text_space[TEXT_MAX];
    struct sj_str text = text_of(sj_crsh_key(&peer->parser), text_space);
    peer->key = sj_key_of(text.data, text.len);
    struct sj_shared *shared = peer->service->options.shared;
    int status = sj_shared_find(shared, space, SJ_BLOB_ENTRY, &peer->key, view);
    if (status != 0) {
        return status;
    }
    char bytes[SJ_ENTRY_HEAD_MAX];
    size_t len = view->raw_len < sizeof bytes ? view->raw_len : sizeof bytes;
    ssize_t got = pread(view->fd, bytes, len, (off_t)sj_view_data_offset(view));
    struct sj_entry_head head;
    int64_t size = got == (ssize_t)len ? sj_entry_decode(bytes, len, &head) : -EBADMSG;
    // Another text under the same hash is another entry, and none of ours.
    if (size < 0 || sj_view_is_compressed(view) || !sj_str_eq(head.text, text)) {
        sj_view_close(shared, view);
        return got < 0 ? -EIO : SJ_STORE_MISS;
    }
    *head_len = (uint32_t)size;
    return 0;
}

/** The same in the default namespace alone: it is what is written to. */
static int find_own(struct sj_crsh_peer *peer, struct sj_view *view, uint32_t *head_len)
{
    return find_in(peer, sj_str_of(""), view, head_len);
}

/** The same in the default namespace and in those that it overlays: what is read. */
static int find(struct sj_crsh_peer *peer, struct sj_view *view, uint32_t *head_len)
{
    struct sj_access *access = peer->service->options.access;
    if (!access) {
        return find_own(peer, view, head_len);
    }
    const struct sj_rules *rules = sj_access_rules(access);
    struct sj_str chain[SJ_OVERLAY_MAX];
    size_t count = sj_space_chain(&rules->spaces, sj_str_of(""), chain);
    int status = SJ_STORE_MISS;
    for (size_t i = 0; status == SJ_STORE_MISS && i < count; i++) {
        status = find_in(peer, chain[i], view, head_len);
    }
    sj_rules_unref(access, rules);
    return status;
}

static void get(struct sj_crsh_peer *peer)
{
    struct sj_shared *shared = peer->service->options.shared;
    uint32_t head_len = 0;
    int status = find(peer, &peer->view, &head_len);
    if (status == 0) {
        status = sj_view_check(shared, &peer->view);
    }
    if (status != 0) {
        sj_view_close(shared, &peer->view);
        if (status < 0) {
            fail(peer, 503, "the value cannot be read");
        } else {
            answer(peer, SJ_CRSH_NOOP, 404);
        }
        return;
    }
    peer->view_len = peer->view.raw_len - head_len;
    peer->view_left = peer->view_len;
    peer->view_at = sj_view_data_offset(&peer->view) + head_len;
    answer(peer, SJ_CRSH_OK, 200);
    add_out(peer, &peer->view_len, sizeof peer->view_len);
}

static void exists(struct sj_crsh_peer *peer)
{
    struct sj_view view = {0};
    uint32_t head_len = 0;
    int status = find(peer, &view, &head_len);
    sj_view_close(peer->service->options.shared, &view);
    if (status < 0) {
        fail(peer, 503, "the value cannot be read");
        return;
    }
    answer(peer, SJ_CRSH_OK, status == 0 ? 200 : 404);
    add_byte(peer, status == 0);
}

/** Hand a write over to the writer thread, and wait. */
static void submit(struct sj_crsh_peer *peer, struct sj_write *write)
{
    peer->is_waiting = true;
    if (sj_write_submit(write, peer->service->done, peer) < 0) {
        // Too much waits already. ccache takes this for "not stored", and goes on.
        peer->is_waiting = false;
        sj_write_free(write);
        sj_metrics_count(peer->service->options.metrics, SJ_COUNT_REJECTED_BUSY);
        answer(peer, SJ_CRSH_NOOP, 503);
    }
}

/** Rules of the default namespace, which is the one that this protocol has. */
static struct sj_space_rule rule_of(const struct sj_crsh_service *service)
{
    struct sj_access *access = service->options.access;
    if (!access) {
        return (struct sj_space_rule){0};
    }
    const struct sj_rules *rules = sj_access_rules(access);
    struct sj_space_rule rule = *sj_space_find(&rules->spaces, sj_str_of(""));
    sj_rules_unref(access, rules);
    // They go with the file; nothing here looks at them.
    rule.pattern = NULL;
    rule.overlay = NULL;
    return rule;
}

static void remove_entry(struct sj_crsh_peer *peer)
{
    struct sj_shared *shared = peer->service->options.shared;
    struct sj_view view = {0};
    uint32_t head_len = 0;
    int status = find_own(peer, &view, &head_len);
    sj_view_close(shared, &view);
    if (status != 0 || rule_of(peer->service).is_immutable) {
        answer(peer, SJ_CRSH_NOOP, status != 0 ? 404 : 403);
        return;
    }
    struct sj_write *write = sj_write_new(shared, sj_str_of(""));
    sj_write_forget(write, SJ_BLOB_ENTRY, &peer->key);
    submit(peer, write);
}

/** A PUT whose head has come: make room for its value, or let it pass. */
static void begin_put(struct sj_crsh_peer *peer)
{
    struct sj_crsh_service *service = peer->service;
    uint64_t len = sj_crsh_value_len(&peer->parser);
    const struct sj_space_rule rule = rule_of(service);
    uint64_t max = rule.max_entry ? rule.max_entry : service->options.max_entry;
    bool may_replace = sj_crsh_overwrites(&peer->parser) && !rule.is_immutable;
    peer->quota_bytes = rule.quota;
    peer->keeps = !may_replace;
    max = max < BLOB_MAX - SJ_ENTRY_HEAD_MAX ? max : BLOB_MAX - SJ_ENTRY_HEAD_MAX;
    struct sj_view view = {0};
    uint32_t head_len = 0;
    peer->status = 0;
    if (len > max) {
        sj_metrics_count(service->options.metrics, SJ_COUNT_REJECTED_SIZE);
        peer->status = 413;
    } else if (service->value_bytes + len > service->value_bytes_max) {
        sj_metrics_count(service->options.metrics, SJ_COUNT_REJECTED_BUSY);
        peer->status = 503;
    } else if (!may_replace && find_own(peer, &view, &head_len) == 0) {
        sj_view_close(service->options.shared, &view);
        peer->status = 200;
    }
    if (peer->status != 0) {
        sj_crsh_take(&peer->parser, NULL);
        return;
    }

    char text_space[TEXT_MAX];
    struct sj_str text = text_of(sj_crsh_key(&peer->parser), text_space);
    peer->key = sj_key_of(text.data, text.len);
    peer->reserved = len;
    service->value_bytes += len;
    peer->value = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX + (size_t)len);
    const struct sj_entry_head head = {.text = text,
                                       .stored_s = (int64_t)(peer->start_ns / SJ_NS_PER_S)};
    (void)sj_entry_encode(&head, &peer->value);
    sj_crsh_take(&peer->parser, &peer->value);
}

static void put(struct sj_crsh_peer *peer)
{
    if (!peer->parser.value) {
        answer(peer, SJ_CRSH_NOOP, peer->status);
        return;
    }
    struct sj_write *write = sj_write_new(peer->service->options.shared, sj_str_of(""));
    sj_write_limit(write, peer->quota_bytes);
    if (peer->keeps) {
        sj_write_keep(write);
    }
    sj_write_blob(write, SJ_BLOB_ENTRY, &peer->key, &peer->value);
    submit(peer, write);
}

void sj_crsh_peer_stored(struct sj_crsh_peer *peer)
{
    struct sj_metrics *metrics = peer->service->options.metrics;
    peer->is_waiting = false;
    peer->active_ms = now_ms();
    if (peer->write_status == 0) {
        answer(peer, SJ_CRSH_OK, sj_crsh_op(&peer->parser) == SJ_CRSH_PUT ? 201 : 204);
        return;
    }
    if (peer->write_status == -ENOSPC || peer->write_status == -EDQUOT) {
        sj_metrics_count(metrics, peer->write_status == -ENOSPC ? SJ_COUNT_REJECTED_FULL
                                                                : SJ_COUNT_REJECTED_QUOTA);
    }
    // Not an error: ccache would leave the cache alone for the rest of the compile.
    answer(peer, SJ_CRSH_NOOP, 507);
}

/** A whole request is there. */
static void serve(struct sj_crsh_peer *peer)
{
    enum sj_crsh_op op = sj_crsh_op(&peer->parser);
    bool has_key = op != SJ_CRSH_STOP && op != SJ_CRSH_INFO;
    if (has_key && sj_crsh_key(&peer->parser).len == 0) {
        fail(peer, 400, "a key has at least one byte");
        return;
    }
    switch (op) {
    case SJ_CRSH_GET:
        get(peer);
        break;
    case SJ_CRSH_PUT:
        put(peer);
        break;
    case SJ_CRSH_REMOVE:
        remove_entry(peer);
        break;
    case SJ_CRSH_STOP:
        // It is for a helper that ccache started itself. This one serves others, too.
        answer(peer, SJ_CRSH_OK, 200);
        peer->is_last = true;
        break;
    case SJ_CRSH_INFO:
        peer->status = 200;
        add_message(peer, "scrubjay " SJ_VERSION);
        add_byte(peer, 0);
        break;
    case SJ_CRSH_EXISTS:
        exists(peer);
        break;
    }
}

/** Send what is to be sent. @return 0 (all is out, or wants_out is set) or a negative errno */
static int send_out(struct sj_crsh_peer *peer)
{
    peer->wants_out = false;
    while (peer->out_at < peer->out_len || peer->view_left > 0) {
        bool is_head = peer->out_at < peer->out_len;
        off_t offset = (off_t)peer->view_at;
        size_t part = peer->view_left < SEND_MAX ? (size_t)peer->view_left : SEND_MAX;
        ssize_t sent = is_head
                           ? send(peer->fd, peer->out + peer->out_at, peer->out_len - peer->out_at,
                                  MSG_NOSIGNAL | (peer->view_left > 0 ? MSG_MORE : 0))
                           : sendfile(peer->fd, peer->view.fd, &offset, part);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno == EAGAIN) {
            peer->wants_out = true;
            return 0;
        }
        // A file that ends early: there is no way to take the length back.
        if (sent <= 0) {
            return sent < 0 ? -errno : -EIO;
        }
        peer->active_ms = now_ms();
        peer->out_at += is_head ? (size_t)sent : 0;
        peer->view_at += is_head ? 0 : (size_t)sent;
        peer->view_left -= is_head ? 0 : (size_t)sent;
    }
    peer->out_at = 0;
    peer->out_len = 0;
    return 0;
}

/** Look at bytes that have come, until an answer is to be made. @return 0 or a negative errno */
static int take_in(struct sj_crsh_peer *peer)
{
    size_t used = 0;
    if (peer->start_ns == 0) {
        peer->start_ns = sj_clock_ns(CLOCK_REALTIME);
    }
    enum sj_crsh_step step =
        sj_crsh_feed(&peer->parser, peer->in + peer->in_at, peer->in_len - peer->in_at, &used);
    peer->in_at += used;
    if (step == SJ_CRSH_VALUE) {
        if (sj_crsh_value_len(&peer->parser) > PASS_MAX) {
            return -EMSGSIZE;
        }
        begin_put(peer);
        step =
            sj_crsh_feed(&peer->parser, peer->in + peer->in_at, peer->in_len - peer->in_at, &used);
        peer->in_at += used;
    }
    if (step == SJ_CRSH_BAD) {
        sj_metrics_count(peer->service->options.metrics, SJ_COUNT_MALFORMED);
        fail(peer, 400, "unknown request");
        peer->is_last = true;
    }
    if (step == SJ_CRSH_DONE) {
        serve(peer);
    }
    return 0;
}

/** @return 1 (bytes have come), 0 (none now) or a negative errno (it has ended) */
static int receive(struct sj_crsh_peer *peer)
{
    ssize_t got = recv(peer->fd, peer->in, sizeof peer->in, 0);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    }
    if (got == 0) {
        return -ECONNRESET;
    }
    peer->active_ms = now_ms();
    peer->in_at = 0;
    peer->in_len = (size_t)got;
    return 1;
}

int sj_crsh_peer_run(struct sj_crsh_peer *peer)
{
    for (int turn = 0;;) {
        int status = send_out(peer);
        if (status < 0 || peer->wants_out) {
            return status;
        }
        if (peer->status != 0 && peer->parser.left == 0) {
            end_request(peer, peer->status);
        }
        if (peer->is_last) {
            return -ESHUTDOWN;
        }
        // The turn ends only where nothing received is left: the socket tells of all else.
        if (peer->in_at == peer->in_len) {
            status = turn++ < TURNS ? receive(peer) : 0;
            if (status <= 0) {
                return status;
            }
        }
        status = take_in(peer);
        if (status < 0 || peer->is_waiting) {
            return status;
        }
    }
}
