// SPDX-License-Identifier: Apache-2.0
// Requests that are malformed, or that mean one thing to a proxy and another to a server. Behind
// those that try to smuggle stands a second request, which must never be carried out.
// Sources: RFC 9112, sections 3, 6, 7 and 11; docs/serve.md.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "base/str.h"

#define OPENING "PUT @O HTTP/1.1\r\nHost: x\r\n"
#define HIDDEN  "PUT @H HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nevil"

/**
 * An attack. In its bytes @O stands for a target of its own, @H for the one that the hidden request
 * stores under, @L for the length of what follows the head.
 */
struct request {
    const char *name;     /**< what is tried */
    const char *head;     /**< request line and headers */
    size_t head_len;      /**< bytes of head, which may hold NULs */
    const char *body;     /**< what follows, before the hidden request */
    const char *statuses; /**< that may answer it */
    bool hides;           /**< the hidden request stands at the end */
    bool may_stay;        /**< the connection may stay open, if it is still in step */
    bool stores;          /**< it is no attack: what it stores is there afterwards */
    bool may_store;       /**< it is taken for less than it is, or refused */
    bool is_silent;       /**< closing without an answer does, too */
};

#define HEAD(text) .head = (text), .head_len = sizeof(text) - 1

static const struct request requests[] = {
    // What must go on working.
    {"a plain PUT", HEAD(OPENING "Content-Length: 4\r\n\r\n"), "good", "200 201 202 204",
     .may_stay = true, .stores = true},
    {"a chunked PUT", HEAD(OPENING "Transfer-Encoding: chunked\r\n\r\n"),
     "2\r\ngo\r\n2;a=b\r\nod\r\n0\r\n\r\n", "200 201 202 204", .may_stay = true, .stores = true},

    // How long is the body?
    {"Content-Length and chunked",
     HEAD(OPENING "Content-Length: @L\r\nTransfer-Encoding: chunked\r\n\r\n"), "0\r\n\r\n", "400",
     .hides = true},
    {"chunked and Content-Length",
     HEAD(OPENING "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), "0\r\n\r\n", "400",
     .hides = true},
    {"two lengths, the first short",
     HEAD(OPENING "Content-Length: 2\r\nContent-Length: @L\r\n\r\n"), "ab", "400", .hides = true},
    {"two lengths, the second short",
     HEAD(OPENING "Content-Length: @L\r\nContent-Length: 2\r\n\r\n"), "ab", "400", .hides = true},
    {"two equal lengths", HEAD(OPENING "Content-Length: 4\r\nContent-Length: 4\r\n\r\n"), "evil",
     "400"},
    {"space before the colon of the length", HEAD(OPENING "Content-Length : @L\r\n\r\n"), "",
     "400 411", .hides = true},
    {"tab before the colon of the length", HEAD(OPENING "Content-Length\t: @L\r\n\r\n"), "",
     "400 411", .hides = true},
    {"space before the header's name", HEAD(OPENING " Content-Length: @L\r\n\r\n"), "", "400 411",
     .hides = true},
    {"length on a folded line", HEAD(OPENING "Content-Length:\r\n @L\r\n\r\n"), "", "400 411",
     .hides = true, .may_stay = true},
    {"space before the colon of the coding", HEAD(OPENING "Transfer-Encoding : chunked\r\n\r\n"),
     "0\r\n\r\n", "400 411 501", .hides = true},
    {"length with a sign", HEAD(OPENING "Content-Length: +4\r\n\r\n"), "evil", "400"},
    {"negative length", HEAD(OPENING "Content-Length: -1\r\n\r\n"), "evil", "400"},
    {"list of lengths", HEAD(OPENING "Content-Length: 4, 4\r\n\r\n"), "evil", "400"},
    {"hexadecimal length", HEAD(OPENING "Content-Length: 0x4\r\n\r\n"), "evil", "400"},
    {"empty length", HEAD(OPENING "Content-Length:\r\n\r\n"), "", "400 411", .hides = true},
    {"length of 24 digits", HEAD(OPENING "Content-Length: 999999999999999999999999\r\n\r\n"),
     "evil", "400 413"},
    {"length over the limit", HEAD(OPENING "Content-Length: 99999999999\r\n\r\n"), "", "403 413"},
    {"length over the limit, asking first",
     HEAD(OPENING "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"), "", "403 413"},
    {"no length, PUT", HEAD(OPENING "\r\n"), "", "400 411", .hides = true},
    {"no length, POST", HEAD("POST /v1/default/record HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 411",
     .hides = true},

    // Which transfer coding?
    {"xchunked", HEAD(OPENING "Transfer-Encoding: xchunked\r\n\r\n"), "0\r\n\r\n", "400 501",
     .hides = true},
    {"gzip, chunked", HEAD(OPENING "Transfer-Encoding: gzip, chunked\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"chunked, identity", HEAD(OPENING "Transfer-Encoding: chunked, identity\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"chunked twice", HEAD(OPENING "Transfer-Encoding: chunked, chunked\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"two codings", HEAD(OPENING "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"),
     "0\r\n\r\n", "400 501", .hides = true},
    {"two equal codings",
     HEAD(OPENING "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"identity with a length",
     HEAD(OPENING "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n"), "ab", "400 501",
     .hides = true},
    {"vertical tab before the coding", HEAD(OPENING "Transfer-Encoding: \vchunked\r\n\r\n"),
     "0\r\n\r\n", "400 501", .hides = true},
    {"quoted coding", HEAD(OPENING "Transfer-Encoding: \"chunked\"\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"empty coding", HEAD(OPENING "Transfer-Encoding:\r\n\r\n"), "", "400 411 501", .hides = true},
    {"chunked on HTTP/1.0",
     HEAD("PUT @O HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"), "0\r\n\r\n",
     "400 501", .hides = true},
    {"chunk of a huge size", HEAD(OPENING "Transfer-Encoding: chunked\r\n\r\n"),
     "ffffffffffffffffff\r\nevil", "400 413", .is_silent = true},
    {"chunk with a sign", HEAD(OPENING "Transfer-Encoding: chunked\r\n\r\n"), "+4\r\nevil\r\n",
     "400", .is_silent = true},
    {"chunk with 0x", HEAD(OPENING "Transfer-Encoding: chunked\r\n\r\n"), "0x4\r\nevil\r\n", "400",
     .is_silent = true},
    {"chunk longer than it says", HEAD(OPENING "Transfer-Encoding: chunked\r\n\r\n"),
     "2\r\nevil\r\n0\r\n\r\n", "400", .is_silent = true},
    {"GET with a body", HEAD("GET @O HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "",
     "400 404", .hides = true, .may_stay = true},
    {"HEAD with a body", HEAD("HEAD @O HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "",
     "400 404", .hides = true, .may_stay = true},
    {"GET with length and coding",
     HEAD("GET @O HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\nTransfer-Encoding: chunked\r\n\r\n"),
     "0\r\n\r\n", "400", .hides = true},
    {"GET with two lengths",
     HEAD("GET @O HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: @L\r\n\r\n"), "",
     "400", .hides = true},
    {"an unknown method with a body",
     HEAD("BREW @O HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "", "400 405 501",
     .hides = true, .may_stay = true},
    {"DELETE with a body", HEAD("DELETE @O HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "",
     "400 403 404 405 200 204", .hides = true, .may_stay = true},
    {"PROPFIND with a body",
     HEAD("PROPFIND /a/b/ HTTP/1.1\r\nHost: x\r\nDepth: 0\r\nContent-Length: @L\r\n\r\n"), "",
     "207 400 404 405 413", .hides = true, .may_stay = true},
    {"a refused target with a body",
     HEAD("PUT /%41 HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "", "400", .hides = true,
     .may_stay = true},
    {"a body for a target that is none",
     HEAD("PUT /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: @L\r\n\r\n"), "", "403 404 405",
     .hides = true, .may_stay = true},

    // Whose host?
    {"no Host", HEAD("PUT @O HTTP/1.1\r\nContent-Length: 4\r\n\r\n"), "evil", "400"},
    {"two Hosts", HEAD(OPENING "Host: y\r\nContent-Length: 4\r\n\r\n"), "evil", "400"},
    {"two equal Hosts", HEAD(OPENING "Host: x\r\nContent-Length: 4\r\n\r\n"), "evil", "400"},

    // Which target?
    {"%00", HEAD("PUT @O%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"), "evil", "400"},
    {"encoded dots",
     HEAD("PUT /a/%2e%2e/%2e%2e/etc/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"), "evil",
     "400"},
    {"dots", HEAD("GET /a/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"dots in a namespace", HEAD("GET /../v1/cache/a HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"a dot", HEAD("GET /./v1/cache/a HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"empty segments", HEAD("GET //v1//cache/a HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"backslash", HEAD("GET /a\\..\\b HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"absolute form", HEAD("PUT http://evil@O HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"),
     "evil", "400"},
    {"asterisk form", HEAD("GET * HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404", .may_stay = true},
    {"CONNECT", HEAD("CONNECT evil:80 HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404 405 501",
     .hides = true},
    {"fragment", HEAD("GET /v1/cache/a#b HTTP/1.1\r\nHost: x\r\n\r\n"), "", "400 404",
     .may_stay = true},
    {"bytes over 127", HEAD("PUT @O\xc3\xa9 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"),
     "evil", "400"},
    {"control byte", HEAD("PUT @O\x01 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"), "evil",
     "400"},
    // libmicrohttpd ends targets and values at a NUL, and does not tell: nothing more may come of
    // it.
    {"NUL in the target", HEAD("PUT @O\0x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"),
     "good", "200 400", .may_stay = true, .may_store = true},
    {"space in the target", HEAD("PUT @O x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"),
     "evil", "400", .is_silent = true},

    // Which bytes?
    {"NUL in a header", HEAD(OPENING "X-A: a\0b\r\nContent-Length: 4\r\n\r\n"), "good", "200 400",
     .may_stay = true, .may_store = true},
    {"NUL in a header's name", HEAD(OPENING "Content-Length\0: 4\r\nContent-Length: @L\r\n\r\n"),
     "evil", "400", .hides = true, .is_silent = true},
    {"NUL in the length",
     HEAD(OPENING "Content-Length: 4\0"
                  "0\r\n\r\n"),
     "good", "200 400", .may_stay = true, .may_store = true},
    {"bare CR in a header", HEAD(OPENING "X-A: a\rContent-Length: 4\r\n\r\n"), "", "400 411",
     .hides = true, .is_silent = true},
    {"bare CR before the length", HEAD(OPENING "X-A: a\rb\r\nContent-Length: 4\r\n\r\n"), "evil",
     "400", .is_silent = true},
    {"header without a colon", HEAD(OPENING "Content-Length\r\n\r\n"), "", "400 411",
     .hides = true},
    {"header without a name", HEAD(OPENING ": a\r\nContent-Length: 4\r\n\r\n"), "evil", "400 411",
     .is_silent = true},
    {"HTTP/2's preface", HEAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "", "400 505", .hides = true,
     .is_silent = true},
    {"HTTP/3.7", HEAD("GET @O HTTP/3.7\r\nHost: x\r\n\r\n"), "", "400 505", .is_silent = true},
    {"HTTP/0.9", HEAD("GET @O\r\n\r\n"), "", "400 505", .is_silent = true},
    {"a TLS hello", HEAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), "", "400 501 505",
     .is_silent = true},
    {"blank lines for ever", HEAD("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET @O HTTP/1.1\r\n\r\n"), "",
     "400 404", .is_silent = true},
};

#define REQUEST_COUNT (sizeof requests / sizeof requests[0])

static void add_filled(struct sj_buf *out, const char *text, size_t len, size_t index,
                       size_t body_len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '@') {
            sj_buf_addc(out, text[i]);
            continue;
        }
        i++;
        if (text[i] == 'L') {
            sj_buf_addf(out, "%zu", body_len);
        } else {
            sj_buf_addf(out, "/v1/cache/%s-%zu", text[i] == 'H' ? "hidden" : "outer", index);
        }
    }
}

static void fill(const struct request *request, size_t index, struct sj_buf *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&body, request->body);
    if (request->hides) {
        add_filled(&body, HIDDEN, strlen(HIDDEN), index, 0);
    }
    add_filled(out, request->head, request->head_len, index, body.len);
    sj_buf_add(out, sj_buf_text(&body), body.len);
}

static int status_of(const struct attack *attack, const char *what, size_t index,
                     struct wire_answer *out)
{
    char target[64];
    (void)snprintf(target, sizeof target, "/v1/cache/%s-%zu", what, index);
    return wire_request(&attack->peer, "GET", target, "", NULL, 0, out);
}

static bool is_listed(int status, const char *list)
{
    char digits[8];
    (void)snprintf(digits, sizeof digits, "%d", status);
    return status > 0 && strstr(list, digits) != NULL;
}

// After an answer the connection must be closed, or in step: what it answers next is the next
// request. NULL: it is as it should be.
static const char *judge_end(struct wire *wire, const struct request *request, size_t index)
{
    if (!request->may_stay) {
        if (!wire_is_closed(wire, WIRE_WAIT_MS)) {
            return "the connection stays open";
        }
        // What libmicrohttpd answers by itself has its head twice, the second one as the start of
        // its body; so it is looked for an answer, not for bytes.
        return wire->in.len > 0 && strstr(wire->in.data, "HTTP/1.") ? "more than one answer" : NULL;
    }
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    char target[64];
    (void)snprintf(target, sizeof target, "/v1/cache/hidden-%zu", index);
    int status = wire_exchange(wire, "GET", target, "", NULL, 0, &answer);
    return status == 404 || status == 0 || status == -EPIPE ? NULL : "answers are out of step";
}

static const char *judge(struct attack *attack, const struct request *request, size_t index,
                         int *status)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    SJ_AUTO(wire_close) struct wire wire = {.fd = -1};
    fill(request, index, &bytes);
    *status = wire_open(&attack->peer, 0, &wire);
    if (*status < 0) {
        return "no connection";
    }
    (void)wire_send(&wire, bytes.data, bytes.len, WIRE_WAIT_MS);
    bool is_head = strncmp(request->head, "HEAD", 4) == 0;
    *status = wire_answer(&wire, is_head, WIRE_WAIT_MS, &answer);
    bool is_closed = *status == 0 || *status == -EPIPE;
    if (!is_listed(*status, request->statuses) && !(is_closed && request->is_silent)) {
        return "wrong answer";
    }
    const char *fault = is_closed ? NULL : judge_end(&wire, request, index);
    if (!fault && status_of(attack, "hidden", index, &answer) != 404) {
        return "the hidden request was carried out";
    }
    int outer = status_of(attack, "outer", index, &answer);
    if (!fault && outer != (request->stores ? 200 : 404) && !request->may_store) {
        return request->stores ? "nothing was stored" : "something was stored";
    }
    if (!fault && outer == 200 && strcmp(sj_buf_text(&answer.body), "good") != 0) {
        return "something else was stored";
    }
    return fault;
}

static void send_long(struct attack *attack, const char *name, const char *head, size_t count,
                      const char *each, const char *statuses)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    SJ_AUTO(wire_close) struct wire wire = {.fd = -1};
    sj_buf_adds(&bytes, head);
    for (size_t i = 0; i < count; i++) {
        sj_buf_adds(&bytes, each);
    }
    sj_buf_adds(&bytes, sj_has_suffix(each, "\r\n") ? "\r\n" : " HTTP/1.1\r\nHost: x\r\n\r\n");
    int status = wire_open(&attack->peer, 0, &wire);
    (void)wire_send(&wire, bytes.data, bytes.len, WIRE_WAIT_MS);
    status = status < 0 ? status : wire_answer(&wire, false, WIRE_WAIT_MS, &answer);
    // What is still unread when the server closes makes the kernel reset the connection, and the
    // answer may be lost with it.
    bool is_closed = status == 0 || status == -EPIPE;
    attack_report(attack, is_closed || is_listed(status, statuses), "%s: %d", name, status);
}

static void attack_sizes(struct attack *attack)
{
    static const char head[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
    send_long(attack, "a target of 1,100 bytes", "GET /v1/cache/", 1100, "a", "400 414 431");
    send_long(attack, "a target of 20 KB", "GET /v1/cache/", 20000, "a", "400 414 431");
    send_long(attack, "a target of 10 MB", "GET /v1/cache/", 10000000, "a", "400 414 431");
    send_long(attack, "100 headers", head, 100, "X-A: b\r\n", "400 413 431");
    send_long(attack, "100,000 headers", head, 100000, "X-A: b\r\n", "400 413 431");
    send_long(attack, "1,000 headers of one byte", head, 1000, "a:\r\n", "400 413 431");
    SJ_AUTO(sj_buf_release) struct sj_buf line = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&line, "X-A: ");
    for (int i = 0; i < 20000; i++) {
        sj_buf_addc(&line, 'a');
    }
    sj_buf_adds(&line, "\r\n");
    send_long(attack, "a header of 20 KB", head, 1, sj_buf_text(&line), "400 413 431");
    send_long(attack, "headers of 10 MB", head, 500, sj_buf_text(&line), "400 413 431");
}

bool attack_requests(struct attack *attack)
{
    for (size_t i = 0; i < REQUEST_COUNT; i++) {
        int status = 0;
        const char *fault = judge(attack, &requests[i], i, &status);
        attack_report(attack, !fault, "%s: %s, %d", requests[i].name, fault ? fault : "answered",
                      status);
    }
    attack_sizes(attack);
    attack_report(attack, attack_is_served(attack), "others are served: after malformed requests");
    return true;
}
