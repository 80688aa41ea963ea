// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * One connection of ccache's storage helper protocol: what it asks for and what it is given.
 * crsh.c waits for sockets and for writes, and calls this.
 */
#pragma once

#include "server/crsh.h"
#include "server/crsh_parse.h"
#include "store/write.h"

/** What the connections of a socket share. */
struct sj_crsh_service {
    struct sj_crsh_options options; /**< path excepted, which is not kept */
    uint64_t value_bytes;           /**< of values that are being received or stored */
    uint64_t value_bytes_max;       /**< of all of them */
    sj_write_done *done;            /**< called by the writer thread with a struct sj_crsh_peer */
};

/** A connection. Only the socket's own thread touches it, but for what done() does. */
struct sj_crsh_peer {
    struct sj_crsh_service *service; /**< whose */
    struct sj_crsh_peer *next;       /**< in the list of connections */
    struct sj_crsh_peer *prev;       /**< in the list of connections */
    struct sj_crsh_peer *next_done;  /**< in the list of those whose write is done */
    int fd;                          /**< socket, non-blocking */
    uint64_t active_ms;              /**< when a byte went through last */
    bool is_waiting;                 /**< for its write: it is not in the epoll set */
    bool wants_out;                  /**< the client must take bytes before it is asked for more */
    bool is_last;                    /**< closed once the answer is out */
    int write_status;                /**< of the write that is done */

    struct sj_crsh_parser parser; /**< request under way */
    struct sj_buf value;          /**< of a PUT, behind its entry's head */
    struct sj_key key;            /**< of the entry */
    uint64_t reserved;            /**< of value_bytes */
    uint64_t quota_bytes;         /**< of the namespace, for the write under way; 0: none */
    bool keeps;                   /**< PUT: what is there is not to be replaced */
    uint64_t start_ns;            /**< of the request, CLOCK_REALTIME; 0: none is under way */
    unsigned status;              /**< of the answer, as HTTP has it */

    unsigned char in[16384]; /**< bytes received */
    size_t in_at;            /**< first that was not looked at */
    size_t in_len;           /**< behind the last */

    unsigned char out[2 + 2 * 256]; /**< answer, but for a value */
    size_t out_at;                  /**< first that was not sent */
    size_t out_len;                 /**< behind the last */
    struct sj_view view;            /**< value to send behind it */
    uint64_t view_at;               /**< first byte of it in the file */
    uint64_t view_left;             /**< bytes of it to send */
    uint64_t view_len;              /**< bytes of it in all */
};

/** A connection. @param service whose @param fd socket; taken over @return never NULL; its greeting
 * is to be sent */
struct sj_crsh_peer *sj_crsh_peer_new(struct sj_crsh_service *service, int fd);
/** Close. @param peer connection, not waiting for a write; or NULL */
void sj_crsh_peer_free(struct sj_crsh_peer *peer);

/**
 * Go on as far as the socket allows, but let others have their turn.
 *
 * @param peer connection
 * @return 0 (see is_waiting and wants_out), or a negative errno: it has ended
 */
int sj_crsh_peer_run(struct sj_crsh_peer *peer);

/** Its write is done: make the answer. @param peer connection whose write_status is set */
void sj_crsh_peer_stored(struct sj_crsh_peer *peer);
