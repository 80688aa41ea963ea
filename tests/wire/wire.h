// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A client of HTTP that sends what it is told, byte by byte, right or wrong, and reads answers. For
 * tests that attack a server and for the load generator. Nothing waits longer than it was allowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define WIRE_WAIT_MS 20000 /**< usual patience: a server that is alive answers long before */

/** Where a server listens. */
struct wire_peer {
    const char *host; /**< numeric IPv4 address */
    uint16_t port;    /**< its port */
    pid_t pid;        /**< its process; 0: not known */
};

/** A connection. */
struct wire {
    int fd;           /**< non-blocking; -1: not open */
    struct sj_buf in; /**< bytes received and not consumed */
    bool is_eof;      /**< the server has closed or reset it */
};

/** An answer. Zeroed before use; release with wire_answer_release(). */
struct wire_answer {
    int status;         /**< of the status line */
    struct sj_buf head; /**< status line and headers, terminated */
    struct sj_buf body; /**< decoded of chunks, not of its content coding */
};

/**
 * Connect.
 *
 * @param peer    where
 * @param rcvbuf  SO_RCVBUF before connecting; 0: the system's
 * @param out     takes the connection; wire_close() ends it
 * @return 0 or a negative errno
 */
int wire_open(const struct wire_peer *peer, int rcvbuf, struct wire *out);

/** Close. @param wire connection, zeroed, closed or NULL */
void wire_close(struct wire *wire);

/**
 * Send bytes.
 *
 * @param wire    connection
 * @param data    bytes
 * @param len     how many
 * @param wait_ms patience
 * @return 0, -ETIMEDOUT, or -EPIPE (the server does not take them any more)
 */
int wire_send(struct wire *wire, const void *data, size_t len, int wait_ms);

/** Send a C string. @param wire connection @param text bytes @return as wire_send() */
int wire_sends(struct wire *wire, const char *text);

/**
 * Read an answer. Interim ones (1xx) are answers, too.
 *
 * @param wire    connection
 * @param is_head it has no body, whatever its length says
 * @param wait_ms patience
 * @param out     takes the answer
 * @return its status; 0 (closed before an answer began), -ETIMEDOUT, -EPIPE (closed amid it) or
 *         -EBADMSG (not HTTP)
 */
int wire_answer(struct wire *wire, bool is_head, int wait_ms, struct wire_answer *out);

/** Free an answer. @param answer answer, or NULL */
void wire_answer_release(struct wire_answer *answer);

/** A header's value. @param answer answer @param name lower-case name with colon, such as "etag:"
 * @param out takes the value @param size its room @return true when there is one */
bool wire_header(const struct wire_answer *answer, const char *name, char *out, size_t size);

/** Wait until the server closes. What it sends meanwhile is kept. @param wire connection @param
 * wait_ms patience @return true when it did */
bool wire_is_closed(struct wire *wire, int wait_ms);

/**
 * One request on a connection of its own.
 *
 * @param peer    where
 * @param method  method
 * @param target  target
 * @param headers more header lines, each with its CR LF; "" for none
 * @param body    body; NULL: none, and no Content-Length
 * @param len     bytes of body
 * @param out     takes the answer; may be NULL
 * @return as wire_answer(), or what connecting gave
 */
int wire_request(const struct wire_peer *peer, const char *method, const char *target,
                 const char *headers, const void *body, size_t len, struct wire_answer *out);

/** The same on an open connection, kept open. @param wire connection */
int wire_exchange(struct wire *wire, const char *method, const char *target, const char *headers,
                  const void *body, size_t len, struct wire_answer *out);

/** Private memory of a process (RssAnon). @param pid process @return bytes; 0: it is not there */
uint64_t wire_memory_of(pid_t pid);

/** Sockets that a process has open. @param pid process @return how many */
unsigned wire_sockets_of(pid_t pid);

/** Sleep a little: between two looks at something that is waited for. @param ms how long */
void wire_pause(unsigned ms);

/** Milliseconds of CLOCK_MONOTONIC. @return them */
uint64_t wire_now_ms(void);
