// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Sockets to serve on: TCP, Unix, and those that systemd hands over (sd_listen_fds(3)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/** A listening socket. */
struct sj_listener {
    int fd;           /**< listening, non-blocking, close-on-exec */
    char *name;       /**< as people write it: with the real port, or unix:FILE */
    char *unlink;     /**< socket file to remove at the end, or NULL */
    bool is_unix;     /**< peers have no address */
    bool is_loopback; /**< only this machine reaches it */
};

/** Listening sockets. Zeroed: none. */
struct sj_listeners {
    struct sj_listener *items; /**< owned */
    size_t count;              /**< how many */
};

/**
 * Open what the setting `listen` names. A Unix socket that a dead server left is replaced, a live
 * one's is not; a path of any length works. Port 0 takes a free one.
 *
 * @param text setting
 * @param out  takes the sockets; release with sj_listeners_release()
 * @param err  names the address and the remedy
 * @return 0 or a negative errno: -EINVAL, -EADDRINUSE, -EACCES …
 */
int sj_listeners_open(const char *text, struct sj_listeners *out, struct sj_err *err);

/** Open a Unix socket, in the same way. @param path file; any bytes @param out takes it @param err
 * names the file @return 0 or a negative errno */
int sj_listeners_open_unix(const char *path, struct sj_listeners *out, struct sj_err *err);

/**
 * Stop to listen: whoever connects from now on is refused. The descriptors stay open, on sockets
 * that nobody knows, because libmicrohttpd 0.9.75 cannot be told to let go of them:
 * MHD_quiesce_daemon() and a thread of its pool may both take one out of an epoll set, and the
 * second to do so aborts the program.
 *
 * @param listeners sockets; one that cannot be changed goes on listening
 */
void sj_listeners_deafen(struct sj_listeners *listeners);

/**
 * Remove the files of Unix sockets, which still listen: whoever comes from now on finds nobody, and
 * may start another server there.
 *
 * @param listeners sockets
 */
void sj_listeners_hide(struct sj_listeners *listeners);

/** Close them and remove their files. @param listeners sockets, or NULL */
void sj_listeners_release(struct sj_listeners *listeners);
