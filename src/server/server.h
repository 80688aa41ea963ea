// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The server: opens its sockets, serves until it is told to end, and looks after itself meanwhile.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "server/pages.h"

#define SJ_PAGE_KEY_LEN 32 /**< digits of sj_server_options.page_key */

/** What to run. */
struct sj_server_options {
    const struct sj_config *config; /**< settings; server.* and the store's */
    const char *version;            /**< of the program */
    const char *agent_socket;     /**< set: an agent, which serves on this Unix socket alone, stands
                                       before the tiers of `remote`, and ends when it is idle */
    const struct sj_pages *pages; /**< who answers for pages; NULL: nobody, there are none */
    const char *page_key;         /**< set: nothing but pages is served, on loopback addresses, to
                                       who shows this key of SJ_PAGE_KEY_LEN hexadecimal digits */
    void (*ready)(const char *url); /**< told instead of say where it listens, such as
                                        "http://127.0.0.1:8080"; may be NULL */
    void (*say)(const char *text);  /**< a line for the person who runs it: ready, reloaded, ended,
                                         and what is wrong */
};

/**
 * Run a server. Blocks SIGHUP, SIGINT, SIGTERM and SIGPIPE and takes them itself: HUP reads files
 * again, the others drain and end it.
 *
 * @param options what
 * @param err     why it could not begin
 * @return 0 when it has ended as told; or a negative errno: -EADDRINUSE, -EINVAL …
 */
int sj_server_run(const struct sj_server_options *options, struct sj_err *err);
